#!/bin/bash
# SPDX-License-Identifier: MIT
# However a session ends: no process, no mount, and a journal that can be read.
. "$(dirname "$0")/run_lib.sh"
make_run_home

# start_sleeper: a session that has written and synced a file of its view, then sleeps.
start_sleeper() {
  rm -f "$PROJECT/ready"
  "${AS[@]}" env -i "HOME=$HOME" PATH=/usr/bin:/bin "$PROGRAMS/launcher/claudefs-run" --runtime native --network none --commit never "$PROJECT" \
    --exec bash -c 'echo kept >~/.claude/kept.txt && sync ~/.claude/kept.txt && touch ready && sleep 4321; true' \
    </dev/null >"$WORK/out" 2>"$WORK/err" &
  STARTED=$!
  wait_until test -e "$PROJECT/ready"
}

# pid_of NAME: of this test's programs.
pid_of() {
  local pid
  for pid in $(ours); do
    [ "$(cut -c1-15 <<<"$1")" != "$(cat "/proc/$pid/comm")" ] || echo "$pid"
  done | head -n 1
}

review_session() {
  as_user "$PROGRAMS/fs/cli/claudefs" --session "$(basename "$(newest_session)")" "$@"
}

for victim in claudefs-run claudefs-mount claudefs-init; do
  start_sleeper
  ok "a session runs ($victim is the next victim)" test -n "$(pid_of $victim)"
  kill -KILL "$(pid_of $victim)"
  wait "$STARTED" 2>/dev/null
  result=$?
  ok "kill -9 of $victim leaves no process" wait_until none_of_ours
  ok 'and no mount' not grep -F "$TEST_ROOT" /proc/self/mounts
  ok 'its journal verifies' review_session verify
  ok 'and holds what was synced' equal kept "$(review_session show kept.txt)"
  case $victim in
  claudefs-mount)
    ok 'the manifest notes it' contains "$(newest_session)/manifest.json" '"ended": "mount died"'
    ok 'the exit code is our own failure' equal 125 "$result"
    ok 'the message says that the journal was kept' contains "$WORK/err" 'journal was kept'
    ;;
  claudefs-init) ok 'the exit code is that of a killed program' equal 137 "$result" ;;
  esac
done

inside true
ok 'the manifest notes the end' contains "$(newest_session)/manifest.json" '"ended": "exit 0"'
inside_sh 'exit 3'
ok 'and the code' contains "$(newest_session)/manifest.json" '"ended": "exit 3"'

# Two at once on one home: each has its own view and its own journal.
rm -f "$PROJECT"/{one,two,go}
for name in one two; do
  # shellcheck disable=SC2016
  as_user "$PROGRAMS/launcher/claudefs-run" --runtime native --network none --commit never "$PROJECT" --exec bash -c '
    echo "$1" >~/.claude/mine.txt; touch "$1"; until [ -e go ]; do sleep 0.05; done; cat ~/.claude/mine.txt' \
    bash "$name" </dev/null >"$WORK/$name" 2>"$WORK/$name.err" &
done
wait_until test -e "$PROJECT/one" -a -e "$PROJECT/two"
touch "$PROJECT/go" && own
wait
ok 'two sessions at once see their own writes' equal 'one two' "$(cat "$WORK/one") $(cat "$WORK/two")"
ok 'they are two sessions' equal 2 "$(grep -l mine.txt "$HOME"/.local/state/claudefs/sessions/*/manifest.json | wc -l)"
ok 'the host got neither' test ! -e "$HOME/.claude/mine.txt"

ok 'a summary is printed, on stderr alone' equal '' "$(run "$PROJECT" --exec true </dev/null)"
ok 'and it names the session' contains "$WORK/err" "$(basename "$(newest_session)")"
finish
