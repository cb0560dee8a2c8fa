# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119,SC2016
# `claudefs rules suggest`: what a person always approved, and nothing else, would pass under the rules that
# it proposes. Proved by a replay: the same sessions once more, under those rules, on a host as it was.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

mkdir -p "$HOME/.claude/plans"
echo 'old' >"$HOME/.claude/plans/old.md"
cp -a "$HOME/.claude" "$WORK/host"
state=$HOME/.local/state/claudefs/sessions

call rules suggest
ok 'without a session there is an empty file of rules' value_is 0 'rules.#'
ok 'and a word on why' grep -q 'nothing that was always approved' "$ERR"

# Claude's own sessions, so that <session> has something to stand for.
uuid() { printf '00000000-0000-4000-8000-00000000000%s' "$1"; }
# session N <SCRIPT: one more, with its transcript.
session() {
  { printf 'write projects/%s/%s.jsonl {"type":"user"}\\n\n' "$ENCODED" "$(uuid "$1")"; cat; } >"$WORK/script"
  make_session <"$WORK/script"
}
# Three names in one directory are approved, one elsewhere; one is rejected, one left open.
session 1 <<END
write plans/a.md x
write plans/b.md x
write agent-memory/one.md x
write agent-memory/no.md x
write plans/sub/open.txt x
write file-history/$(uuid 1)/f1 x
write keybindings.json {}
write plans/CLAUDE.md x
write plans/old.md new
END
first=$ID
call commit --only plans/a.md --only plans/b.md --only agent-memory/one.md --only "file-history/$(uuid 1)/f1" \
  --only plans/CLAUDE.md --only plans/old.md
ok 'the first session is committed in part' equal 0 "$CODE"
call reject agent-memory/no.md
ok 'one is rejected' equal 0 "$CODE"
session 2 <<END
write plans/c.md x
write agent-memory/no.md y
write file-history/$(uuid 2)/f2 x
write projects/$ENCODED/memory/notes.md x
write plans/weird\s{x},*.txt x
write themes/t1.json {}
END
second=$ID
call approve plans/c.md "projects/$ENCODED/memory/notes.md" 'agent-memory/no.md'
ok 'approvals count before they are committed' equal 0 "$CODE"
call commit
call commit --only "file-history/$(uuid 2)/f2" --only 'plans/weird {x},*.txt'
ok 'the second session is committed' equal 0 "$CODE"
# Rejected once, in the next session: never to be suggested again.
session 3 <<END
write themes/t1.json {}
write plans/.hidden x
END
third=$ID

# Approved and taken back: refused.
session 4 <<END
write agent-memory/undone.md x
END
call commit --only agent-memory/undone.md
call undo
ok 'a commit is undone' not test -e "$HOME/.claude/agent-memory/undone.md"
# A receipt that this machine did not write teaches nothing.
session 5 <<END
write agent-memory/forged.md x
END
call commit --only agent-memory/forged.md
sed -i 's/forged\.md/planted.md/' "$SESSION_DIR/receipts/1/receipt.json"

call rules suggest
ok 'it succeeds' equal 0 "$CODE"
ok 'as strict JSON' "$CHECK" json <"$OUT"
cp "$OUT" "$WORK/suggested.json"
cp "$ERR" "$WORK/said"
call rules check "$WORK/suggested.json"
ok 'rules check takes it' equal 0 "$CODE"
cp "$WORK/suggested.json" "$OUT"
patterns=$(for ((i = 0; i < $(value rules.#); i++)); do echo "$(value "rules.$i.write") $(value "rules.$i.path")"; done)
ok 'several names in one directory make one rule for it, a single name one for itself' equal \
  'auto agent-memory/one.md
auto file-history/<session>/f1
review plans/{CLAUDE.md,CLAUDE.local.md,AGENTS.md,loop.md}
auto plans/*.md
auto projects/<project>/memory/notes.md
auto file-history/<session>/f2
auto plans/weird \{x\}\,\*.txt' "$patterns"
for ((i = 0; i < $(value rules.#); i++)); do
  ok "rule $i says why" test -n "$(value "rules.$i.why")"
done
ok 'what was rejected is not suggested' hides 'agent-memory/no.md'
ok 'nor what nobody decided' hides 'open.txt|keybindings|t1.json'
ok 'nor what was taken back' hides 'undone.md'
ok 'nor what a forged receipt says' hides 'planted|forged'
ok 'what replaces the host'"'"'s is told to be out of reach' grep -q '1 approved change replaced or removed' "$WORK/said"
ok 'so is what is code or instructions by its place' grep -q '1 approved change is code or instructions' "$WORK/said"
ok 'and what was refused another time' grep -q '1 approved change has a name that was refused' "$WORK/said"

# The replay: no receipts, no decisions, the host as it was before all of them.
rm -rf "$HOME/.claude"
cp -a "$WORK/host" "$HOME/.claude"
for id in "$first" "$second" "$third"; do
  rm -rf "$state/$id/receipts" "$state/$id/decisions.json"
  host=$(stat -c '"%d" "%i"' "$HOME/.claude")
  read -r dev ino <<<"$host"
  sed -i "s/\"host_dev\": \"[0-9]*\"/\"host_dev\": $dev/; s/\"host_ino\": \"[0-9]*\"/\"host_ino\": $ino/" "$state/$id/manifest.json"
done
# passing RULES...: which names of the three sessions would be committed without asking.
passing() {
  local id i
  for id in "$first" "$second" "$third"; do
    call "$@" --json --session "$id" status
    for ((i = 0; i < $(value changes.#); i++)); do
      [ "$(value "changes.$i.group")" = commit ] || continue
      case $(value "changes.$i.kind") in create | modify) value "changes.$i.path" ;; esac
    done
  done | grep -v '\.jsonl$' | LC_ALL=C sort
}
ok 'before, none of it would pass' equal '' "$(passing)"
ok 'under the suggested rules exactly what was approved passes' equal \
  "$(LC_ALL=C sort <<END
agent-memory/one.md
file-history/$(uuid 1)/f1
file-history/$(uuid 2)/f2
plans/a.md
plans/b.md
plans/c.md
plans/weird {x},*.txt
projects/$ENCODED/memory/notes.md
END
)" "$(passing --rules "$WORK/suggested.json")"
# Control: a rule that is a little wider is noticed.
sed 's#plans/\*.md#plans/**#' "$WORK/suggested.json" >"$WORK/wider.json"
ok 'control: a wider rule lets more through' not equal "$(passing --rules "$WORK/suggested.json")" \
  "$(passing --rules "$WORK/wider.json")"

# What the built-in rules never let out stays out, though the person's own rules let it be approved.
mkdir -p "$HOME/.config/claudefs/rules.d"
cat >"$HOME/.config/claudefs/rules.d/own.json" <<'END'
{"version": 1, "rules": [{"path": "{skills,odd}/**", "read": "show", "write": "review", "why": "a test"}]}
END
make_session <<'END'
write skills/s/SKILL.md x
write odd/thing.txt x
END
call commit --all
ok 'a skill is approved' test -e "$HOME/.claude/skills/s/SKILL.md"
call rules suggest
ok 'and is not suggested' hides 'skills|odd'
finish
