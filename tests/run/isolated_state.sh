#!/bin/bash
# SPDX-License-Identifier: MIT
# --isolate-claude-data: a project's sessions begin from a state of its own, and what they change is committed to
# that; the person's ~/.claude is neither seen nor written, and another project has another state.
# shellcheck disable=SC2016  # the scripts are for shells inside
. "$(dirname "$0")/run_lib.sh"
make_run_home

# What of a project its sessions see: by Claude Code's own name for it.
memory_of() {
  printf '%s' "projects/$(printf '%s' "$1" | tr -c 'A-Za-z0-9' -)/memory/MEMORY.md"
}
memory=$(memory_of "$PROJECT")
mkdir -p "$HOME/.claude/agents" "$(dirname "$HOME/.claude/$memory")" "$HOME/other/proj"
echo 'of the host' | tee "$HOME/.claude/CLAUDE.md" "$HOME/.claude/agents/a.md" "$HOME/.claude/$memory" >/dev/null
echo '{"theme": "of the host"}' >"$HOME/.claude.json"
printf '{"claudeAiOauth":{"accessToken":"CANARY-access","expiresAt":9999999999999}}\n' >"$HOME/.claude/.credentials.json"
own
of_host() {
  (cd "$HOME" && find .claude .claude.json -type f -exec md5sum {} + | sort)
}
before=$(of_host)
isolated="$HOME/.local/share/claudefs/isolated"
# apart PROJECT SCRIPT
apart() {
  run --isolate-claude-data --network none --commit never "$1" --exec sh -c "$2" </dev/null
}
look='cd ~/.claude && grep -rl "of the host" . | sed "s,^,holds of the host: ,"; cat .claude.json; cat .credentials.json; find projects -type f -exec cat {} +'

run --isolate-claude-data --print-plan "$PROJECT" --exec true >"$WORK/plan"
ok 'the plan alone makes nothing' test ! -e "$isolated"
inside sh -c "$look" >"$WORK/out"
ok 'control: without it the state of the host is there' equal 4 "$(grep -c '^holds of the host' "$WORK/out")"
apart "$PROJECT" "$look" >"$WORK/out"
ok 'with it nothing of that is' lacks 'of the host' "$WORK/out"
ok 'but the login' contains "$WORK/out" CANARY-access
ok 'and a configuration that greets no newcomer' contains "$WORK/out" '"hasCompletedOnboarding": true'
ok 'the state is its user'"'"'s alone' equal "700 $RUN_UID" "$(stat -c '%a %u' "$isolated"/proj-*/claude)"
ok 'it says whose it is' equal "$PROJECT" "$(cat "$isolated"/proj-*/project)"

apart "$PROJECT" "mkdir -p \"\$(dirname ~/.claude/$memory)\"; echo remembered >~/.claude/$memory"
apart "$PROJECT" "$look" >"$WORK/out"
ok 'what a session wrote waits for a commit' lacks remembered "$WORK/out"
apart "$PROJECT" "mkdir -p \"\$(dirname ~/.claude/$memory)\"; echo remembered >~/.claude/$memory"
as_user "$PROGRAMS/fs/cli/claudefs" --session "$(basename "$(newest_session)")" commit --all >"$WORK/said" 2>&1
ok 'which goes to that state' equal 0 $?
ok 'and says so' grep -qF "$memory" "$WORK/said"
apart "$PROJECT" "$look" >"$WORK/out"
ok 'the next session remembers it' contains "$WORK/out" remembered
inside sh -c "$look" >"$WORK/out"
ok 'one without the option does not' lacks remembered "$WORK/out"
apart "$HOME/other/proj" "find ~/.claude -type f; $look" >"$WORK/out"
ok 'nor does another project of that name' lacks remembered "$WORK/out"
ok 'which has a state of its own' equal 2 "$(find "$isolated" -mindepth 1 -maxdepth 1 | wc -l)"
ok 'the host'"'"'s state is as it was' equal "$before" "$(of_host)"

chmod 777 "$isolated"/proj-*
ok 'one that others may write to is refused' equal 125 "$(code apart "$PROJECT" true)"
ok 'and named' contains "$WORK/err" "--isolate-claude-data: $isolated/proj-"
finish
