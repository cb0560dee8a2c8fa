# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# Files and directories that may not be read or written, met by an ordinary user.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

# Root is stopped by no mode: then the program runs as a user without a name.
as_user=()
if [ "$(id -u)" -eq 0 ]; then
  need_tool setpriv
  as_user=(setpriv --reuid=54321 --regid=54321 --clear-groups)
  cp "$CLAUDEFS" "${MAKE_SESSION[0]}" "$TEST_ROOT"
  CLAUDEFS=$TEST_ROOT/claudefs
  MAKE_SESSION=("${as_user[@]}" "$TEST_ROOT/make_session")
  chown -R 54321:54321 "$TEST_ROOT"
fi
call() {
  "${as_user[@]}" "$CLAUDEFS" "$@" >"$OUT" 2>"$ERR" </dev/null
  CODE=$?
}

own=projects/$ENCODED
state=$HOME/.local/state/claudefs
mkdir -p "$HOME/.claude/plans"
printf 'old\n' >"$HOME/.claude/plans/p.md"
[ "$(id -u)" -ne 0 ] || chown -R 54321:54321 "$HOME"
make_session <<END
write plans/p.md new\n
write $own/memory/a.md hello\n
END
call status
ok 'an ordinary user sees the session' shows 'plans/p\.md'

chmod 000 "$HOME/.claude/plans/p.md"
call status
ok 'an unreadable host file does not stop status' equal 0 "$CODE"
ok 'the other changes are there' shows 'memory/a\.md'
call diff
ok 'diff tells what it cannot compare' shows 'plans/p\.md'
ok 'and shows the rest' shows '^\+hello$'
call commit --all
ok 'commit says so and does the rest' equal hello "$(cat "$HOME/.claude/$own/memory/a.md")"
ok 'and tells what stays' shows 'stays .*plans/p\.md'
chmod 600 "$HOME/.claude/plans/p.md"
ok 'nothing was lost on the host' equal old "$(cat "$HOME/.claude/plans/p.md")"
call commit --all
ok 'once it is readable it is committed' equal new "$(cat "$HOME/.claude/plans/p.md")"

make_session <<END
write plans/later.md x\n
END
chmod 000 "$HOME/.claude"
call status
ok 'an unreadable host state' says 7 "$HOME/\.claude: Permission denied; make it a directory that you can read"
call doctor
ok 'doctor says so too' shows 'fail +host state +.*Permission denied'
chmod 500 "$HOME/.claude" "$HOME/.claude/plans"
call commit --all
ok 'a host state that cannot be written fails the commit' equal 1 "$CODE"
ok 'and says which file' grep -q 'plans/later\.md.*Permission denied' "$OUT" "$ERR"
chmod 700 "$HOME/.claude" "$HOME/.claude/plans"

find "$state" -type d -exec chmod 500 {} +
call status
ok 'a state directory that cannot be written can be looked at' equal 0 "$CODE"
call discard --yes
ok 'but a session in it not be discarded' says 1 'manifest\.json: Permission denied; nothing was discarded'
call commit --all
ok 'nor committed' test "$CODE" -ne 0 -a ! -e "$HOME/.claude/plans/later.md"
ok 'in one line' says 1 'Permission denied'
call doctor
ok 'doctor tells' shows 'fail +state directory .*make it a directory that you can write'
chmod 000 "$SESSION_DIR"
call status
ok 'a session that cannot be read is warned of, if it is newer' \
  says 0 "session $ID is newer than this one, but cannot be read: see 'claudefs sessions'"
call --session "$ID" status
ok 'and told by name' says 1 "session $ID: Permission denied"
find "$state" -type d -exec chmod 700 {} +
chmod 000 "$SESSION_DIR/journal"
call status
ok 'so is a journal that cannot be read' says 1 "session $ID: .*Permission denied"
chmod 600 "$SESSION_DIR/journal"
call commit --all
ok 'with its rights back everything works' equal x "$(cat "$HOME/.claude/plans/later.md")"
finish
