# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The programs under test and the real Claude Code CLI, plain and in claudefs-run, against the scripted
# API. Sourced by bash after home.sh; every call checks that HOME is the test's own.
#
# From meson: CLAUDEFS_BUILD (build root), CLAUDEFS_SOURCE (source root). From bootstrap:
# CLAUDEFS_TEST_CLAUDE (the CLI's native program), CLAUDEFS_TEST_NO_SKIP.

: "${CLAUDEFS_BUILD:?}" "${CLAUDEFS_SOURCE:?}"
RUN_PROGRAM=$CLAUDEFS_BUILD/launcher/claudefs-run
REVIEW_PROGRAM=$CLAUDEFS_BUILD/fs/cli/claudefs

need_claude() {
  CLAUDE_PROGRAM=${CLAUDEFS_TEST_CLAUDE:-/var/tmp/claudefs-test-claude-$(id -u)/bin/claude}
  [ -x "$CLAUDE_PROGRAM" ] || skip_test "no Claude Code at $CLAUDE_PROGRAM (./bootstrap test installs it)"
  CLAUDE_PROGRAM=$(readlink -f "$CLAUDE_PROGRAM")
}

# start_api: the scripted API for this test. Sets API_PORT and API_LOG (JSON lines of all requests).
start_api() {
  local i
  API_LOG=$WORK/api.log
  : >"$API_LOG"
  node "$CLAUDEFS_SOURCE/tests/lib/api_stub.mjs" --scripts "$CLAUDEFS_SOURCE/tests/claude/scripts" \
    --log "$API_LOG" --parent $$ >"$WORK/port" &
  stop_at_end $!
  for ((i = 0; i < 100; i++)); do
    [ -s "$WORK/port" ] && break
    sleep 0.1
  done
  API_PORT=$(cat "$WORK/port")
  [ -n "$API_PORT" ] || {
    echo "the API stub did not start"
    exit 1
  }
}

# base_environment: the whole environment of a program under test, one assignment per line. Nothing of
# the person's own gets through.
base_environment() {
  printf '%s\n' "HOME=$HOME" "PATH=$(dirname "$CLAUDE_PROGRAM"):/usr/local/bin:/usr/bin:/bin" \
    "TERM=${TEST_TERM:-dumb}" LANG=C.UTF-8 "ANTHROPIC_BASE_URL=http://127.0.0.1:${API_PORT:-9}" \
    "${TEST_CREDENTIAL:-ANTHROPIC_API_KEY=dummy}" DISABLE_TELEMETRY=1 DISABLE_ERROR_REPORTING=1 DISABLE_AUTOUPDATER=1 \
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
  # The sanitizers' options are the test's, not the person's.
  env | grep -E '^(ASAN|UBSAN|LSAN)_OPTIONS=' || :
}

# clean COMMAND...: runs it in that environment, in the current directory.
clean() {
  local -a environment
  guard_home
  mapfile -t environment < <(base_environment)
  env -i "${environment[@]}" "$@"
}

# seed_home: the least state that the interactive CLI needs to start without questions.
seed_home() {
  mkdir -p "$HOME/.claude"
  # shellcheck disable=SC2016  # JavaScript's own templates
  node -e '
    const [project] = process.argv.slice(1);
    console.log(JSON.stringify({
      hasCompletedOnboarding: true, theme: "dark",
      customApiKeyResponses: { approved: ["dummy"], rejected: [] },
      projects: { [project]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
    }, null, 2));' "$PROJECT" >"$HOME/.claude.json"
  chmod 600 "$HOME/.claude.json"
}

# encoded PATH: Claude Code's directory name for a project.
encoded() {
  printf '%s' "$1" | LC_ALL=C sed 's/[^A-Za-z0-9]/-/g'
}

# The real CLI as the person would run it, outside any sandbox.
claude_plain() {
  clean "$CLAUDE_PROGRAM" "$@"
}

# sandbox ARG...: claudefs-run on its native runtime. HOST network: the API is on loopback.
sandbox() {
  clean "$RUN_PROGRAM" --runtime native --network host "$@"
}

# claude_sandboxed ARG...: the real CLI in the sandbox, on $PROJECT.
claude_sandboxed() {
  # No input: without it the CLI waits for more of the prompt.
  sandbox ${RUN_OPTIONS:+"${RUN_OPTIONS[@]}"} "$PROJECT" "$@" </dev/null
}

# review ARG...: claudefs on $PROJECT's newest session.
review() {
  (cd "$PROJECT" && clean "$REVIEW_PROGRAM" "$@")
}

# transcripts ROOT [PROJECT]: the project's transcripts below a ~/.claude, newest last.
transcripts() {
  find "$1/projects/$(encoded "${2:-$PROJECT}")" -maxdepth 1 -name '*.jsonl' -printf '%T@ %p\n' 2>/dev/null |
    sort -n | cut -d' ' -f2-
}

# tool_results FILE: the contents of all tool results in a transcript, one JSON string per line.
tool_results() {
  # shellcheck disable=SC2016  # JavaScript's own templates
  node -e '
    const lines = require("fs").readFileSync(process.argv[1], "utf8").split("\n").filter(Boolean);
    for (const record of lines.map((line) => JSON.parse(line))) {
      for (const block of Array.isArray(record.message?.content) ? record.message.content : []) {
        if (block.type === "tool_result") {
          console.log(`${block.is_error ? "error" : "fine"} ${JSON.stringify(block.content)}`);
        }
      }
    }' "$1"
}

# last_request FIELD-EXPRESSION: of the newest /v1/messages request that had tools.
last_request() {
  # shellcheck disable=SC2016  # JavaScript's own templates
  node -e '
    const lines = require("fs").readFileSync(process.argv[1], "utf8").split("\n").filter(Boolean);
    const all = lines.map((line) => JSON.parse(line)).filter((entry) => entry.request.tools?.length);
    const request = all[all.length - 1].request;
    console.log(new Function("request", `return ${process.argv[2]}`)(request));' "$API_LOG" "$1"
}
