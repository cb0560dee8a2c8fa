# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# `approve -p`, `reject -p` and the p of `commit -i`: hunk by hunk, as git add -p; and what a commit of
# some hunks leaves pending.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

claude=$HOME/.claude
mkdir -p "$claude/plans"
lines() {
  printf '%s\n' "$@"
}
old=(a b c d e f g h i j k l m n o p q r s t)
new=(A b c d e F g H i j k l m n o p q r s T)
fresh() {
  rm -rf "$claude/plans"
  mkdir -p "$claude/plans"
  lines "${old[@]}" >"$claude/plans/p.md"
  local IFS='' text
  printf -v text '%s\\n' "${new[@]}"
  make_session <<END
write plans/p.md $text
END
}
# answer KEYS... -- ARGUMENTS...: each key with Enter.
answer() {
  local keys=()
  while [ "$1" != -- ]; do
    keys+=("$1")
    shift
  done
  shift
  printf '%s\n' "${keys[@]}" | "$CLAUDEFS" "$@" >"$OUT" 2>"$ERR"
  CODE=$?
}
host_is() {
  equal "$(lines "$@")" "$(cat "$claude/plans/p.md")"
}

fresh
answer '?' q -- approve -p
ok 'hunks are numbered' contains "$ERR" '(1/2) approve this hunk [y,n,q,a,d,s,j,J,g,/,?]?'
ok 'with help' contains "$ERR" 's - split this hunk into smaller ones'
ok 'and shown' shows '^@@ -1,11 \+1,11 @@'
ok 'under a heading' shows '^--- host/plans/p\.md'
ok 'q decides nothing' shows '^0 approved, 0 rejected'
call commit
ok 'nothing goes' host_is "${old[@]}"

answer y n -- approve -p plans/p.md
ok 'y and n' shows "^1 approved, 1 rejected; 'claudefs commit' applies"
call status
ok 'status tells of a part' shows 'plans/p\.md .*partly decided; '
call --json status
ok 'its JSON too' value_is partly changes.0.decision
call commit
ok 'commit applies the approved hunk only' host_is A b c d e F g H i j k l m n o p q r s t
ok 'and says that others stay' shows 'stays .*plans/p\.md +its other hunks stay'
call diff
ok 'the other one is pending, against what the host has now' shows '^@@ -17,4 \+17,4 @@'
ok 'alone' hides '^@@ -1,'
call status
ok 'it is rejected still' shows 'plans/p\.md .*rejected; '
answer q -- approve -p
ok 'and not asked about again' hides '^@@'
call undo
ok 'undo takes the part back' host_is "${old[@]}"

fresh
answer s y n y q -- approve -p
ok 's splits' contains "$ERR" '(1/4) approve this hunk'
call commit
ok 'into what can be taken alone' host_is A b c d e f g H i j k l m n o p q r s t
call commit --all
ok '--all does not take what was rejected' host_is A b c d e f g H i j k l m n o p q r s T
call commit --only plans/p.md
ok '--only does' host_is "${new[@]}"
call status
ok 'then nothing is left' shows 'nothing is left to commit'

fresh
answer j k J K /T y q -- approve -p
ok 'j, k, J and K walk' contains "$ERR" '(2/2) approve this hunk [y,n,q,a,d,k,K,g,/,?]?'
ok '/ finds a hunk by its text' shows '^1 approved, 0 rejected'
call commit
ok 'it was that one' host_is a b c d e f g h i j k l m n o p q r s T
answer x j y -- approve -p
ok 'a key that is not there is told' contains "$ERR" 'j: not here'
ok 'an unknown one gets the help' contains "$ERR" '? - this help'
call commit
ok 'hunk after hunk the file comes home' host_is "${new[@]}"

fresh
answer a -- approve -p
ok 'a takes all' shows '^2 approved, 0 rejected'
call --json status
ok 'which is the whole' value_is approved changes.0.decision
fresh
answer d -- approve -p
ok 'd takes none' shows '^0 approved, 2 rejected'
call --json status
ok 'which is a rejection' value_is rejected changes.0.decision
fresh
answer y n -- reject -p
ok 'reject -p rejects by y, and leaves open by n' shows '^0 approved, 1 rejected'
call commit --all
ok 'the rest can be approved' host_is a b c d e f g h i j k l m n o p q r s T

fresh
answer y q -- approve -p
sleep 0.01
lines "${old[@]}" >"$claude/plans/p.md"
call status
ok 'when the host touches the file the hunks lapse' shows 'plans/p\.md .*changed since you decided; '
call commit
ok 'and none goes' host_is "${old[@]}"

fresh
answer p n y -- commit -i
ok 'commit -i can go into the hunks' contains "$ERR" '(1/1) commit this change? [y,n,d,p,q,?]'
ok 'and commits what was chosen' host_is a b c d e f g h i j k l m n o p q r s T
call verify
ok 'the session verifies' equal 0 "$CODE"

make_session <<END
write agent-memory/x.md new\n
write plans/bin.md \x00\x01\n
END
answer y q -- approve -p
ok 'what has no hunks is asked about whole' contains "$ERR" 'approve this change [y,n,q,?]?'
call --json status
ok 'and decided so' value_is 1 decisions.approved
finish
