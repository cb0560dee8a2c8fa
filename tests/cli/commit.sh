# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# `claudefs commit` as a person uses it: dry run, questions, single paths, refusals, conflicts.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

own=projects/$ENCODED
claude=$HOME/.claude
mkdir -p "$claude/$own/memory" "$claude/plans"
printf 'host\n' >"$claude/CLAUDE.md"
printf 'old\n' >"$claude/plans/p.md"
uuid=11111111-2222-3333-4444-555555555555
record='{"type":"user","uuid":"aaaaaaaa-2222-3333-4444-555555555555","sessionId":"'$uuid'","cwd":"'$PROJECT'"}'
new_session() {
  make_session <<END
write $own/$uuid.jsonl ${record// /\\s}\n
write $own/memory/a.md one\n
write plans/p.md new\n
write plans/q.md more\n
write CLAUDE.md evil\n
END
}
host_files() {
  (cd "$claude" && find . -type f | sort | xargs -d '\n' sha256sum)
}
new_session
host_files >"$WORK/before"

call commit -n
ok 'a dry run succeeds' equal 0 "$CODE"
ok 'it says what would go' shows "would +create +$own/$uuid\.jsonl"
ok 'and what stays' shows 'stays .*plans/p\.md'
ok 'and that nothing was done' equal 'would commit 1 change; nothing was done' "$(tail -n 1 "$OUT")"
ok 'nothing was' equal "$(cat "$WORK/before")" "$(host_files)"
call --json commit -n
ok 'its JSON is strict' value_is true dry_run
ok 'and has the entries' value_is planned entries.0.status

call commit
ok 'commit applies what the rules let out' equal 0 "$CODE"
ok 'it says so' shows "applied +create +$own/$uuid\.jsonl"
ok 'it is there' equal "$record" "$(cat "$claude/$own/$uuid.jsonl")"
ok 'the sum has the receipt and the next command' shows '^committed 1 change \(receipt 1\).*3 need approval: claudefs commit -i'
ok 'what needs approval is not there' not test -e "$claude/plans/q.md"
call commit
ok 'again there is nothing to do' shows '^nothing committed'
call status
ok 'status remembers' shows '^1 committed before'

call commit --only CLAUDE.md
ok 'what never leaves is refused by name' says 11 "CLAUDE\.md: never leaves the sandbox; 'claudefs why CLAUDE\.md'"
call commit --only plans/none.md
ok 'a path without a change is told' says 2 "plans/none\.md: nothing is pending there; 'claudefs status'"
call commit --only ../x
ok 'a path that leaves is told' says 2 '\.\./x: not a path in'
call commit --only plans/p.md
ok '--only approves what it names' equal new "$(cat "$claude/plans/p.md")"
ok 'and nothing else' not test -e "$claude/plans/q.md"

printf '%s\n' '?' d n y | "$CLAUDEFS" commit -i >"$OUT" 2>"$ERR"
ok 'questions are asked one by one' contains "$ERR" '(2/2) commit this change? [y,n,d,p,q,?]'
ok 'with help' contains "$ERR" 'y - commit this change'
ok 'and the change, again on demand' equal 2 "$(grep -c '^+more$' "$OUT")"
ok '"n" rejects it' not test -e "$claude/plans/q.md"
ok '"y" commits it' equal one "$(cat "$claude/$own/memory/a.md")"
printf 'q\n' | "$CLAUDEFS" commit -i >"$OUT" 2>"$ERR"
ok '"q" leaves the rest' shows '^nothing committed'
call commit -i
ok 'so does the end of the input' shows '^nothing committed'
ok 'what was rejected is not asked about again' lacks 'commit this change' "$OUT"
call commit --all
ok 'nor is it taken by --all' shows 'stays .*plans/q\.md +rejected'
call --json commit --only plans/q.md
ok 'to name it approves it after all, and its JSON is strict' value_is applied entries.0.status
ok 'with the result' value_is 1 result.applied
ok 'the never file is as it was' equal host "$(cat "$claude/CLAUDE.md")"
ok 'nothing else is there' equal "./CLAUDE.md ./plans/p.md ./plans/q.md ./$own/$uuid.jsonl ./$own/memory/a.md" \
  "$(cd "$claude" && find . -type f | sort | tr '\n' ' ' | sed 's/ $//')"
call verify
ok 'verify counts the receipts' shows ' [0-9]+ receipts'
ok 'and finds them good' equal 0 "$CODE"

make_session <<END
write plans/p.md theirs\n
END
printf 'ours\n' >"$claude/plans/p.md"
call status
ok 'a conflict is shown as one' before '^conflicts \(1\)' 'plans/p\.md'
call commit --all
ok 'it is held, with its own exit code' equal 3 "$CODE"
ok 'the host keeps its side' equal ours "$(cat "$claude/plans/p.md")"
ok 'the sum tells' shows '1 in conflict with the host'
call discard --yes
call --session "$ID" commit
ok 'a discarded session is not committed' says 11 "session $ID: discarded"

make_session <<END
write plans/later.md x\n
END
mv "$claude" "$HOME/elsewhere"
call commit --all
ok 'a missing host state is not made anew' says 7 '/\.claude: missing, or not the directory that the session started from'
mkdir "$claude"
call commit --all
ok 'nothing goes to another directory' says 7 '/\.claude: missing, or not the directory that the session started from'
ok 'it is still empty' equal '' "$(ls -A "$claude")"
rmdir "$claude"
mv "$HOME/elsewhere" "$claude"
mkdir -p "$HOME/.config/claudefs/rules.d"
echo '{' >"$HOME/.config/claudefs/rules.d/a.json"
call commit --all
ok 'a broken rule file stops it' says 8 'a\.json:[0-9]+: '
ok 'before anything was done' not test -e "$claude/plans/later.md"
rm -r "$HOME/.config"
call commit --all
ok 'afterwards it works' equal x "$(cat "$claude/plans/later.md")"
mv "$claude" "$HOME/elsewhere"
make_session <<END
write plans/first.md x\n
END
call commit --all
ok 'where there was no ~/.claude one is made' equal x "$(cat "$claude/plans/first.md")"
ok 'for its owner only' equal 700 "$(stat -c %a "$claude")"
finish
