#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tables of docs/RULES.md are the rules: every rule and key rule has its row there, in the same order, with
the same words and the same why. usage: rules_doc.py DOC RULES_DIR [--print]"""
import json
import sys


def load(directory, name):
    with open('%s/%s' % (directory, name), encoding='ascii') as file:
        return json.load(file)


def rows_of(directory):
    rows = []
    for rule in load(directory, 'files.json')['rules']:
        read = rule['read'] + (' ' + rule['filter'] if 'filter' in rule else '')
        rows.append('| `%s` | %s | %s | %s | %s |' % (rule['path'], read, rule['write'],
                                                     rule.get('merge', 'replace'), rule['why']))
    for rule in load(directory, 'claude-json.json')['keys']:
        write = rule['write'] + (': a ' + rule['value'] if 'value' in rule else '')
        rows.append('| `%s` | %s | %s | %s | %s |' % (rule['key'], rule['read'], write, rule.get('both', ''), rule['why']))
    for rule in load(directory, 'settings.json')['keys']:
        rows.append('| `%s` | %s | %s |' % (rule['key'], rule['read'], rule['why']))
    return rows


def main():
    rows = rows_of(sys.argv[2])
    if sys.argv[3:] == ['--print']:
        print('\n'.join(rows))
        return 0
    with open(sys.argv[1], encoding='utf-8') as file:
        found = [line for line in file.read().split('\n') if line.startswith('| `')]
    for row in [row for row in rows if row not in found]:
        print('missing in %s: %s' % (sys.argv[1], row))
    for row in [row for row in found if row not in rows]:
        print('no such rule (any more): %s' % row)
    if sorted(found) == sorted(rows) and found != rows:
        print('the rows are not in the order of the rules')
    return found != rows


sys.exit(main())
