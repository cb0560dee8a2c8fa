#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes of rules/seccomp.json what filters are built from (meson brings python along):

    seccomp.py table  IN.json OUT.c     the table of init/seccomp_table.h
    seccomp.py engine IN.json OUT.json  the profile for container engines
    seccomp.py page   IN.json OUT       the list of docs/SECCOMP.md, on stdout for "-"

Both outputs hold the same rows in the same order. A row is a call, an action and up to three
conditions "these bits of that argument have this value". A filter can only say that some bits are
equal, so "not one of these values" is taken apart into the blocks of values in between, as routing
tables do with address ranges; no two rows of a call then match the same arguments, and their order
does not matter."""
import errno
import itertools
import json
import re
import sys

ALL_BITS = 0xffffffff  # the kernel looks at 32 bits of every argument that has a condition
CONDITIONS_MAX = 3
CALL_NAME = re.compile(r'[a-z_][a-z0-9_]*')
ARCHITECTURES = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64']


class Problem(Exception):
    """What is wrong with the rules, in words."""


def require(is_right, text):
    if not is_right:
        raise Problem(text)


def keys_of(value, wanted, where):
    require(isinstance(value, dict), '%s: not an object' % where)
    unknown = set(value) - set(wanted)
    require(not unknown, '%s: unknown key "%s"' % (where, ', '.join(sorted(unknown))))


def why_of(value, where):
    require(isinstance(value.get('why'), str) and len(value['why']) >= 7, '%s: no why' % where)


def number_of(text, where):
    require(isinstance(text, str), '%s: numbers are strings, "0x10" or "16"' % where)
    number = int(text, 0)
    require(0 <= number <= ALL_BITS, '%s: %s is not a number of 32 bits' % (where, text))
    return number


def error_of(action, where):
    """0: allowed."""
    if action == 'allow':
        return 0
    require(isinstance(action, str) and action in errno.errorcode.values(),
            '%s: unknown action "%s"' % (where, action))
    return getattr(errno, action)


def blocks_outside(mask, values):
    """(mask, value) pairs that together match every argument whose bits of mask are none of values."""
    bits = [1 << i for i in range(31, -1, -1) if mask & (1 << i)]
    blocks = []

    def descend(depth, fixed, value, inside):
        if not inside:
            blocks.append((fixed, value))
        elif depth < len(bits):
            bit = bits[depth]
            for part in (0, bit):
                descend(depth + 1, fixed | bit, value | part, [v for v in inside if v & bit == part])

    descend(0, 0, 0, list(values))
    return blocks


def condition_blocks(condition, where):
    """One condition as a list of (argument, mask, value), of which one must hold."""
    keys_of(condition, ['arg', 'mask', 'in', 'not_in'], where)
    require(condition.get('arg') in range(6), '%s: arg is 0 to 5' % where)
    require(('in' in condition) != ('not_in' in condition), '%s: either in or not_in' % where)
    mask = number_of(condition.get('mask', hex(ALL_BITS)), where)
    values = [number_of(text, where) for text in condition.get('in', condition.get('not_in'))]
    require(values and mask, '%s: no values' % where)
    require(all(value & mask == value for value in values), '%s: a value outside of the mask' % where)
    if 'in' in condition:
        blocks = [(mask, value) for value in values]
    else:
        blocks = blocks_outside(mask, values)
    return [(condition['arg'], block[0], block[1]) for block in blocks]


def exception_rows(exception):
    where = 'exception "%s"' % exception.get('call')
    keys_of(exception, ['call', 'why', 'rules'], where)
    why_of(exception, where)
    for rule in exception['rules']:
        keys_of(rule, ['action', 'when', 'why'], where)
        why_of(rule, where)
        require(0 < len(rule['when']) <= CONDITIONS_MAX, '%s: 1 to 3 conditions' % where)
        arguments = [condition.get('arg') for condition in rule['when']]
        require(len(set(arguments)) == len(arguments), '%s: one condition for each argument' % where)
        error = error_of(rule['action'], where)
        parts = [condition_blocks(condition, where) for condition in rule['when']]
        for conditions in itertools.product(*parts):
            yield exception['call'], error, list(conditions), rule['why']


def group_rows(group):
    where = 'group "%s"' % group.get('name')
    keys_of(group, ['name', 'action', 'why', 'calls'], where)
    why_of(group, where)
    error = error_of(group['action'], where)
    for call in group['calls']:
        yield call, error, [], group['why']


def rows_of(rules):
    """Every row, checked: (call, error or 0, conditions, why)."""
    keys_of(rules, ['version', 'default', 'foreign', 'newer', 'groups', 'exceptions'], 'rules')
    require(rules['version'] == 1, 'version is not 1')
    for name in ('default', 'foreign', 'newer'):
        why_of(rules[name], name)
    require(error_of(rules['default']['errno'], 'default') != 0, 'default: must refuse')
    decided = set()
    for call in itertools.chain(*[group['calls'] for group in rules['groups']],
                                [exception['call'] for exception in rules['exceptions']]):
        require(CALL_NAME.fullmatch(call), '"%s" is no name of a call' % call)
        require(call not in decided, '%s: decided twice' % call)
        decided.add(call)
    for name in rules['newer']['calls']:
        require(name in decided, 'newer: %s is decided nowhere' % name)
    rows = []
    for group in rules['groups']:
        rows += group_rows(group)
    for exception in rules['exceptions']:
        rows += exception_rows(exception)
    return rows


def c_table(rules):
    out = ['/* Made by rules/seccomp.py; do not edit. */', '#include "init/seccomp_table.h"', '',
           'const uint16_t seccomp_table_default = %d;' % error_of(rules['default']['errno'], ''),
           '', 'const struct seccomp_row seccomp_table[] = {']
    rows = rows_of(rules)
    for call, error, conditions, _ in rows:
        written = ', '.join('{ %d, %#xu, %#xu }' % condition for condition in conditions)
        out.append('\t{ "%s", %d, %d, { %s } },' % (call, error, len(conditions), written or '{ 0 }'))
    out += ['};', 'const size_t seccomp_table_len = %d;' % len(rows), '']
    return '\n'.join(out)


def engine_entry(names, error, conditions, why):
    entry = {'names': names, 'comment': why}
    entry['action'] = 'SCMP_ACT_ERRNO' if error else 'SCMP_ACT_ALLOW'
    if error:
        entry['errnoRet'] = error
    if conditions:
        entry['args'] = [{'index': argument, 'op': 'SCMP_CMP_MASKED_EQ', 'value': mask, 'valueTwo': value}
                         for argument, mask, value in conditions]
    return entry


def engine_profile(rules):
    calls = []
    for (error, why), rows in itertools.groupby(
            (row for row in rows_of(rules) if not row[2]), key=lambda row: (row[1], row[3])):
        calls.append(engine_entry([row[0] for row in rows], error, [], why))
    calls += [engine_entry([row[0]], *row[1:]) for row in rows_of(rules) if row[2]]
    return json.dumps({
        'defaultAction': 'SCMP_ACT_ERRNO',
        'defaultErrnoRet': error_of(rules['default']['errno'], ''),
        # Without subarchitectures: x32 and the 32-bit entry belong to none of them.
        'archMap': [{'architecture': name, 'subArchitectures': []} for name in ARCHITECTURES],
        'syscalls': calls,
    }, indent=1) + '\n'


def condition_text(condition):
    mask = condition.get('mask')
    return 'argument %d%s %s %s' % (
        condition['arg'], ' & %s' % mask if mask else '', 'in' if 'in' in condition else 'not in',
        ' '.join(condition.get('in', condition.get('not_in'))))


def page(rules):
    rows_of(rules)
    out = ['| group | answer | calls | why |', '|---|---|---|---|']
    for group in rules['groups']:
        out.append('| %s | %s | %s | %s |' % (
            group['name'], group['action'], ' '.join('`%s`' % call for call in group['calls']), group['why']))
    out += ['', '| call | answer | when | why |', '|---|---|---|---|']
    for exception in rules['exceptions']:
        for rule in exception['rules']:
            out.append('| `%s` | %s | %s | %s |' % (
                exception['call'], rule['action'],
                ', '.join(condition_text(condition) for condition in rule['when']), rule['why']))
    return '\n'.join(out) + '\n'


def main():
    writers = {'table': c_table, 'engine': engine_profile, 'page': page}
    kind, source, target = sys.argv[1:]
    try:
        with open(source, encoding='ascii') as file:
            text = writers[kind](json.load(file))
    except (Problem, ValueError, KeyError, TypeError) as problem:
        sys.exit('%s: %s' % (source, problem))
    if target == '-':
        sys.stdout.write(text)
    else:
        with open(target, 'w', encoding='ascii') as file:
            file.write(text)


main()
