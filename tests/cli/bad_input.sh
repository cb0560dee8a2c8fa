# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# Bad input: one clear line that names the object and the mend, a documented exit code, nothing lost.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

own=projects/$ENCODED
state=$HOME/.local/state/claudefs

call
ok 'no command' says 2 "no command; 'claudefs help'"
call stauts
ok 'an unknown command, with the one meant' says 2 "stauts: no such command; did you mean 'status'"
call frobnicate
ok 'an unknown command that resembles none' says 2 "frobnicate: no such command; 'claudefs help' lists them"
call status --frobnicate
ok 'an unknown option' says 2 "--frobnicate: no such option; see 'claudefs help status'"
call log -z
ok 'an unknown letter' says 2 "-z: no such option; see 'claudefs help log'"
call status extra
ok 'an argument too many' says 2 'status: extra: one argument too many'
call --session
ok 'an option without its value' says 2 '--session needs ID'
call status --json=yes
ok 'a flag with a value' says 2 '--json takes no value'
call --color=mauve status
ok 'an unknown colour mode' says 2 '--color=mauve: not auto, always or never'
call why
ok 'why without a path' says 2 'why: which path'
call why ../../etc/passwd
ok 'why with a path that leaves' says 2 'not a path in .*/\.claude; give one relative to it'
call rules frobnicate
ok 'an unknown action of rules' says 2 'rules: check, list or suggest\?'

for command in status log diff verify discard; do
  call "$command"
  ok "$command without a session" says 4 "no session of this project; start one with 'claudefs-run'"
done
call --session 2020 status
ok 'an unknown session' says 4 "session 2020: no such session; 'claudefs sessions' lists them"
ok 'none of that has made a state directory' not test -e "$state"

mkdir -p "$HOME/.claude"
make_session <<END
write $own/memory/a.md hello\n
END
first=$ID
make_session <<END
write $own/memory/b.md hello\n
END
call --session 2 status
ok 'a beginning of several ids' says 2 'session 2: 2 sessions begin so; give more of the id'
call --session "$first" show "$own/memory/none.md"
ok 'a file that the session has not' says 2 "none.md: the session has no such file; 'claudefs status'"
call show "$own/memory"
ok 'a directory to show' says 2 'memory: a directory; name a file in it'
call diff nothing/here
ok 'a diff of nothing' says 2 "nothing/here: the session left nothing pending there; 'claudefs status'"

mkdir -p "$HOME/.config/claudefs/rules.d"
printf '[\n  {"path": "x",\n   "write": "sometimes"}\n]\n' >"$HOME/.config/claudefs/rules.d/10-mine.json"
for command in 'rules list' 'rules check' status 'why x' sessions; do
  # shellcheck disable=SC2086
  call $command
  ok "a broken rule file stops '$command', by file and line" says 8 'rules\.d/10-mine\.json:[0-9]+: .'
done
call --no-user-rules status
ok 'and can be left out' equal 0 "$CODE"
rm -r "$HOME/.config"
call --rules "$WORK/none.json" status
ok 'a rule file that is not there' says 8 'none\.json: '
call rules check "$WORK/none.json"
ok 'the same for rules check' says 8 'none\.json: '

sed -i 's/"version": 1/"version": 99/' "$SESSION_DIR/manifest.json"
call --session "$ID" status
ok 'a session of a newer version' says 6 "session $ID: made by a newer claudefs; use that version"
call sessions
ok 'is listed as such' shows "$ID +newer"
sed -i 's/"version": 99/"version": 1/' "$SESSION_DIR/manifest.json"
cp "$SESSION_DIR/manifest.json" "$WORK/manifest.json"
echo '{' >"$SESSION_DIR/manifest.json"
call --session "$ID" status
ok 'a damaged manifest' says 5 "session $ID: manifest.json is damaged"
call sessions
ok 'is listed as such' shows "$ID +damaged"
call status
ok 'and does not hide the other sessions, which say so' says 0 "session $ID is newer than this one, but cannot be read"
ok 'but show' shows "^session +$first"
cp "$WORK/manifest.json" "$SESSION_DIR/manifest.json"

mv "$HOME/.claude" "$HOME/elsewhere"
call status
ok 'a missing host state is warned of' says 0 'warning: .*/\.claude: missing, though the session started from it'
mkdir "$HOME/.claude"
call status
ok 'a replaced host state is warned of' says 0 'warning: .*/\.claude: not the directory that the session started from'
rmdir "$HOME/.claude"
touch "$HOME/.claude"
call status
ok 'a host state that is no directory' says 7 '/\.claude: Not a directory; make it a directory'
call doctor
ok 'doctor says so too' shows 'fail +host state .*make it a directory'
ok 'with the same exit code' equal 7 "$CODE"
rm "$HOME/.claude"
mv "$HOME/elsewhere" "$HOME/.claude"

chmod 770 "$state"
call status
ok 'a state directory that others may write' says 1 "$state: others may write there, or it is not yours"
call doctor
ok 'doctor says so too' shows "fail +state directory .*'chmod 700'"
chmod 700 "$state"

object=$(basename "$(find "$SESSION_DIR/objects" -type f | head -n 1)")
printf 'jello\n' >"$SESSION_DIR/objects/$object"
call show "$own/memory/b.md"
ok 'a damaged content is not shown' says 5 "b.md: the stored content is damaged; 'claudefs verify'"
call verify
ok 'verify names it' shows "^damaged .*\b$object\b"
ok 'and says so by its exit code' equal 5 "$CODE"
rm "$SESSION_DIR/objects/$object"
call verify
ok 'a missing content is damage too' equal 5 "$CODE"
call status
ok 'and status still works' shows 'b\.md'
finish
