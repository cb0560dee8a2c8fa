#!/bin/sh
# SPDX-License-Identifier: MIT
# Calls that have no place in product code: unbounded copies, shells, and path games that a planted
# link wins. Proves itself on planted calls first.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/source_files.sh"

forbidden='strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|system|popen|realpath|access|tmpnam|mktemp|tempnam|alloca|strtok|atoi|atol'

# Comments are blanked, so that a header may name what it replaces; strings are not.
check() {
  # shellcheck disable=SC2016  # awk's own variables
  product_files "$1" | (cd "$1" && xargs -r awk -v forbidden="$forbidden" '
    FNR == 1 { in_comment = 0 }
    {
      code = ""
      rest = $0
      while (rest != "") {
        if (in_comment) {
          i = index(rest, "*/")
          if (!i) break
          rest = substr(rest, i + 2)
          in_comment = 0
        } else {
          i = index(rest, "/*")
          if (!i) { code = code rest; break }
          code = code substr(rest, 1, i - 1)
          rest = substr(rest, i + 2)
          in_comment = 1
        }
      }
      sub(/\/\/.*/, "", code)
      if (code ~ "(^|[^A-Za-z0-9_])(" forbidden ")[ \t]*\\(") {
        printf "%s:%d: %s\n", FILENAME, FNR, $0
        bad = 1
      }
    }
    END { exit bad }')
}

plant=$(mktemp -d)
trap 'rm -rf "$plant"' EXIT
mkdir -p "$plant/fs/base"
for call in 'strcpy(a, b);' 'if (access (p, 0))' 'x = realpath(p, q);' '/* x */ system("id");'; do
  printf '%s\n' "$call" >"$plant/fs/base/a.c"
  ! check "$plant" >/dev/null || { echo "the check is blind to: $call"; exit 1; }
done
printf '%s\n' '/* not strcpy() */' 'my_access(p);' 'faccessat(d, p);' >"$plant/fs/base/a.c"
check "$plant" || { echo "the check refuses what is allowed"; exit 1; }

check "$here/../.."
