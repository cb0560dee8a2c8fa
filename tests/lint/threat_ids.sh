#!/bin/sh
# SPDX-License-Identifier: MIT
# Every attack id in the table of docs/THREAT-MODEL.md has a test that runs, in the file that the table
# names; every test's id is in the table; no attack is written and never run. Proves itself on planted gaps
# first.
# shellcheck disable=SC2016  # backquotes of Markdown
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# ids_of_table ROOT: "ID FILE"; the id is the first column, the file the last.
ids_of_table() {
  sed -nE 's/^\| ([A-Z]+-[0-9]+[a-z]?) \|.*\| `([^`]*)` \|$/\1 \2/p' "$1/docs/THREAT-MODEL.md" | sort
}
ids_of_tests() {
  (cd "$1" && grep -HoE '^ *attack [A-Z]+-[0-9]+[a-z]? ' tests/attack/family_*.sh) |
    sed -E 's/^([^:]*): *attack ([^ ]*) $/\2 \1/' | sort
}
ids_written() {
  (cd "$1" && grep -HoE '^attack_[A-Z]+_[0-9]+[a-z]?\(\)' tests/attack/family_*.sh) |
    sed -E 's/^([^:]*):attack_([A-Z]+)_([^(]*)\(\)$/\2-\3 \1/' | sort
}

check() {
  bad=0
  ids_of_table "$1" >"$plant/ids/table"
  ids_of_tests "$1" >"$plant/ids/tests"
  ids_written "$1" >"$plant/ids/written"
  [ -s "$plant/ids/table" ] || { echo 'docs/THREAT-MODEL.md: no table of attacks'; bad=1; }
  for pair in 'table tests' 'tests table' 'written tests' 'tests written'; do
    lacking=$(comm -23 "$plant/ids/${pair% *}" "$plant/ids/${pair#* }")
    [ -z "$lacking" ] || { printf 'in the %s, not in the %s:\n%s\n' "${pair% *}" "${pair#* }" "$lacking"; bad=1; }
  done
  twice=$(cut -d' ' -f1 "$plant/ids/table" | uniq -d)
  [ -z "$twice" ] || { echo "twice in the table: $twice"; bad=1; }
  return $bad
}

plant=$(mktemp -d)
trap 'rm -rf "$plant"' EXIT
mkdir -p "$plant/ids" "$plant/docs" "$plant/tests/attack"
write_plant() {
  printf '%s\n' "$1" >"$plant/docs/THREAT-MODEL.md"
  printf '%s\n' "$2" >"$plant/tests/attack/family_x.sh"
}
row='| X-001 | a | b | `tests/attack/family_x.sh` |'
code='attack_X_001() { :; }
  attack X-001 mount'
write_plant "$row" "$code"
check "$plant" || { echo "the check refuses what is right"; exit 1; }
must_fail() {
  write_plant "$1" "$2"
  ! check "$plant" >/dev/null || { echo "the check is blind to: $3"; exit 1; }
}
must_fail "$row" 'attack_X_001() { :; }' 'an attack that is never run'
must_fail "$row" 'attack X-001 mount' 'a call without an attack'
must_fail 'nothing' "$code" 'a test without a row'
must_fail "$row
| X-002 | a | b | \`tests/attack/family_x.sh\` |" "$code" 'a row without a test'
must_fail '| X-001 | a | b | `tests/attack/family_y.sh` |' "$code" 'a row that names another file'
must_fail "$row
$row" "$code" 'a row that stands twice'

check "$here/../.."
