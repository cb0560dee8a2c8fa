# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# `claudefs undo` as a person uses it: the last commit, one by number, the list, refusals.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

claude=$HOME/.claude
mkdir -p "$claude/plans"
printf 'old\n' >"$claude/plans/p.md"
chmod 640 "$claude/plans/p.md"
touch -d '2001-02-03 04:05:06' "$claude/plans/p.md"
host_state() {
  (cd "$claude" && find . -type f -printf '%p %m %T@ ' -exec sha256sum {} \; | sort)
}
host_state >"$WORK/before"
make_session <<END
write plans/p.md new\n
write plans/q.md more\n
END
call undo
ok 'before the first commit there is nothing to undo' shows '^nothing was undone'
ok 'which is no failure' equal 0 "$CODE"
call undo --list
ok 'the list says so' shows '^nothing was committed'
call commit --all
call undo -n
ok 'a dry run names what would come back' shows 'would +replace +plans/p\.md'
ok 'and what would go' shows 'would +delete +plans/q\.md'
ok 'and does nothing' shows '^would undo 2 changes; nothing was done'
ok 'indeed' equal new "$(cat "$claude/plans/p.md")"
call undo
ok 'undo takes the last commit back' shows 'undone +replace +plans/p\.md'
ok 'the sum has the receipt' shows '^undid 2 changes \(receipt 2\)$'
ok 'bytes, mode and time are as before, and nothing else is there' equal "$(cat "$WORK/before")" "$(host_state)"
call status
ok 'the changes are pending again' shows '^needs approval \(2\)'
ok 'none counts as committed' hides 'committed before'
call undo
ok 'there is nothing more to undo' shows '^nothing was undone'
call undo --list
ok 'the list has both' shows '^1 .* commit .*2 changes .*0 stand'
ok 'and says what is what' shows '^2 .* undo of 1 '
call --json undo --list
ok 'its JSON too' value_is 1 receipts.1.undoes
call undo 2
ok 'an undo can be undone' equal new "$(cat "$claude/plans/p.md")"
call undo --list
ok 'then the commit stands again' shows '^1 .* commit .*all stand'
call undo x
ok 'what is no receipt is told' says 2 "undo: x: session $ID has no such receipt; 'claudefs undo --list'"
printf 'mine\n' >"$claude/plans/p.md"
call --json undo
ok 'what the host changed since is left alone: a code of its own' equal 3 "$CODE"
ok 'and named' value_is plans/p.md entries.0.path
ok 'with the reason' value_is 'changed on the host since it was committed' entries.0.reason
ok 'the rest goes' not test -e "$claude/plans/q.md"
ok 'the sum counts both' equal '1 1' "$(value result.applied) $(value result.conflicts)"
ok 'the host has its own' equal mine "$(cat "$claude/plans/p.md")"
call verify
ok 'the session verifies' equal 0 "$CODE"

# Somebody else's receipt.
make_session <<END
write plans/n.md n\n
END
call commit --all
sed -i 's/n\.md/o.md/' "$SESSION_DIR/receipts/1/receipt.json"
printf 'n\n' >"$claude/plans/o.md"
call undo
ok 'a receipt that was changed is not followed' says 5 'undo: receipt 1 of session .*: damaged, or not made by this'
ok 'nor done in part' equal n "$(cat "$claude/plans/o.md")"
mv "$claude" "$HOME/elsewhere"
call undo
ok 'a missing host state is told' says 7 '/\.claude: missing, or not the directory'
finish
