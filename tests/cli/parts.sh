# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# Decisions about single keys of .claude.json and single records of a transcript: by name, and one by
# one with -p; what a commit of some of them leaves; until when they count.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

claude=$HOME/.claude
config=$HOME/.claude.json
own=projects/$ENCODED
uuid=11111111-2222-3333-4444-555555555555
transcript=$own/$uuid.jsonl
mkdir -p "$claude/$own" "$HOME/.config/claudefs/rules.d"
cat >"$HOME/.config/claudefs/rules.d/look.json" <<'END'
{"version":1,"rules":[{"path":".claude.json","read":"filter","filter":"claude-json","write":"review",
 "merge":"json-keys","why":"I want to see it"}]}
END
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
host_config_is() {
  equal "$1" "$(cat "$config")"
}
count() {
  equal "$1" "$(grep -cE -e "$2" "$OUT")"
}

# Keys. The session saw the host's file, and saves it twice: the second time when we say so.
shown='{"numStartups":5,"theme":"dark","verbose":false}'
printf '%s' "$shown" >"$config"
trust="\"projects\":{\"$PROJECT\":{\"allowedTools\":[\"Bash\"],\"hasTrustDialogAccepted\":true}}"
first="{\"numStartups\":6,\"theme\":\"light\",\"verbose\":true,$trust}"
second="{\"numStartups\":7,\"theme\":\"light\",\"verbose\":true,$trust}"
timeout 60 "${MAKE_SESSION[@]}" --project "$PROJECT" >"$WORK/id" <<END &
save .claude.json $first
hold $WORK/go
save .claude.json $second
hold $WORK/end
END
maker=$!
# saved VALUE: the session's file has it, and its object is whole.
saved() {
  for _ in $(seq 500); do
    call show .claude.json
    grep -q "\"numStartups\":$1" "$OUT" && return
    sleep 0.02
  done
}
saved 6
SESSION_DIR=$HOME/.local/state/claudefs/sessions/$(ls "$HOME/.local/state/claudefs/sessions")
call diff .claude.json
ok 'without a decision none is told' hides 'approved|rejected'
call approve --key theme
ok 'a key needs its file' says 2 'approve: name a PATH'
call approve --key nothing .claude.json
ok 'a key that has not changed is told' says 2 'approve: \.claude\.json: nothing: no such key is pending'
call approve --record x .claude.json
ok 'a configuration has no records' says 2 'is no transcript that was continued; leave out --record'
call approve --key theme --record x .claude.json
ok 'one kind at a time' says 2 'go one at a time'
name="projects[\"$PROJECT\"].allowedTools"
call approve --key "$name" .claude.json
ok 'a key that never leaves cannot be approved' says 11 'allowedTools: never leaves the sandbox: Trust and permissions'
call approve --key "projects.$PROJECT.allowedTools" .claude.json
ok 'nor by its names joined with dots' says 11 'never leaves the sandbox'
call approve --key theme --key "$name" .claude.json
ok 'all of them or none' says 11 'never leaves the sandbox'
ok 'nothing was decided' not test -e "$SESSION_DIR/decisions.json"

