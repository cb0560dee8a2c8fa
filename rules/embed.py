#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes data files as C arrays: embed.py OUT.c NAME=FILE... (meson brings python along)."""
import sys


def main():
    out = ['/* Made by rules/embed.py; do not edit. */', '#include "rules/builtin.h"']
    for argument in sys.argv[2:]:
        name, _, path = argument.partition('=')
        with open(path, 'rb') as file:
            data = file.read()
        out.append('const size_t rules_builtin_%s_len = %d;' % (name, len(data)))
        out.append('const char rules_builtin_%s[] = {' % name)
        if not data.isascii():
            sys.exit('%s: must be ASCII' % path)
        # A NUL behind the data, so that it can be read as a string.
        for start in range(0, len(data) + 1, 16):
            row = (data + b'\0')[start:start + 16]
            out.append(''.join('%d,' % byte for byte in row))
        out.append('};')
    with open(sys.argv[1], 'w', encoding='ascii') as file:
        file.write('\n'.join(out) + '\n')


main()
