#!/bin/bash
# SPDX-License-Identifier: MIT
# One-shot runs of the real CLI in the sandbox: tools work, conversations continue by --continue and by
# --resume, and what was begun inside goes on outside.
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
need_claude
make_home
seed_home
start_api
cp "$HOME/.claude.json" "$WORK/configuration"
tools=(--allowedTools "Bash,Write,TaskCreate")

ok 'a one-shot run with tools ends with 0' \
  claude_sandboxed -- -p "[script:work dir=$PROJECT] go" "${tools[@]}"
ok 'the Write tool reached the project on the host' equal 'written by the agent' "$(cat "$PROJECT/made-by-write.txt")"
ok 'the Bash tool reached the project on the host' equal bash-was-here "$(cat "$PROJECT/made-by-bash.txt")"
transcript=$(transcripts "$HOME/.claude" | tail -n 1)
ok 'the transcript is on the host after the automatic commit' test -s "$transcript"
tool_results "$transcript" >"$WORK/results"
ok 'the transcript holds three tool results' equal 3 "$(wc -l <"$WORK/results")"
ok 'none of them is an error' lacks '^error' "$WORK/results"
ok 'the output of the command is in it' contains "$WORK/results" bash-was-here
id=$(basename "$transcript" .jsonl)
ok 'the task is on the host' contains "$HOME/.claude/tasks/$id/1.json" 'the first task'
ok 'of the configuration only figures and looks came home, in its own layout' node -e '
  const [before, after] = process.argv.slice(1).map((name) => require("fs").readFileSync(name, "utf8"));
  const [old, now] = [before, after].map((text) => JSON.parse(text));
  if (!now.firstStartTime || now.machineID || now.userID || now.migrationVersion) process.exit(1);
  delete now.firstStartTime;
  now.theme = old.theme;
  require("assert").deepStrictEqual(now, old);
  if (!after.startsWith("{\n  \"hasCompletedOnboarding\": true,\n")) process.exit(1);
  ' "$WORK/configuration" "$HOME/.claude.json"
ok 'the journal verifies' review verify

size=$(stat -c %s "$transcript")
inode=$(stat -c %i "$transcript")
cp "$transcript" "$WORK/first"
ok '--continue ends with 0' claude_sandboxed -- -p --continue '[script:remember] and now?'
ok 'the API was told the earlier conversation' test "$(last_request 'request.messages.length')" -ge 8
ok '--continue wrote to the same transcript' equal "$transcript" "$(transcripts "$HOME/.claude" | tail -n 1)"
ok 'the transcript grew' test "$(stat -c %s "$transcript")" -gt "$size"
ok 'its old part is as it was' cmp -n "$size" "$WORK/first" "$transcript"
note "inode before $inode, after $(stat -c %i "$transcript")"

ok '--resume ID ends with 0' claude_sandboxed -- -p --resume "$id" '[script:remember] once more'
ok 'the API was told both conversations' test "$(last_request 'request.messages.length')" -ge 10

ok 'claude --resume outside the sandbox ends with 0' \
  within "$PROJECT" claude_plain -p --resume "$id" '[script:remember] at home'
ok 'it was told what was said inside' test "$(last_request 'request.messages.length')" -ge 12
ok 'the word that was said inside is in its context' \
  test "$(last_request 'JSON.stringify(request.messages).includes("heliotrope")')" = true
ok 'every line of the transcript is one JSON record' node -e '
  const text = require("fs").readFileSync(process.argv[1], "utf8");
  if (!text.endsWith("\n")) process.exit(1);
  text.trimEnd().split("\n").forEach((line) => JSON.parse(line));' "$transcript"

ok 'an unknown session id is an error that passes through' \
  not claude_sandboxed -- -p --resume 00000000-0000-4000-8000-000000000000 'hello'
finish