call approve --key theme --key numStartups .claude.json
ok 'keys are approved by name' shows 'approved +\.claude\.json  theme$'
ok 'and counted' shows "^approved 2 keys; 'claudefs commit' applies them"
call --json reject --key verbose .claude.json
ok 'and rejected' value_is verbose decided.0.key
call status
ok 'status counts them' shows '\.claude\.json .*2 approved, 1 rejected, 3 keys in all; by key: '
call --json status
ok 'its JSON too' value_is 2 changes.0.decided_parts.approved
ok 'partly' value_is partly changes.0.decision
call diff .claude.json
ok 'diff says so behind the key' shows '^  theme .*approved'
ok 'and behind the rejected one' shows '^  verbose .*rejected'
call --json diff .claude.json
ok 'and in JSON' equal '"approved"' "$(grep -o '"approved"' "$OUT" | head -1)"
: >"$WORK/go"
saved 7
call status
ok 'what was written again lapses, alone, and is told' shows '1 approved, 1 rejected, 1 changed since you decided, 3 keys in all'
call diff .claude.json
ok 'diff says which' shows '^  numStartups .*changed since you decided'
call commit
ok 'commit applies the key that stayed the same' host_config_is '{"numStartups":5,"theme":"light","verbose":false}'
ok 'and says that others stay' shows 'stays .*\.claude\.json +its other keys stay'
call status
ok 'the rejected one is rejected still' shows '1 rejected, 1 changed since you decided, 2 keys in all'
call commit --all
ok '--all takes what was not rejected' host_config_is '{"numStartups":7,"theme":"light","verbose":false}'
ok 'so that nothing needs approval any more' hides 'approval'
call commit --all
ok 'and not what was' host_config_is '{"numStartups":7,"theme":"light","verbose":false}'
call reject --reset --key verbose .claude.json
ok 'one can be forgotten' shows 'undecided +\.claude\.json  verbose'
call approve .claude.json
call reject --key verbose .claude.json
call commit
ok 'a key can be taken out of a file that was approved' host_config_is '{"numStartups":7,"theme":"light","verbose":false}'
call commit --only .claude.json
ok 'by its path all of it comes home' host_config_is '{"numStartups":7,"theme":"light","verbose":true}'
call undo
ok 'undo takes a key back' host_config_is '{"numStartups":7,"theme":"light","verbose":false}'
: >"$WORK/end"
wait "$maker"

# One by one.
printf '%s' "$shown" >"$config"
make_session <<END
save .claude.json $first
END
# A conflict of one key is nobody's to settle by a word about its file.
printf '%s' '{"numStartups":5,"theme":"blue","verbose":true}' >"$config"
call approve --key theme .claude.json
ok 'a key in conflict is carried over by hand' says 3 'theme: in conflict: .*; carry it over by hand'
call commit --theirs .claude.json
ok 'and --theirs is no way around' not test "$CODE" -eq 0
printf '%s' "$shown" >"$config"
answer '?' e y g3 n q -- approve -p
ok 'keys are offered one by one' contains "$ERR" '(1/3) approve this key [y,n,q,a,d,j,J,g,/,?]?'
ok 'e is not offered, and says why' contains "$ERR" 'e: not here: a commit applies what the session wrote'
ok 'with what they were and will be' shows '^    \+ 6'
ok 'what never leaves is not offered' hides '^  projects'
ok 'g goes to one by its number' contains "$ERR" '(3/3) approve this key'
ok 'and the answers are counted' shows '^1 approved, 1 rejected'
answer g 2 q -- approve -p
ok 'g alone lists them' contains "$ERR" '+  1:   numStartups'
ok 'the rejected one too' contains "$ERR" '-  3:   verbose'
answer /ver.ose q -- approve -p
ok '/ takes a regular expression' contains "$ERR" '(3/3) approve this key, rejected so far'
answer '/(' q -- approve -p
ok 'and says if it is none' contains "$ERR" 'not a regular expression: '
call commit
ok 'what was approved goes' host_config_is '{"numStartups":6,"theme":"dark","verbose":false}'
answer p y -- commit -i
ok 'commit -i goes into the keys' contains "$ERR" '(1/2) approve this key'
ok 'and commits the answer' host_config_is '{"numStartups":6,"theme":"light","verbose":false}'
answer p K -- commit -i
ok 'what is rejected is not asked about again' count 0 '^  verbose'

