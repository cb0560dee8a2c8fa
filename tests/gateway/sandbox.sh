# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A sandbox in the world of world.sh. Sourced after it, by the tests of this directory.

# session ARG...: claudefs-run with the test's own list; its words in $WORK/err.
session() {
  "$RUN_PROGRAM" --commit never --egress "$LIST" "$@" </dev/null 2>"$WORK/err"
}

# inside SCRIPT: in a sandbox with the gateway; stdout is the script's.
inside() {
  session "$PROJECT" --exec bash -c "$1"
}

log_of_session() {
  cat "$HOME"/.local/state/claudefs/sessions/*/network.log
}
