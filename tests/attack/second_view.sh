# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2120,SC2154
# For expectations that need a session under their own hand: one more daemon, and tests that already
# prove a claim by themselves. Sourced by family files, on the host's side only.

# new_session: a session of this home, not served yet.
new_session() {
  "$MAKE_SESSION" --project "$PROJECT" --bare yes
}

# serve ID DIR [ARGUMENT...]: SERVER becomes the daemon's pid; fails if it does not serve.
serve() {
  local i
  mkdir -p "$2"
  : >"$WORK/served"
  "$MOUNT_PROGRAM" --foreground --session "$1" "${@:3}" --ready-fd 1 "$2" >"$WORK/served" 2>"$WORK/served.err" &
  SERVER=$!
  stop_at_end "$SERVER"
  for ((i = 0; i < 200; i++)); do
    [ ! -s "$WORK/served" ] || return 0
    kill -0 "$SERVER" 2>/dev/null || break
    sleep 0.05
  done
  wait "$SERVER"
}

# end_server [SIGNAL]: its exit code.
end_server() {
  kill "-${1:-TERM}" "$SERVER"
  wait "$SERVER"
}

# says WHAT COMMAND...: the command must succeed; else what was expected is said.
says() {
  "${@:2}" || { echo "not so: $1"; return 1; }
}

# code_of COMMAND...: prints its exit code.
code_of() {
  "$@" >"$WORK/code.out" 2>&1
  echo $?
}

# proven_by 'PROGRAM ARGUMENT...' SENTENCE...: a test program below the build's tests/ passes, and its
# sentences are among what it proved. In its brief form: its own suite runs the usual one.
proven_by() {
  local words sentence
  read -ra words <<<"$1"
  CLAUDEFS_TEST_BRIEF=1 "$CLAUDEFS_BUILD/tests/${words[0]}" "${words[@]:1}" >"$WORK/proof" 2>&1 ||
    { echo "$1 fails:"; grep -aE 'FAILED|error' "$WORK/proof" | head -n 5; return 1; }
  for sentence in "${@:2}"; do
    grep -qaE "^\[ +OK \] $sentence\$" "$WORK/proof" || { echo "$1 does not say: $sentence"; return 1; }
  done
}

# proven_by_mount NAME SENTENCE...: the same for a test of the mount suite.
proven_by_mount() {
  proven_by "$1 $MOUNT_PROGRAM $MANIFEST" "${@:2}"
}
