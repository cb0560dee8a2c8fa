# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A temporary HOME for one test, and the guard that nothing here ever runs in any other: no test
# reads, mounts over or writes the ~/.claude of the person who runs it. Sourced by bash.

# make_home: creates and enters a private HOME below /tmp, removed when the test ends. Sets HOME, WORK
# (scratch, outside HOME) and PROJECT (an empty project in HOME). In CLAUDEFS_TEST_PARENT, which is below
# /tmp too, if tests/lib/folding_host runs the test.
make_home() {
  # In a subshell with a home of its own, what the parent started is the parent's to stop.
  [ "$BASH_SUBSHELL" -eq 0 ] || TEST_PIDS=()
  sweep_homes "${CLAUDEFS_TEST_PARENT:-/tmp}"
  TEST_ROOT=$(mktemp -d "${CLAUDEFS_TEST_PARENT:-/tmp}/claudefs-test-XXXXXX")
  trap end_test EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  export HOME=$TEST_ROOT/home
  WORK=$TEST_ROOT/work
  PROJECT=$HOME/proj
  mkdir -p "$HOME" "$WORK" "$PROJECT"
  echo "$$" >"$TEST_ROOT/owner"
  # Whatever the person has set may point back into their own home.
  unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_DATA_HOME XDG_CACHE_HOME CLAUDE_CONFIG_DIR \
    CLAUDE_CODE_OAUTH_TOKEN ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_BASE_URL \
    CLAUDECODE CLAUDE_CODE_ENTRYPOINT
  guard_home
}

# sweep_homes PARENT: removes what killed tests left there. Not what was kept for a look, which has no owner any more, nor
# what something is still mounted in.
sweep_homes() {
  local owner pid
  for owner in "$1"/claudefs-test-??????/owner; do
    { read -r pid <"$owner"; } 2>/dev/null || continue
    [[ $pid =~ ^[0-9]+$ ]] && [ ! -e "/proc/$pid" ] && ! grep -qF " ${owner%/owner}/" /proc/self/mounts || continue
    rm -rf --one-file-system -- "${owner%/owner}" 2>/dev/null || :
  done
}

# guard_home: ends the test unless HOME is the one that this process made.
guard_home() {
  case ${HOME:-} in
  /tmp/claudefs-test-*/home | /tmp/claudefs-folding-*/host/claudefs-test-*/home) ;;
  *)
    echo "refused: HOME (${HOME:-unset}) is not a test's own" >&2
    exit 99
    ;;
  esac
  if [ "$(cat "${HOME%/home}/owner" 2>/dev/null)" != "$$" ] || [ -L "$HOME" ]; then
    echo "refused: HOME (${HOME:-unset}) belongs to another test" >&2
    exit 99
  fi
}

TEST_PIDS=()
# stop_at_end PID: a process of this test that must not outlive it.
stop_at_end() {
  TEST_PIDS+=("$1")
}

end_test() {
  local code=$? pid
  trap - EXIT
  for pid in "${TEST_PIDS[@]}"; do
    kill "$pid" 2>/dev/null
  done
  wait 2>/dev/null
  if [ -n "${CLAUDEFS_TEST_KEEP:-}" ]; then
    rm -f "$TEST_ROOT/owner"
    echo "kept: $TEST_ROOT" >&2
  else
    # Never cross a mount that a broken test left behind.
    rm -rf --one-file-system -- "$TEST_ROOT"
  fi
  exit "$code"
}
