# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# `claudefs approve` and `reject`: what counts, for what, and until when.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

claude=$HOME/.claude
mkdir -p "$claude/plans"
printf 'old\n' >"$claude/plans/p.md"
printf 'host\n' >"$claude/CLAUDE.md"
own=projects/$ENCODED
uuid=11111111-2222-3333-4444-555555555555
new_session() {
  make_session <<END
write plans/p.md new\n
write plans/q.md more\n
write plans/r.txt text\n
write agent-memory/a.md remember\n
write $own/$uuid.jsonl {"type":"user","sessionId":"$uuid"}\n
write CLAUDE.md evil\n
END
}
new_session

call approve
ok 'a path is needed' says 2 'approve: name a PATH or a pattern'
call approve plans/none.md
ok 'one that names nothing is told' says 2 'approve: plans/none\.md: nothing is pending there'
call approve '{'
ok 'a bad pattern is told' says 2 'approve: \{: .*; write a pattern as in rules'
call approve CLAUDE.md
ok 'what never leaves cannot be approved' says 11 "approve: CLAUDE\.md: never leaves the sandbox; 'claudefs why CLAUDE\.md'"
call approve 'CLAUDE.*'
ok 'nor by a pattern' says 11 'never leaves the sandbox'
ok 'nothing was decided so far' not test -e "$SESSION_DIR/decisions.json"

call approve 'plans/*.md'
ok 'a pattern approves what it matches' equal 0 "$CODE"
ok 'and names each' shows 'approved +plans/p\.md$'
ok 'and the sum' shows "^approved 2 changes; 'claudefs commit' applies them"
ok 'for its owner only' equal 600 "$(stat -c %a "$SESSION_DIR/decisions.json")"
call status
ok 'status shows it' shows 'plans/p\.md .*approved; '
ok 'and nothing else as approved' equal 2 "$(grep -c 'approved; ' "$OUT")"
call --json status
ok 'its JSON counts them' value_is 2 decisions.approved
call --json sessions
ok 'they are not held any more' value_is 2 sessions.0.held
ok 'they are pending' value_is 5 sessions.0.pending
call reject agent-memory "$own"
ok 'what the rules let out can be rejected too' shows "rejected +$own/$uuid\.jsonl$"
call commit -n
ok 'a dry run knows it' shows 'would +replace +plans/p\.md'
call commit
ok 'commit applies what was approved' equal $'new\nmore' "$(cat "$claude/plans/p.md" "$claude/plans/q.md")"
ok 'and leaves what was not' not test -e "$claude/plans/r.txt"
ok 'what was rejected stays' not test -e "$claude/$own/$uuid.jsonl"
ok 'and commit says so' shows "stays .*$own/$uuid\.jsonl +rejected"
call commit --all
ok '--all takes what was not rejected' equal text "$(cat "$claude/plans/r.txt")"
ok 'and nothing else' not test -e "$claude/agent-memory/a.md"
call status
ok 'status says what is left' shows 'what is left was rejected'
call approve agent-memory
ok 'one can think again' equal 0 "$CODE"
call reject --reset "$own"
ok 'or forget' shows 'undecided +'
call commit
ok 'then both go' equal remember "$(cat "$claude/agent-memory/a.md")"
ok 'the rejected one too' test -e "$claude/$own/$uuid.jsonl"
call verify
ok 'the session verifies' equal 0 "$CODE"

# Until when.
rm "$claude"/plans/[qr]*
printf 'old\n' >"$claude/plans/p.md"
new_session
call approve plans
printf 'other\n' >"$claude/plans/q.md"
call status
ok 'the host has got a file: conflict, not approved' hides 'plans/q\.md .*approved; '
rm "$claude/plans/q.md"
call status
ok 'all as it was: approved again' shows 'plans/q\.md .*approved; '
sleep 0.01
printf 'old\n' >"$claude/plans/p.md"
call status
ok 'the host has touched a file: lapsed' shows 'plans/p\.md .*changed since you decided; '
call commit
ok 'commit says so, and leaves it' shows 'stays .*plans/p\.md +it has changed since you decided about it'
ok 'the host keeps its own' equal old "$(cat "$claude/plans/p.md")"
ok 'what stayed the same went' equal more "$(cat "$claude/plans/q.md")"

# Nobody else decides.
rm -r "$claude/plans"
new_session
other=$SESSION_DIR
call approve plans/q.md
cp "$other/decisions.json" "$WORK/mine.json"
new_session
cp "$WORK/mine.json" "$SESSION_DIR/decisions.json"
"$CLAUDEFS" status >"$OUT" 2>"$ERR" </dev/null
CODE=$?
ok 'what was decided for another session does not count' says 0 '1 of its decisions was not made here'
ok 'it is not approved' hides 'approved; '
call commit
ok 'and is not committed' not test -e "$claude/plans/q.md"
rm "$SESSION_DIR/decisions.json"
call approve plans/q.md
rm "$HOME/.local/state/claudefs/key"
call commit
ok 'nor without the key that it was made with' not test -e "$claude/plans/q.md"
echo '{' >"$SESSION_DIR/decisions.json"
call commit
ok 'damage stops a commit' says 5 'decisions\.json damaged'
call approve plans
ok 'and a decision' says 5 'decisions\.json'
call verify
ok 'verify says where' shows 'decisions\.json cannot be read'
rm "$SESSION_DIR/decisions.json"
chmod 644 "$HOME/.local/state/claudefs/key" 2>/dev/null || (umask 022 && head -c 32 /dev/urandom >"$HOME/.local/state/claudefs/key")
call approve plans
ok 'a key that others can read is refused' says 1 'claudefs/key: others may read or write it; remove it'
rm "$HOME/.local/state/claudefs/key"
call discard --yes
call --session "$ID" approve plans
ok 'a discarded session is not decided about' says 11 "session $ID: discarded"

# Held.
mkdir -p "$claude"
ln -s /tmp "$claude/plans"
make_session <<END
write plans/a.md x\n
END
call commit --all
ok 'all that is left is held: a code of its own' equal 13 "$CODE"
ok 'and a word' shows '1 cannot be applied as it is'
call approve plans
ok 'what is held cannot be approved' says 13 'approve: plans: cannot be applied as it is: a symlink is on the way'
call commit
ok 'who asks for nothing gets no such code' equal 0 "$CODE"
finish
