#!/bin/bash
# SPDX-License-Identifier: MIT
# After a hostile session and `commit --all`, everything on the host that protects it is the same bytes,
# mode, inode and mtime, or still absent, and nothing but approved regular files changed in the whole
# home. Usage: attack.sh exec | claude | control
#   exec     the agent is a shell script
#   claude   the real CLI's Bash tool runs it
#   control  the rules allow everything: the same oracle must find the damage
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
kind=${1:-exec}
need_claude
make_home
seed_home
own=$(encoded "$PROJECT")
other=-home-somebody-else

plant() {
  mkdir -p "$(dirname "$HOME/$1")"
  printf '%s\n' "$2" >"$HOME/$1"
}
plant .claude/settings.json '{"model": "opus", "includeCoAuthoredBy": true}'
plant .claude/CLAUDE.md 'Be kind.'
plant .claude/rules/a.md 'A rule.'
plant .claude/skills/s/SKILL.md 'A skill.'
plant .claude/agents/reviewer.md 'An agent.'
plant .claude/commands/c.md 'A command.'
plant .claude/hooks/h.sh '#!/bin/sh'
plant .claude/plugins/config.json '{}'
plant .claude/output-styles/o.md 'A style.'
plant .claude/keybindings.json '{}'
plant .claude/session-env/s/setup-hook-1.sh 'export A=1'
plant .claude/.credentials.json '{"claudeAiOauth":{"accessToken":"dummy"}}'
plant ".claude/projects/$other/planted.jsonl" '{"type":"user","cwd":"/home/somebody/else"}'
plant ".claude/projects/$own/00000000-0000-4000-8000-000000000009.jsonl" \
  "{\"type\":\"user\",\"uuid\":\"00000000-0000-4000-8000-000000000099\",\"cwd\":\"$PROJECT\",\"sessionId\":\"00000000-0000-4000-8000-000000000009\"}"
plant .claude/history.jsonl '{"display":"x","pastedContents":{},"timestamp":1,"project":"/home/somebody/else","sessionId":"00000000-0000-4000-8000-000000000008"}'
plant .bashrc '# mine'
plant .gitconfig '[user]'
plant .ssh/id_dummy 'dummy'
plant .local/bin/tool '#!/bin/sh'
chmod 755 "$HOME/.local/bin/tool" "$HOME/.claude/hooks/h.sh"
chmod 600 "$HOME/.claude/.credentials.json" "$HOME/.claude/settings.json"
mkdir -p "$HOME/.local/state" "$HOME/.config/claudefs/rules.d"
if [ "$kind" = control ]; then
  cat >"$HOME/.config/claudefs/rules.d/00-everything.json" <<'END'
{ "version": 1, "rules": [
  { "path": "**", "read": "show", "write": "auto", "merge": "replace",
    "why": "a control: with this rule the tests of the attack must find its damage" }
] }
END
fi
cp "$CLAUDEFS_SOURCE/tests/claude/attack_agent.sh" "$PROJECT/agent.sh"

manifest() {
  node "$CLAUDEFS_SOURCE/tests/lib/manifest.mjs" "$@"
}
ignored='^(proj|\.local/state/claudefs)(/|$)'
approved="^\.claude/(history\.jsonl|keybindings\.json|(plans|todos|tasks|agent-memory|file-history|paste-cache|themes|projects/$own)(/.*)?)$"
whole_home_is_safe() {
  manifest compare "$WORK/before" "$WORK/after" --ignore "$ignored" --approved "$approved"
}

manifest take "$HOME" >"$WORK/before"
case $kind in
claude)
  start_api
  printf 'sh %q %q %q %q\n' "$PROJECT/agent.sh" "$PROJECT" "$own" "$other" >"$PROJECT/start.sh"
  ok 'the real CLI ends with 0' sandbox --commit never "$PROJECT" -- \
    -p "[script:run file=$PROJECT/start.sh] go" --allowedTools Bash </dev/null
  ;;
*)
  ok 'the agent ends with 0' sandbox --commit never "$PROJECT" --exec \
    sh "$PROJECT/agent.sh" "$PROJECT" "$own" "$other"
  ;;
esac
ok 'the agent came to its end' equal end "$(tail -n 1 "$PROJECT/attack.log" 2>/dev/null)"
ok 'its ordinary writes worked inside' grep -q '^0 put plans/good.md' "$PROJECT/attack.log"
ok 'its symlinks, links and special files were refused inside' \
  lacks '^0 (ln|mkfifo|mknod|perl) ' "$PROJECT/attack.log"
manifest take "$HOME" >"$WORK/after"
ok 'before commit nothing at all changed on the host' \
  manifest compare "$WORK/before" "$WORK/after" --ignore "$ignored"
ok 'the journal verifies' review verify

review commit --all >"$WORK/commit.out" 2>&1
code=$?
note "commit --all ended with $code"
ok 'commit --all ends as documented: done, or something was held' test "$code" -eq 0 -o "$code" -eq 3 -o "$code" -eq 13
manifest take "$HOME" >"$WORK/after"
if [ "$kind" = control ]; then
  ok 'with rules that allow everything the oracle finds the damage' not whole_home_is_safe
  whole_home_is_safe >"$WORK/damage"
  # CLAUDE.md itself is held even so: the agent also made it in other spellings.
  for name in settings.json AGENTS.md settings.local.json "projects/$other/planted.jsonl"; do
    ok "the oracle names $name" grep -qF ".claude/$name: " "$WORK/damage"
  done
  ok 'even then there are no links or special files on the host' \
    equal '' "$(find "$HOME/.claude" ! -type f ! -type d)"
  ok 'even then the home outside the state is untouched' lacks '^([^.]|\.[^c]|\.claude[^/.])' "$WORK/damage"
else
  ok 'nothing but approved regular files changed in the whole home' whole_home_is_safe
  ok 'an approved file came through' contains "$HOME/.claude/plans/good.md" 'a plan'
  ok 'the prompt came through' contains "$HOME/.claude/history.jsonl" 'from inside'
  ok 'the transcript came through' test -s "$HOME/.claude/projects/$own/00000000-0000-4000-8000-00000000000a.jsonl"
  review commit --all >/dev/null 2>&1
  manifest take "$HOME" >"$WORK/again"
  ok 'a second commit --all changes nothing' \
    manifest compare "$WORK/after" "$WORK/again" --ignore "$ignored"
fi
finish
