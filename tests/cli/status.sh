# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# `claudefs status`: one screen, groups in order, deletions first and never folded.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

own=projects/$ENCODED
mkdir -p "$HOME/.claude/$own/memory" "$HOME/.claude/skills/old"
printf 'host\n' >"$HOME/.claude/CLAUDE.md"
printf 'a\n' >"$HOME/.claude/$own/memory/gone.md"
printf 'b\n' >"$HOME/.claude/$own/memory/kept.md"
printf 's\n' >"$HOME/.claude/skills/old/SKILL.md"
make_session --command 'claude -p fix' <<END
process /usr/bin/claude 4711 claude\s-p\sfix
write $own/memory/kept.md c\n
rm $own/memory/gone.md
write $own/memory/new.md hello\n
write CLAUDE.md evil\n
rm skills/old/SKILL.md
write skills/1.txt 1
write skills/2.txt 2
write skills/3.txt 3
write skills/4.txt 4
write skills/5.txt 5
write skills/6.txt 6
write skills/7.txt 7
write skills/8.txt 8
refuse symlink skills/x 1
END
call status
ok 'status succeeds' equal 0 "$CODE"
first=$ID
ok 'status prints nothing on stderr' equal '' "$(cat "$ERR")"
ok 'the header names the session and how it ended' shows "^session +$ID  ended \(exit 0\)"
ok 'the header names the project' shows "^project +$PROJECT  since "
ok 'and the command' shows '^command +claude -p fix$'
ok 'memory files need approval' before '^needs approval \(3\)' 'new.md'
ok 'groups come in order' before '^needs approval' '^never leaves'
ok 'refused operations come last' before '^never leaves' '^refused in the sandbox \(1\)'
ok 'a deletion comes before what is only modified' before 'deleted .*gone.md' 'modified .*kept.md'
ok 'the writer is named' shows 'new .*new\.md.*claude\[4711\]'
ok 'a size change has its sign and unit' shows 'new\.md +\+6 B'
ok 'a long group that never leaves is folded by directory' shows 'skills/ .*8 files'
ok 'and its files are not listed' hides 'new +skills/3.txt'
ok 'but a deletion in it is' shows 'deleted +skills/old/SKILL.md'
ok 'a refused operation says why' shows 'symlink +skills/x .*Operation not permitted'
ok 'the last line is the next command' equal 1 "$(tail -n 1 "$OUT" | grep -c '^next: claudefs diff')"
call status --all
ok 'status --all folds nothing' shows 'skills/3.txt'
call --json status
ok 'the JSON is strict' "$CHECK" json <"$OUT"
ok 'it counts per group' value_is '{"commit":0,"approval":3,"conflict":0,"held":0,"never":10}' counts
ok 'it has the session' value_is "$ID" session.id
ok 'it has the first change' value_is delete changes.0.kind
ok 'it has the rule of a change' value_is review changes.0.rule.write
ok 'it has refusals' value_is EPERM refused.0.error
ok 'the journal is complete' value_is complete journal.state

make_session <<END
write skills/1.txt x
END
call status
ok 'with nothing to commit it says so' shows '^nothing is left to commit$'
ok 'and that an earlier session waits' equal "earlier: 3 changes wait in session $first: claudefs --session $first status" \
  "$(tail -n 1 "$OUT")"
call --json status
ok 'in JSON, too' value_is "{\"session\":\"$first\",\"waiting\":3}" earlier
call --session "$first" status
ok 'of the earlier one nothing is said' hides '^earlier:'
for ((i = 0; i < 10; i++)); do make_session </dev/null; done
call status
ok 'it does not look back for ever' hides '^earlier:'

make_session <<END
write $own/memory/lost.md hello\n
crash
END
call status
ok 'a crashed session is told' shows "^session +$ID  crashed"
ok 'and its changes are there' shows 'lost.md'
finish
