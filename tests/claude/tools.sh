#!/bin/bash
# SPDX-License-Identifier: MIT
# What people do with the CLI, under the system call filter and behind Landlock: its tools, an MCP server on
# stdio, git, node with threads, python with processes, a compiler. The same conversation outside is the control.
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
need_claude
need_tool gcc
make_home
seed_home
start_api
cp "$CLAUDEFS_SOURCE/tests/lib/mcp_server.mjs" "$PROJECT/"
printf '{"mcpServers": {"local": {"command": "node", "args": ["mcp_server.mjs"]}}}\n' >"$PROJECT/mcp.json"
cp -r "$PROJECT" "$WORK/plain-project"
tools=(--mcp-config mcp.json --allowedTools "Bash,Write,Edit,Grep,Read,mcp__local__reverse")

# results TRANSCRIPT: what the tools answered, and whether none of it was an error.
all_results() {
  ok "$1: seven tools answered" equal 7 "$(wc -l <"$2")"
  ok "$1: none of them with an error" lacks '^error' "$2"
  ok "$1: Grep found what Edit wrote" grep -qE "^fine \"[^ ]*program.py:([0-9]+:)?print\('python-ran'\)" "$2"
  ok "$1: python ran" contains "$2" 'python-ran\n'
  ok "$1: node ran with a thread" contains "$2" node-thread-ran
  ok "$1: git made and checked two commits" contains "$2" git-commits-2
  ok "$1: the MCP server answered" contains "$2" 'reversed oidts'
  ok "$1: a program was compiled and ran" contains "$2" gcc-7
  ok "$1: python used processes, threads, sockets and a database" \
    contains "$2" "pool [1, 2]\nsocket b'x'\nsqlite"
}

ok 'the conversation in the sandbox ends with 0' \
  claude_sandboxed -- -p "[script:tools dir=$PROJECT] go" "${tools[@]}"
tool_results "$(transcripts "$HOME/.claude" | tail -n 1)" >"$WORK/results"
all_results sandbox "$WORK/results"
ok 'the filter was on' equal 2 "$(sandbox --commit never "$PROJECT" --exec sh -c \
  "awk '/^Seccomp:/ { print \$2 }' /proc/self/status" </dev/null 2>/dev/null)"
ok 'git on the host takes the repository for whole' within "$PROJECT" clean git fsck
ok 'the journal verifies' review verify

plain=$WORK/plain-project
ok 'the same conversation outside ends with 0' \
  within "$plain" claude_plain -p "[script:tools dir=$plain] go" "${tools[@]}"
tool_results "$(transcripts "$HOME/.claude" "$plain" | tail -n 1)" >"$WORK/plain-results"
all_results plain "$WORK/plain-results"
finish
