#!/bin/sh
# SPDX-License-Identifier: MIT
# Reports files that have grown past 600 lines (they hold two things) and fails past 1,000.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/source_files.sh"
cd "$here/../.."
source_files . '*.c' '*.h' '*.sh' '*.mjs' bootstrap | xargs wc -l | awk '
  $2 == "total" { next }
  $1 > 600 { printf "%s: %d lines: find the seam\n", $2, $1 }
  $1 > 1000 { bad = 1 }
  END { exit bad }'
