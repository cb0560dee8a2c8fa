#!/bin/sh
# SPDX-License-Identifier: MIT
# Every source file says its licence and, in a comment right below, what it is for. A .c file whose
# header lies beside it may leave the latter to the header, which is its contract.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/source_files.sh"

check() {
  (cd "$1" && source_files . '*.c' '*.h' '*.sh' '*.mjs' bootstrap .ci/run |
    while IFS= read -r name; do
      header=${name%.c}.h
      [ "$header" != "$name" ] && [ -f "$header" ] && has_header=1 || has_header=0
      awk -v name="$name" -v has_header="$has_header" '
        NR == 1 && /^#!/ { next }
        { line[++n] = $0; if (n == 3) exit }
        END {
          if (line[1] !~ /^(\/\*|\/\/|#) SPDX-License-Identifier: MIT/) {
            print name ": no SPDX line at the top"; exit 1
          }
          head = line[2] ~ /^# shellcheck/ ? line[3] : line[2]
          if (!has_header && head !~ /^(\/\*|\/\/|#) [^ ]/) { print name ": no head comment"; exit 1 }
        }' "$name" || echo "$name" >>"$2"
    done)
  [ ! -s "$2" ]
}

plant=$(mktemp -d)
trap 'rm -rf "$plant"' EXIT
mkdir "$plant/tree"
printf 'int a;\n' >"$plant/tree/a.c"
! check "$plant/tree" "$plant/bad1" >/dev/null || { echo "the check is blind to a missing licence"; exit 1; }
printf '/* SPDX-License-Identifier: MIT */\nint a;\n' >"$plant/tree/a.c"
! check "$plant/tree" "$plant/bad2" >/dev/null || { echo "the check is blind to a missing head"; exit 1; }

check "$here/../.." "$plant/bad3"
