# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# A damaged journal says where; what comes before the damage stays usable. A torn one is a crash.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

own=projects/$ENCODED
mkdir -p "$HOME/.claude"
make_session <<END
write $own/memory/early.md hello\n
write $own/memory/late.md hello\n
END
journal=$SESSION_DIR/journal
size=$(stat -c %s "$journal")
offset=$(grep -aob 'late\.md' "$journal" | head -n 1 | cut -d: -f1)
cp "$journal" "$WORK/journal"
printf X | dd of="$journal" bs=1 seek="$offset" conv=notrunc status=none

call status
ok 'status works on the good beginning, with a warning that says where' \
  says 0 'warning: session .*: journal damaged at byte [0-9]+ .*what comes before it is shown'
ok 'what comes before the damage is there' shows 'early\.md'
ok 'what comes after it is not' hides 'late\.md'
ok 'the state is told' shows "^session +$ID  damaged"
told=$(grep -oE 'byte [0-9]+' "$ERR" | cut -d' ' -f2)
ok 'the offset is that of the damaged record' test "$told" -le "$offset" -a "$told" -gt 0
call verify
ok 'verify fails' equal 5 "$CODE"
ok 'and names the byte' shows "good up to byte $told\b"
call --json verify
ok 'verify --json is strict' "$CHECK" json <"$OUT"
ok 'and says damaged' value_is damaged journal.state
ok 'and not ok' value_is false ok
call log
ok 'log shows the good beginning' shows 'create .*early\.md'
ok 'and ends by the exit code of damage' says 5 "journal damaged at byte $told"
call --json status
ok 'status --json tells the offset' value_is "$told" journal.offset

cp "$WORK/journal" "$journal"
truncate -s $((size - 5)) "$journal"
call status
ok 'a torn tail is a crash, not damage' shows "^session +$ID  crashed"
ok 'nothing is warned of' equal '' "$(cat "$ERR")"
call verify
ok 'verify takes it for what it is' equal 0 "$CODE"
ok 'and says so' shows 'cut off'

head -c 3 "$WORK/journal" >"$journal"
call status
ok 'without a beginning there is nothing to show' test "$CODE" -eq 5 -o "$CODE" -eq 0
printf 'no journal at all, but long enough to be one' >"$journal"
call status
ok 'what is no journal is damage' says 5 "session $ID: journal, receipt or decisions\.json damaged; 'claudefs verify"
call log
ok 'also for log' says 5 "session $ID: journal"
finish
