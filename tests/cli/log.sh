# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# `claudefs log`: what happened, in order, also what was reverted later.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

mkdir -p "$HOME/.claude"
printf 'host\n' >"$HOME/.claude/CLAUDE.md"
make_session <<END
process /usr/bin/claude 10 claude
save .claude.json {}
write agent-memory/a.md one\n
process /usr/bin/bash 11 bash\s-c\sx
rm agent-memory/a.md
write CLAUDE.md other\n
chmod CLAUDE.md 0600
refuse link skills/x 1 skills/y
END
call log
ok 'log succeeds' equal 0 "$CODE"
ok 'a file that is gone again is here' shows 'create +agent-memory/a\.md'
ok 'in order' before 'create +agent-memory/a\.md' 'unlink +agent-memory/a\.md'
ok 'with the process that did it' shows 'claude\[10\] +create +agent-memory/a\.md'
ok 'the next process is told apart' shows 'bash\[11\] +unlink +agent-memory/a\.md'
ok 'a rename has both names' shows 'rename +\.claude\.json\.tmp\.77\.abcdef -> \.claude\.json$'
ok 'a write has size and offset' shows 'write +agent-memory/a\.md  4 B at 0'
ok 'a copied host file is told' shows 'copy_up +CLAUDE\.md'
ok 'a mode is told' shows 'set_attr +CLAUDE\.md  mode 0600'
ok 'a refusal has operation, both names and the error' shows 'refuse +link skills/x -> skills/y  EPERM'
ok 'each line has a time' equal 0 "$(grep -cvE '^20[0-9-]{8} [0-9:]{8}  ' "$OUT")"
ok 'records of the machinery are left out' hides ' (base|seal|process) '
call --json log
ok 'JSON is strict, line by line' "$CHECK" json-lines <"$OUT"
ok 'and has every record' shows '"type":"seal"'
ok 'a record that names only an object has the name it had' shows '"type":"seal","path":"agent-memory/a.md"'
ok 'numbers rise by one' equal "$(seq 1 "$(wc -l <"$OUT")" | tr '\n' ' ')" \
  "$(sed 's/^{"seq":\([0-9]*\),.*/\1/' "$OUT" | tr '\n' ' ')"

# What became of it on the host stands between the records, and nothing of it reaches the terminal raw.
bad=$'\e[2Jx\u202ey'
mkdir -p "$HOME/.config/claudefs/rules.d"
cat >"$HOME/.config/claudefs/rules.d/look.json" <<'END'
{"version":1,"rules":[{"path":".claude.json","read":"filter","filter":"claude-json","write":"auto",
 "merge":"json-keys","why":"Mine"}]}
END
echo '{"theme":"dark"}' >"$HOME/.claude.json"
make_session <<'END'
process /usr/bin/claude 10 claude
write plans/a.md one\n
save .claude.json {"theme":"dark","tipsHistory":{"a.tip":1}}
END
call approve plans/a.md
call --json diff .claude.json
key=$(value changes.0.keys.0.key)
call reject --key "$key" .claude.json
call commit
call undo
pushes=$HOME/.local/state/claudefs/push/$ID
mkdir -p "$pushes"
chmod -R go-w "$HOME/.local/state/claudefs/push"
python3 - "$bad" >"$pushes/1.json" <<'END'
import json, sys
bad = sys.argv[1]
print(json.dumps({"version": 1, "state": "refused", "time_ns": 1767225600000000000, "remote": "o" + bad, "target": "/srv/" + bad,
  "refs": [{"ref": "refs/heads/" + bad, "old": "0" * 40, "new": "1" * 40}], "commits": 3, "files": 2, "added": 1, "removed": 0,
  "refuse_broad": False, "reason": bad, "events": [
    {"time_ns": 1767225600000000000, "state": "held", "by": "rules"},
    {"time_ns": 1767225700000000000, "state": "approved", "by": "person"},
    {"time_ns": 1767225800000000000, "state": "refused", "by": "rules", "reason": bad}]}))
END
call log
ok 'an approval is told, with who it was' shows 'person +approve +plans/a\.md$'
ok 'so is a rejection' shows 'person +reject +\.claude\.json  key tipsHistory\["a\.tip"\]$'
ok 'so is a commit' shows 'claudefs +commit +receipt 1  2 names$'
ok 'and an undo' shows 'claudefs +undo +receipt 2  2 names, takes back receipt 1$'
ok 'in order' before 'approve +plans/a' 'commit +receipt 1'
ok 'a push is told' shows 'rules +push +push:1 o.* held$'
ok 'with who approved it' shows 'person +push +push:1 o.* approved$'
ok 'and why it was refused' shows 'rules +push +push:1 o.* refused: .*x.*y$'
ok 'each line has a time' equal 0 "$(grep -cvE '^20[0-9-]{8} [0-9:]{8}  ' "$OUT")"
ok 'nothing of it is raw' "$CHECK" safe <"$OUT"
call status
ok 'status says why a push was refused' shows 'push:1 +refused +o'
ok 'and is not raw' "$CHECK" safe <"$OUT"
call show push:1
ok 'show has what became of a push' shows 'person +approved'
ok 'and is not raw' "$CHECK" safe <"$OUT"
call --json log
ok 'JSON is strict, line by line' "$CHECK" json-lines <"$OUT"
ok 'a decision in JSON' shows '"type":"decision","decision":"approved","path":"plans/a.md","scope":"whole","part":"",'
ok 'a push in JSON' shows '"type":"push","push":1,"state":"approved","by":"person","remote":"o'
ok 'a commit in JSON' shows '"type":"commit","receipt":1,"undoes":null,"names":2,'
call --json show push:1
ok 'show of a push in JSON' value_is person events.1.by
call show push:2
ok 'a push that is not there is said' says 2 'show: push:2: the session has no such push'
echo '{' >"$SESSION_DIR/decisions.json"
call log
ok 'the journal is told where decisions cannot be read' shows 'create +plans/a\.md'
ok 'and that is said' says 5 'what was decided cannot be read'
finish
