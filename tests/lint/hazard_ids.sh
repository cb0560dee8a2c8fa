#!/bin/sh
# SPDX-License-Identifier: MIT
# The hazards of fs/review/hazards.c are those of the table in docs/RULES.md, in the same order; that each
# has a sample and a twin is for tests/unit/review/test_hazards.c to say. Proves itself on planted gaps
# first.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

ids_of_code() {
  sed -nE 's/^[[:space:]]*\[HAZARD_[A-Z]+\] = \{ "(HZ-[A-Z]+)",.*/\1/p' "$1/fs/review/hazards.c"
}
ids_of_document() {
  sed -nE 's/^\| (HZ-[A-Z]+) \| .+ \| .+ \|$/\1/p' "$1/docs/RULES.md"
}
check() {
  ids_of_code "$1" >"$plant/code.ids"
  ids_of_document "$1" >"$plant/document.ids"
  [ -s "$plant/code.ids" ] || { echo 'fs/review/hazards.c: no ids'; return 1; }
  sort -c "$plant/code.ids" || return 1
  diff "$plant/code.ids" "$plant/document.ids"
}

plant=$(mktemp -d)
trap 'rm -rf "$plant"' EXIT
mkdir -p "$plant/docs" "$plant/fs/review"
write_plant() {
  printf '%s\n' "$1" >"$plant/docs/RULES.md"
  printf '%s\n' "$2" >"$plant/fs/review/hazards.c"
}
row='| HZ-A | x | y |'
code='	[HAZARD_A] = { "HZ-A", "x" },'
write_plant "$row" "$code"
check "$plant" || { echo 'the check refuses what is right'; exit 1; }
must_fail() {
  write_plant "$1" "$2"
  ! check "$plant" >/dev/null 2>&1 || { echo "the check is blind to: $3"; exit 1; }
}
must_fail "$row" 'nothing' 'no code'
must_fail 'nothing' "$code" 'a hazard without a row'
must_fail "$row
| HZ-B | x | y |" "$code" 'a row without a hazard'
must_fail '| HZ-A | x |' "$code" 'a row that does not say where'

check "$here/../.."
