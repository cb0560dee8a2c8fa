# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# The JSON of every command: strict, and with every key that the manual promises.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

mkdir -p "$HOME/.claude/plans"
printf 'old\n' >"$HOME/.claude/plans/p.md"
make_session <<END
process /usr/bin/claude 7 claude
write plans/p.md new\n
refuse symlink skills/x 1 skills/y
END

# has PATH KEYS...: for ok; the object there has all the keys.
has() {
  local at=${1:+$1.} key missing=
  shift
  for key; do
    value "$at$key" >/dev/null 2>&1 || missing+=" $at$key"
  done
  equal '' "$missing"
}
session=(id project state start end ended command host_root)
change=(path kind group append_only size base_size mode mtime time seq pid exe command merge reason decision rule.pattern
  rule.write rule.origin rule.line rule.why)

call --json status
ok 'status' has '' journal.state journal.records journal.offset journal.reason settled committed counts.commit \
  counts.approval counts.conflict counts.held counts.never changes refused refused_total
ok 'its session' has session "${session[@]}"
ok 'its changes' has changes.0 "${change[@]}"
ok 'its refusals' has refused.0 seq time operation path to error pid exe command
call --json sessions
ok 'sessions' has sessions.0 "${session[@]}" pending held committed
call --json diff
ok 'diff' has changes.0 "${change[@]}" form added removed hunks.0.header hunks.0.lines
ok 'its session' has session "${session[@]}"
call --json diff --stat
ok 'diff --stat has no lines' not value changes.0.hunks
call --json log
ok 'log has one value per line' "$CHECK" json-lines <"$OUT"
grep '"type":"write"' "$OUT" >"$WORK/line" && cp "$WORK/line" "$OUT"
ok 'log' has '' seq time type path object size offset pid exe command
call --json show plans/p.md
ok 'show' has '' path size encoding content change.path change.decision parts
call --json verify
ok 'verify' has '' session ok journal.state journal.records journal.offset objects receipts unfinished_commits problems
call --json why plans/p.md
ok 'why' has '' path project session read write merge exact note rule.pattern rule.read rule.write rule.filter \
  rule.why rule.origin rule.line
call --json rules list
ok 'rules list' has '' hash rules.0.pattern rules.0.read rules.0.write rules.0.merge rules.0.filter rules.0.why \
  rules.0.origin rules.0.line
call --json rules check
ok 'rules check' has files.0 path rules
call --json doctor
ok 'doctor' has checks.0 name level found mend
call --json help
ok 'help' has commands.0 name usage summary options
call --json approve plans/p.md
ok 'approve' has '' session.id decided.0.path decided.0.decision
call --json reject plans/p.md
ok 'reject' has '' session.id decided.0.path decided.0.decision
call --json status
ok 'status has the decisions' has decisions approved rejected partly lapsed not_ours
call approve --reset plans/p.md
call --json commit -n
ok 'commit -n' has '' session.id dry_run entries rest.0.path rest.0.kind rest.0.group rest.0.reason rest.0.decision
call --json commit --all
ok 'commit' has '' session.id dry_run recovered.applied result.receipt result.applied result.conflicts \
  result.skipped result.damaged result.failed
ok 'its entries' has entries.0 path action status reason recovered
call --json undo -n
ok 'undo' has '' session.id dry_run undoes.0 entries.0.path entries.0.action entries.0.status result.applied \
  recovered.applied
call --json undo --list
ok 'undo --list' has receipts.0 receipt time undoes part_of applied standing
call --json discard --yes
ok 'discard' has '' session discarded changes
finish
