# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# `claudefs doctor`: one line per finding, with the mend.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

call doctor
for name in kernel /dev/fuse 'user namespaces' fusermount3 'state directory' rules 'host state' claude claudefs-run; do
  ok "it looks at: $name" shows "^(ok|warn|fail) +$name "
done
ok 'it leaves nothing behind' equal proj "$(ls -A "$HOME")"
ok 'a home without ~/.claude is fine' shows '^ok +host state .*made by the first commit'
PATH=/nowhere call doctor
ok 'a missing claude is told with its mend' shows "^warn +claude +not on PATH: 'npm install"
mkdir -p "$HOME/.config/claudefs/rules.d"
echo '{' >"$HOME/.config/claudefs/rules.d/a.json"
call doctor
ok 'a broken rule file is told by file and line' shows '^fail +rules +.*a\.json:[0-9]+: .*mend it'
ok 'with the exit code of broken rules' test "$CODE" -eq 8 -o "$CODE" -eq 12
call --json doctor
ok 'JSON is strict' "$CHECK" json <"$OUT"
ok 'and has level and mend' shows '"level": "fail"'
XDG_STATE_HOME=/proc/nowhere call doctor
ok 'a state directory that cannot be is told, or is still to be made' shows 'state directory +/proc/nowhere'
finish
