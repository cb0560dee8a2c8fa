#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes of rules/git.json the tables that git-guard is built with (meson brings python along):

    git_guard.py IN.json OUT.c    the tables of preload/git_guard_table.h

What is not understood is an error: a misspelt field would be a rule that does nothing."""
import json
import re
import sys

KEY = re.compile(r'[A-Za-z*]+(\.\*)?\.[A-Za-z*]+')
WORD = re.compile(r'[ -~]*')


class Problem(Exception):
    """What is wrong with the rules, in words."""


def require(is_right, text):
    if not is_right:
        raise Problem(text)


def check(value, where, needed, allowed):
    require(isinstance(value, dict), '%s: not an object' % where)
    unknown = set(value) - set(needed) - set(allowed)
    require(not unknown, '%s: unknown field "%s"' % (where, ', '.join(sorted(unknown))))
    for name in needed:
        require(isinstance(value.get(name), str) and value[name], '%s: no %s' % (where, name))
    for name in allowed:
        if isinstance(value.get(name, []), bool):
            continue
        words = value.get(name, [])
        require(isinstance(words, list) and (words or name not in value), '%s: %s is no list' % (where, name))
        for word in words:
            require(isinstance(word, str) and WORD.fullmatch(word), '%s: %s' % (where, name))
    return value


def text_of(text):
    require(WORD.fullmatch(text), '%r: not in printable ASCII' % text)
    return '"%s"' % text.replace('\\', '\\\\').replace('"', '\\"')


def list_of(words):
    if words is None:
        return 'NULL'
    return '(const char *const[]){ %s, NULL }' % ', '.join(text_of(word) for word in words)


def key_row(rule, where):
    check(rule, where, ['key', 'why'], ['guard', 'harmless', 'only'])
    require(KEY.fullmatch(rule['key']), '%s: "%s" is no pattern of a key' % (where, rule['key']))
    if rule.get('guard', True) is False:
        return None
    parts = rule['key'].split('.')
    middle = text_of(parts[1]) if len(parts) == 3 else 'NULL'
    return '{ %s, %s, %s, %s, %s, %s },' % (
        text_of(parts[0]), middle, text_of(parts[-1]), list_of(rule.get('harmless')),
        list_of(rule.get('only')), text_of(rule['why']))


def command_row(rule, where):
    check(rule, where, ['command', 'why', 'instead'],
          ['addresses', 'harmless', 'opens', 'options', 'values', 'words'])
    return '{ %s, %s, %s, %s, %s, %s, %s, %s, %s },' % (
        text_of(rule['command']), list_of(rule.get('words')), list_of(rule.get('options')),
        list_of(rule.get('addresses')), list_of(rule.get('harmless')), list_of(rule.get('values')),
        'true' if rule.get('opens', False) is True else 'false', text_of(rule['why']),
        text_of(rule['instead']))


def variable_row(rule, where):
    check(rule, where, ['name', 'why'], ['harmless', 'only'])
    return '{ %s, %s, %s, %s },' % (
        text_of(rule['name']), list_of(rule.get('harmless')), list_of(rule.get('only')),
        text_of(rule['why']))


def table(rules, name, row, declaration):
    require(isinstance(rules.get(name), list) and rules[name], 'no %s' % name)
    rows = [row(rule, '%s %d' % (name, i + 1)) for i, rule in enumerate(rules[name])]
    rows = [line for line in rows if line]
    return ['const struct %s[] = {' % declaration] + rows + ['};'] + [
        'const size_t %s_count = %d;' % (declaration.split()[1], len(rows))]


def main():
    with open(sys.argv[1], encoding='ascii') as file:
        rules = json.load(file)
    require(rules.get('version') == 1, 'another version')
    lines = ['/* Made by rules/git_guard.py; do not edit. */', '#include "preload/git_guard_table.h"']
    lines += table(rules, 'keys', key_row, 'git_guard_key git_guard_keys')
    lines += table(rules, 'commands', command_row, 'git_guard_command git_guard_commands')
    lines += table(rules, 'environment', variable_row, 'git_guard_variable git_guard_variables')
    with open(sys.argv[2], 'w', encoding='ascii') as file:
        file.write('\n'.join(lines) + '\n')


try:
    main()
except Problem as problem:
    sys.exit('%s: %s' % (sys.argv[1], problem))
