# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# `claudefs why` and `claudefs rules`.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

call why settings.json
ok 'why works without a session and without ~/.claude' equal 0 "$CODE"
ok 'it tells the write verdict' shows 'write +never +works in the sandbox'
ok 'it names the rule and where it stands' shows 'rule +.*settings\.json.*\(built-in:[0-9]+\)'
ok 'it tells why' shows 'why +.*[Hh]ooks'
call why SETTINGS.json
ok 'a name that matches only after folding says so' shows 'note .*folding'
ok 'and is hidden' shows 'read +hide'
call why "projects/$ENCODED/memory/a.md"
ok 'the project is that of the current directory' shows 'write +review'
ok 'a verdict that lets out tells the merge' shows 'merge +replace'
call why projects/-another/memory/a.md
ok 'another project is hidden' shows 'read +hide'
# shellcheck disable=SC2088  # claudefs takes the tilde itself, from whoever quotes it
for spelling in "$HOME/.claude/settings.json" '~/.claude/settings.json' './settings.json' 'settings.json/' \
  "$HOME/.claude//settings.json"; do
  call why "$spelling"
  ok "the same path, spelt ${spelling/#$HOME/HOME}" shows '^settings\.json$'
done
call why "$HOME/.claude.json"
ok 'the .claude.json beside ~/.claude is the one in the view' shows '^\.claude\.json$'
call why /etc/passwd
ok 'a path elsewhere is refused' says 2 '/etc/passwd: not a path in'
call --json why SETTINGS.json
ok 'JSON is strict' "$CHECK" json <"$OUT"
ok 'it has the verdict' value_is never write
ok 'it says that the match is not exact' value_is false exact
ok 'it has the rule' value_is built-in rule.origin

rules=$HOME/.config/claudefs/rules.d
mkdir -p "$rules"
cat >"$rules/10-mine.json" <<'END'
{
  "version": 1,
  "rules": [
    {"path": "skills/mine/**", "read": "show", "write": "review", "why": "my own"}
  ]
}
END
call why skills/mine/SKILL.md
ok 'a rule of the user wins' shows 'write +review'
ok 'and is named by file and line' shows 'rule +skills/mine/\*\*  \(.*10-mine\.json:4\)'
call --no-user-rules why skills/mine/SKILL.md
ok 'unless it is left out' shows 'write +never'
call rules check
ok 'rules check counts the rules of the user' shows "^$rules: ok, 1 rule$"
cp "$rules/10-mine.json" "$WORK/mine.json"
call rules check "$WORK/mine.json"
ok 'it checks a file by name' shows "^$WORK/mine.json: ok, 1 rule$"
call --no-user-rules --rules "$WORK/mine.json" why skills/mine/SKILL.md
ok '--rules adds a file' shows 'write +review'
call --json rules check
ok 'its JSON is strict' value_is 1 files.0.rules
call rules list
ok 'rules list begins with the rules of the user' before 'skills/mine' 'settings\.json'
ok 'and ends with the default' equal 1 "$(tail -n 1 "$OUT" | grep -cE '^\*\* +show +never')"
call --json rules list
ok 'its JSON is strict' "$CHECK" json <"$OUT"
ok 'in the same order' value_is 'skills/mine/**' rules.0.pattern
finish