# Records: two of this project, one of another, one without uuid.
a="{\"type\":\"user\",\"uuid\":\"aaaa0001\",\"sessionId\":\"$uuid\"}"
b='{"type":"user","uuid":"bbbb0002","cwd":"/elsewhere"}'
c="{\"type\":\"user\",\"uuid\":\"cccc0003\",\"sessionId\":\"$uuid\"}"
d='{"type":"mode","mode":"plan"}'
host='{"type":"user","uuid":"0000"}'
lines() {
  [ $# -eq 0 ] || printf '%s\n' "$@"
}
transcript_is() {
  equal "$(lines "$@")" "$(cat "$claude/$transcript")"
}
lines "$host" >"$claude/$transcript"
make_session <<END
append $transcript $a\n$b\n$c\n$d\n
END
call status
ok 'a foreign record makes the file ask' shows "needs approval"
call approve --key x "$transcript"
ok 'a transcript has no keys' says 2 'is not merged by key; leave out --key'
call approve --record zzzz "$transcript"
ok 'a record that is not new is told' says 2 'zzzz: no such record is pending'
call approve --record aaaa --record cccc0003 "$transcript"
ok 'records are approved by uuid, or the beginning of it' shows 'approved +.*jsonl  aaaa0001$'
call reject --record bbbb0002 "$transcript"
call diff
ok 'diff lists what was decided' shows '^record bbbb0002  not of this project \(cwd\)  rejected$'
call commit
ok 'commit appends the approved records only' transcript_is "$host" "$a" "$c"
call status
ok 'the others are pending' shows '1 rejected, 2 records in all'
call --json diff
ok 'and those on the host are not offered again' value_is bbbb0002 changes.0.records.0.record
call undo
ok 'undo takes them out' transcript_is "$host"
call commit
ok 'and nothing of them goes again by itself' transcript_is "$host"
call status
ok 'what waits is told' shows '1 rejected, 4 records in all'
call approve --record aaaa --record cccc0003 "$transcript"
call commit
ok 'but approved anew they go' transcript_is "$host" "$a" "$c"
call commit --all
ok '--all takes what was not rejected' transcript_is "$host" "$a" "$c" "$d"
call commit --all
ok 'and nothing twice' transcript_is "$host" "$a" "$c" "$d"
call status
ok 'what is left was rejected' shows 'what is left was rejected'
call commit --only "$transcript"
ok 'by its path the rest comes home' transcript_is "$host" "$a" "$c" "$d" "$b"
call status
ok 'then nothing is left' shows 'nothing is left to commit'

# A new transcript, one by one; and what goes by itself can be kept back.
rm "$claude/$transcript"
make_session <<END
write $transcript $a\n$c\n
END
answer y n -- approve -p "$transcript"
ok 'records are offered one by one' contains "$ERR" '(1/2) approve this record'
ok 'under their names' shows '^record aaaa0001$'
call commit
ok 'a rejected one stays behind, whatever the rule' transcript_is "$a"
call undo
ok 'undo removes the file' not test -e "$claude/$transcript"
call commit
ok 'and it stays away' not test -e "$claude/$transcript"
call reject --reset "$transcript"
call approve --record aaaa "$transcript"
call status
ok 'with one approved again, the other is asked about' shows 'next: claudefs diff, then claudefs commit -i'
call commit
ok 'the one goes' transcript_is "$a"
ok 'and the sum tells of the other' shows '^committed 1 change \(receipt [0-9]+\); 1 needs approval'
call commit
ok 'which does not go with the next commit, since it was undone' transcript_is "$a"
call approve --record cccc0003 "$transcript"
call commit
ok 'one can think again' transcript_is "$a" "$c"
call status
ok 'then nothing is left of it' shows 'nothing is left to commit'

# Written again under the same uuid: another record, that nobody approved.
rm "$claude/$transcript" "$WORK/go"
timeout 60 "${MAKE_SESSION[@]}" --project "$PROJECT" >"$WORK/id" <<END &
write $transcript $a\n$b\n
hold $WORK/go
write $transcript $a\n{"type":"user","uuid":"bbbb0002","cwd":"/other"}\n
hold $WORK/end2
END
maker=$!
held() {
  for _ in $(seq 500); do
    call show "$transcript"
    grep -q "$1" "$OUT" && return
    sleep 0.02
  done
}
held elsewhere
call approve --record bbbb0002 --record aaaa0001 "$transcript"
: >"$WORK/go"
held other
call status
ok 'the rewritten record lapses' shows '1 approved, 1 changed since you decided, 2 records in all'
call commit
ok 'and does not go' transcript_is "$a"
: >"$WORK/end2"
wait "$maker"
call verify
ok 'the session verifies' equal 0 "$CODE"

# A key that goes by itself, until it is undone.
rm "$HOME/.config/claudefs/rules.d/look.json"
printf '%s' '{"tipsHistory":{"a":1}}' >"$config"
make_session <<END
save .claude.json {"tipsHistory":{"a":2}}
END
call diff .claude.json
ok 'a hint goes by itself' before '^will commit$' '^  tipsHistory'
call commit
call undo
call diff .claude.json
ok 'diff shows it among what needs approval once it was undone' before '^needs approval$' '^  tipsHistory'
call --json diff .claude.json
ok 'its JSON too' value_is approval changes.0.keys.0.group
finish
