#!/bin/bash
# SPDX-License-Identifier: MIT
# Two real sessions at the same time, in one project and in two: each keeps its own journal, and both
# transcripts and both prompts arrive.
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
need_claude
make_home
seed_home
start_api
other=$HOME/other-proj
mkdir "$other"

# at_once DIR_A DIR_B TAG
at_once() {
  sandbox "$1" -- -p "[script:work dir=$1] $3-first" --allowedTools Bash,Write,TaskCreate >"$WORK/a" 2>&1 &
  local a=$!
  sandbox "$2" -- -p "[script:work dir=$2] $3-second" --allowedTools Bash,Write,TaskCreate >"$WORK/b" 2>&1 &
  local b=$!
  code_a=0 code_b=0
  wait "$a" || code_a=$?
  wait "$b" || code_b=$?
}

at_once "$PROJECT" "$PROJECT" same
ok 'both sessions in one project end with 0' equal '0 0' "$code_a $code_b"
[ "$code_a $code_b" = '0 0' ] || sed 's/^/# /' "$WORK/a" "$WORK/b"
ok 'there are two transcripts' equal 2 "$(transcripts "$HOME/.claude" | wc -l)"
ok 'the first prompt is in exactly one of them' equal 1 "$(transcripts "$HOME/.claude" | xargs grep -l same-first | wc -l)"
ok 'the second prompt is in exactly one of them' equal 1 "$(transcripts "$HOME/.claude" | xargs grep -l same-second | wc -l)"
ok 'there are two sessions' equal 2 "$(find "$HOME/.local/state/claudefs/sessions" -mindepth 1 -maxdepth 1 -type d | wc -l)"
ok 'both have a task on the host' equal 2 "$(find "$HOME/.claude/tasks" -name '1.json' | wc -l)"

at_once "$PROJECT" "$other" apart
ok 'sessions in two projects end with 0' equal '0 0' "$code_a $code_b"
[ "$code_a $code_b" = '0 0' ] || sed 's/^/# /' "$WORK/a" "$WORK/b"
ok 'the one has its third transcript' equal 3 "$(transcripts "$HOME/.claude" | wc -l)"
ok 'the other has its first' equal 1 "$(transcripts "$HOME/.claude" "$other" | wc -l)"
ok 'nothing of the other project is in the one' lacks apart-second "$HOME/.claude/projects/$(encoded "$PROJECT")"
ok 'nothing of the one is in the other' lacks apart-first "$HOME/.claude/projects/$(encoded "$other")"

for session in "$HOME/.local/state/claudefs/sessions"/*/; do
  ok "session $(basename "$session") verifies" review --session "$(basename "$session")" verify
done
finish
