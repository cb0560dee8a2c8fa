#!/bin/bash
# SPDX-License-Identifier: MIT
# The real Claude Code CLI in two containers: its tools, an MCP server on stdio, git, node and python of the
# image; conversations that go on by --continue, by --resume, and on the host. The API is a script on loopback.
# With "debian" as the second argument: in the image that users get, on a Debian of debootstrap's.
base=${2:-}
[ -z "$base" ] || TEST_ROOT_IMAGE=debian:bookworm-slim
. "$(dirname "$0")/container_lib.sh"
need_claude
if [ "$base" = debian ]; then
  [ -n "${CLAUDEFS_TEST_LONG:-}" ] || { echo '1..0 # SKIP takes minutes, and Debian packages: with --long'; exit; }
  need_tool debootstrap
  IMPORT=import_debian
  make_container_home
  IMAGE_OPTIONS=()
else
  make_container_home
  IMAGE_OPTIONS=(--image-root "$TEST_ROOT_IMAGE")
fi
seed_home
start_api
# This engine has no bridge: packages come by the network of the host.
mkdir "$WORK/bin"
cat >"$WORK/bin/docker" <<END
#!/bin/sh
docker=$(command -v docker)
case "\$*" in
build*Dockerfile.debian*) shift && exec "\$docker" build --network host "\$@" ;;
*) exec "\$docker" "\$@" ;;
esac
END
chmod 755 "$WORK/bin/docker"
sandbox() {
  clean env "DOCKER_HOST=$DOCKER_HOST" "DOCKER_CONFIG=$DOCKER_CONFIG" \
    "PATH=$WORK/bin:$(dirname "$CLAUDE_PROGRAM"):/usr/local/bin:/usr/bin:/bin" \
    "$RUN_PROGRAM" --runtime docker ${IMAGE_OPTIONS:+"${IMAGE_OPTIONS[@]}"} --network host "$@"
}
if [ "$base" = debian ]; then
  begun=$SECONDS
  ok 'the image that users get is built' equal 0 "$(code sandbox --commit never "$PROJECT" --exec true </dev/null 2>"$WORK/err")"
  sed 's/^/# /' "$WORK/err"
  note "built in $((SECONDS - begun)) s: $(docker image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}' | sort | xargs)"
  image=$(docker image ls --format '{{.Repository}}:{{.Tag}}' | grep '^claudefs:')
  # shellcheck disable=SC2016  # for the shell inside
  docker run --rm --network none "$image" sh -c 'for name in bash curl git jq less make node npm npx patch ps python3 rg unzip xz; do
    command -v $name >/dev/null || echo "no $name"; done; python3 -c "import venv, ssl, sqlite3"; node -e "require(\"https\")"' \
    >"$WORK/out" 2>&1 </dev/null
  ok 'the tools are in it' equal '' "$(cat "$WORK/out")"
  ok 'no file of it gains a privilege' equal '' "$(docker run --rm --network none "$image" find / -xdev -perm /6000 -type f)"
  ok 'nor by a capability' equal '' "$(docker run --rm --network none "$image" \
    python3 -c 'import os
for d, _, files in os.walk("/usr"):
    for f in files:
        p = os.path.join(d, f)
        if not os.path.islink(p) and "security.capability" in os.listxattr(p): print(p)')"
  ok 'and the tools that only serve to get out are not in it' equal '' \
    "$(docker run --rm --network none "$image" sh -c 'ls /bin /usr/bin /usr/sbin | grep -xE "nsenter|unshare|chroot|mount|umount|su"')"
fi
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
