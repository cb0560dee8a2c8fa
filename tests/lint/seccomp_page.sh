#!/bin/sh
# SPDX-License-Identifier: MIT
# rules/seccomp.json is complete (every entry says why, no call is decided twice, no unknown word), and
# docs/SECCOMP.md shows it as it is. Proves on planted faults first that the check can fail.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rules=$here/../../rules
. "$here/../lib/source_files.sh"
need_tool python3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# must_refuse WHAT SED-SCRIPT WORDS: the rules with that change are refused, with these words.
must_refuse() {
  sed "$2" "$rules/seccomp.json" >"$work/rules.json"
  ! cmp -s "$work/rules.json" "$rules/seccomp.json" || { echo "nothing was planted: $1"; exit 1; }
  ! python3 "$rules/seccomp.py" page "$work/rules.json" - >/dev/null 2>"$work/err" ||
    { echo "the check is blind to: $1"; exit 1; }
  grep -q "$3" "$work/err" || { echo "$1: refused for another reason:"; cat "$work/err"; exit 1; }
}
must_refuse 'a group without a why' '/"name": "keys"/,/"why"/s/"why": .*/"why": "",/' 'no why'
must_refuse 'a rule without a why' 's/"why": "AF_UNIX"/"why": ""/' 'no why'
must_refuse 'a call that is decided twice' 's/"add_key", "keyctl"/"add_key", "keyctl", "mount"/' 'decided twice'
must_refuse 'an action that is none' '/"name": "keys"/,/"action"/s/"EPERM"/"deny"/' 'unknown action'
must_refuse 'a number outside of its mask' 's/"mask": "0x8", "in": \["0x8"\]/"mask": "0x8", "in": ["0x9"]/' 'outside of the mask'
must_refuse 'an unknown key' 's/"default": {/"default": {},\n  "defaults": {/' 'unknown key'

python3 "$rules/seccomp.py" page "$rules/seccomp.json" "$work/page"
sed -n '/^| group | answer/,$p' "$here/../../docs/SECCOMP.md" >"$work/shown"
diff -u "$work/shown" "$work/page" || {
  echo "docs/SECCOMP.md: its tables are not those of the rules; python3 rules/seccomp.py page rules/seccomp.json - makes them"
  exit 1
}
