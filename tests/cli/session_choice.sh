# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# Which session a command works on.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

mkdir -p "$HOME/.claude" "$PROJECT/inner/deep" "$HOME/project-of-another-name"
outer=$PROJECT
make_session <<<'write agent-memory/outer-old.md x'
old=$ID
make_session <<<'write agent-memory/outer-new.md x'
new=$ID
make_session --project "$outer/inner" <<<'write agent-memory/inner.md x'
inner=$ID
make_session --project "$HOME" <<<'write agent-memory/home.md x'
home=$ID

call status
ok 'the newest of the project' shows "^session +$new"
cd "$outer/inner/deep" || exit 1
call status
ok 'the innermost project above the current directory' shows "^session +$inner"
cd "$HOME/project-of-another-name" || exit 1
call status
ok 'a name that only begins like the project is not in it' shows "^session +$home"
cd / || exit 1
call status
ok 'none elsewhere' says 4 'no session of this project'
call --session "$old" status
ok 'a full id works anywhere' shows "^session +$old"
call status -s "${old:0:23}"
ok 'so does a beginning, after the command too' shows "^session +${old:0:23}"
call --session "${old##*-}" status
ok 'so does the random end' shows "^session +$old"
cd "$outer" || exit 1

call --json discard
ok 'discard without an answer does nothing, and its JSON is strict' value_is false discarded
call discard --yes
ok 'discard says which' shows "^discarded session $new"
call status
ok 'a discarded session is not taken' shows "^session +$old"
call sessions
ok 'nor listed' hides "$new"
call sessions --all
ok 'but with --all' shows "$new +discarded"
call --session "$new" status
ok 'and it can be named' shows "^session +$new  discarded"
"$CLAUDEFS" discard <<<n >"$OUT" 2>"$ERR"
ok 'discard asks, and "n" is no' shows '^nothing was discarded'
call discard
ok 'no answer is no' shows '^nothing was discarded'
"$CLAUDEFS" discard <<<y >"$OUT" 2>"$ERR"
ok '"y" is yes' shows "^discarded session $old"
call status
ok 'then the project above is next' shows "^session +$home"

mkfifo "$WORK/fifo"
(
  printf 'write agent-memory/running.md x\nhold %s\nwrite agent-memory/later.md x\nhold %s\n' "$WORK/go" "$WORK/end"
) >"$WORK/script"
"$CLAUDEFS_BUILD/tests/lib/make_session" --project "$outer" <"$WORK/script" >"$WORK/id" &
stop_at_end $!
running=$!
for _ in {1..100}; do
  call status
  grep -q running.md "$OUT" && break
  sleep 0.1
done
ok 'a running session is shown as such' shows '^session +.*  running'
ok 'with what it has written so far' shows 'running\.md'
call discard --yes
ok 'a running session is not discarded' says 9 'still running; end it before you discard it'
timeout 60 "$CLAUDEFS" log --follow >"$WORK/followed" &
stop_at_end $!
follower=$!
for _ in {1..100}; do
  grep -q running.md "$WORK/followed" && break
  sleep 0.1
done
touch "$WORK/go"
for _ in {1..100}; do
  grep -q later.md "$WORK/followed" && break
  sleep 0.1
done
ok 'log --follow shows what comes later' contains "$WORK/followed" later.md
touch "$WORK/end"
wait "$running"
wait "$follower"
ok 'and ends with the session' equal 0 $?
ok 'having shown its end' contains "$WORK/followed" ' end'
ok 'each record once' equal 1 "$(grep -c 'create .*running.md' "$WORK/followed")"
finish
