#!/bin/bash
# SPDX-License-Identifier: MIT
# The real Claude Code CLI in two containers: its tools, an MCP server on stdio, git, node and python of the
# image; conversations that go on by --continue, by --resume, and on the host. The API is a script on loopback.
. "$(dirname "$0")/container_lib.sh"
need_claude
make_container_home
seed_home
start_api
sandbox() {
  clean env "DOCKER_HOST=$DOCKER_HOST" "DOCKER_CONFIG=$DOCKER_CONFIG" "$RUN_PROGRAM" --runtime docker \
    --image-root "$TEST_ROOT_IMAGE" --network host "$@"
}
cp "$CLAUDEFS_SOURCE/tests/lib/mcp_server.mjs" "$PROJECT/"
printf '{"mcpServers": {"local": {"command": "node", "args": ["mcp_server.mjs"]}}}\n' >"$PROJECT/mcp.json"

ok 'a conversation with tools ends with 0' claude_sandboxed -- -p "[script:image_tools dir=$PROJECT] go" \
  --mcp-config mcp.json --allowedTools 'Bash,Write,Edit,Grep,Read,mcp__local__reverse'
transcript=$(transcripts "$HOME/.claude" | tail -n 1)
ok 'the transcript is on the host after the automatic commit' test -s "$transcript"
tool_results "$transcript" >"$WORK/results"
ok 'six tools answered' equal 6 "$(wc -l <"$WORK/results")"
ok 'none of them with an error' lacks '^error' "$WORK/results"
ok 'Grep found what Edit wrote' grep -qE "^fine \"[^ ]*program.py:([0-9]+:)?print\('python-ran'\)" "$WORK/results"
ok 'python ran' contains "$WORK/results" 'python-ran\n'
ok 'node ran with a thread' contains "$WORK/results" node-thread-ran
ok 'git made and checked a commit' contains "$WORK/results" git-commits-1
ok 'the MCP server answered' contains "$WORK/results" 'reversed oidts'
ok 'git on the host takes the repository for whole' within "$PROJECT" clean git fsck
ok 'the journal verifies' review verify

id=$(basename "$transcript" .jsonl)
ok '--continue ends with 0' claude_sandboxed -- -p --continue '[script:remember] and now?'
ok 'it wrote to the same transcript' equal "$transcript" "$(transcripts "$HOME/.claude" | tail -n 1)"
ok '--resume ID ends with 0' claude_sandboxed -- -p --resume "$id" '[script:remember] once more'
before=$(last_request 'request.messages.length')
ok 'claude --resume on the host ends with 0' within "$PROJECT" claude_plain -p --resume "$id" '[script:remember] at home'
ok 'it was told all that was said inside' test "$(last_request 'request.messages.length')" -gt "$before"
ok 'the word that was said inside is in its context' \
  test "$(last_request 'JSON.stringify(request.messages).includes("heliotrope")')" = true
ok 'no container is left' equal '' "$(docker ps -aq)"
finish
