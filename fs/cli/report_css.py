#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report_css.py OUT.h REPORT.css: the style sheet as a C string, with the hash by which the page's own
Content-Security-Policy knows it. Any other style, and every script, is refused by the browser."""
import base64
import hashlib
import sys


def main():
    with open(sys.argv[2], encoding='ascii') as file:
        css = file.read()
    if '<' in css:
        sys.exit('%s: a style sheet holds no markup' % sys.argv[2])
    digest = base64.b64encode(hashlib.sha256(css.encode('ascii')).digest()).decode('ascii')
    lines = ['\t"%s\\n"' % line.replace('\\', '\\\\').replace('"', '\\"') for line in css.splitlines()]
    with open(sys.argv[1], 'w', encoding='ascii') as file:
        file.write('/* Made by fs/cli/report_css.py; do not edit. */\n')
        file.write('#define REPORT_CSS_HASH "sha256-%s"\n' % digest)
        file.write('static const char report_css[] =\n%s;\n' % '\n'.join(lines))


main()
