#!/bin/bash
# SPDX-License-Identifier: MIT
# kill -9 of claudefs-run and of claudefs-mount at random points from start to writing: nothing is
# left running, every journal verifies, and no write is lost that was synced before the kill.
. "$(dirname "$0")/run_lib.sh"
make_run_home
points=50
[ -z "${CLAUDEFS_TEST_BRIEF:-}" ] || points=10
points=${CLAUDEFS_TEST_KILLS:-$points}

# shellcheck disable=SC2016
agent='i=0
  while i=$((i+1)) && echo $i >>~/.claude/notes.txt && sync ~/.claude/notes.txt; do echo $i >acked; done'

has_synced_much() {
  [ "$(cat "$PROJECT/acked" 2>/dev/null || echo 0)" -gt 5 ]
}

# kill_once VICTIM POINT: prints what is wrong, nothing if all is well. Point 0 comes after many synced writes, however
# slow the machine is.
kill_once() {
  local pid victim
  rm -f "$PROJECT/acked"
  "${AS[@]}" env -i "HOME=$HOME" PATH=/usr/bin:/bin "$PROGRAMS/launcher/claudefs-run" --runtime native --network none --commit never "$PROJECT" \
    --exec sh -c "$agent" </dev/null >/dev/null 2>"$WORK/err" &
  pid=$!
  [ "$2" -ne 0 ] || wait_until has_synced_much
  sleep "0.$(printf %03d $((RANDOM % 300)))"
  victim=$pid
  if [ "$1" = claudefs-mount ]; then
    # Not there yet: another point of the run is as good.
    victim=$(for p in $(ours); do grep -qs claudefs-mount "/proc/$p/comm" && echo "$p"; done | head -n 1)
  fi
  kill -KILL "${victim:-$pid}"
  wait "$pid" 2>/dev/null
  wait_until none_of_ours || echo "left behind: $(ours)"
  check_newest
}

check_newest() {
  local session acked kept
  # Killed before the first session was made, there is not even their directory.
  session=$(newest_session 2>/dev/null)
  acked=$(cat "$PROJECT/acked" 2>/dev/null || echo 0)
  # Killed before the daemon began: there is no journal, and nothing was acknowledged.
  if [ ! -s "$session/journal" ]; then
    [ "${acked:-0}" -eq 0 ] || echo "no journal, but $acked lines were acknowledged"
    return
  fi
  review_newest verify >"$WORK/verify" 2>&1 || echo "verify: $(cat "$WORK/verify")"
  [ "${acked:-0}" -gt 0 ] || return
  deepest=$((acked > deepest ? acked : deepest))
  kept=$(review_newest show notes.txt | wc -l)
  [ "$kept" -ge "$acked" ] || echo "$acked lines were acknowledged, $kept are kept"
}

review_newest() {
  as_user "$PROGRAMS/fs/cli/claudefs" --session "$(basename "$(newest_session)")" "$@"
}

deepest=0
for victim in claudefs-run claudefs-mount; do
  : >"$WORK/wrong"
  for ((i = 0; i < points; i++)); do
    kill_once "$victim" "$i" >>"$WORK/wrong" 2>&1
  done
  ok "$points kills of $victim lose nothing and leave nothing" equal '' "$(cat "$WORK/wrong")"
done
ok 'and some of them came after many synced writes' test "$deepest" -gt 5
note "at most $deepest synced lines before a kill"
finish
