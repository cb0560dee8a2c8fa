# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# `claudefs diff` and `claudefs show`.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

own=projects/$ENCODED
mkdir -p "$HOME/.claude/$own/memory" "$HOME/.claude/plans"
printf 'one\ntwo\nthree\n' >"$HOME/.claude/$own/memory/a.md"
printf 'gone\n' >"$HOME/.claude/plans/p.md"
printf 'host\n' >"$HOME/.claude/CLAUDE.md"
seq 1 1000 >"$HOME/.claude/plans/long.md"
make_session <<END
write $own/memory/a.md one\n2\nthree\n
rm plans/p.md
write plans/new.md back\\\\slash\\\\n\tTab
append plans/long.md 1001\n prefix
write plans/binary.md a\x00b
write CLAUDE.md evil\n
END
call diff
ok 'diff succeeds' equal 0 "$CODE"
ok 'a change is a hunk' shows '^@@ -1,3 \+1,3 @@'
ok 'with what goes' shows '^-two$'
ok 'and what comes' shows '^\+2$'
ok 'a deletion has no new side' before '^--- host/plans/p.md' '^\+\+\+ /dev/null'
ok 'a new file has no old side' before '^--- /dev/null' '^\+\+\+ session/plans/new.md'
ok 'backslashes are not doubled, tabs are tabs' shows "^\+back\\\\slash\\\\n"$'\t'"Tab$"
ok 'a missing newline is told' shows '^\\ no newline at the end'
ok 'of a file that grew only what it gained' shows '^\+1001$'
ok 'what never leaves is not in it' hides 'CLAUDE.md'
ok 'but it is told that there is more' contains "$ERR" "1 more never leaves the sandbox"
call diff --all
ok 'and shown with --all' shows '^\+evil$'
call diff CLAUDE.md
ok 'or when asked for by name' shows '^\+evil$'
call diff plans
ok 'a directory is all beneath it' shows 'plans/new.md'
ok 'and nothing else' hides 'memory/a.md'
call diff "$HOME/.claude/plans/"
ok 'also by its absolute path' shows 'plans/new.md'
call diff --name-only plans
ok '--name-only lists names' equal 'plans/binary.md plans/long.md plans/new.md plans/p.md' "$(sort "$OUT" | tr '\n' ' ' | sed 's/ $//')"
call diff --stat "$own"
ok '--stat counts lines' shows "^ $own/memory/a\.md +2  \+-$"
ok 'and sums up' shows '^ 1 change, 1 line added, 1 removed'
call --json diff
ok 'JSON is strict' "$CHECK" json <"$OUT"
call --json diff "$own/memory/a.md"
ok 'it has the lines' value_is '[" one","-two","+2"," three"]' changes.0.hunks.0.lines
ok 'and the header' value_is '@@ -1,3 +1,3 @@' changes.0.hunks.0.header
ok 'and the counts' value_is 1 changes.0.added

call show "$own/memory/a.md"
ok 'show prints what the session has' equal $'one\n2\nthree' "$(cat "$OUT")"
call show plans/long.md
ok 'the host part and the tail together' equal "$(seq 1 1001)" "$(cat "$OUT")"
call show plans/p.md
ok 'what the session deleted is not there' says 2 'plans/p\.md: the session has no such file'
printf 'x\n' >"$HOME/.claude/plans/other.md"
call show plans/other.md
ok 'what it did not touch is the host'"'"'s' equal x "$(cat "$OUT")"
mkdir -p "$HOME/.claude/projects/-other"
printf 'secret\n' >"$HOME/.claude/projects/-other/a.jsonl"
call show projects/-other/a.jsonl
ok 'what the session cannot see is not shown' says 11 "hidden from the session, or filtered; 'claudefs why"
call --json show "$own/memory/a.md"
ok 'show --json has the content' value_is $'one\n2\nthree' content
finish
