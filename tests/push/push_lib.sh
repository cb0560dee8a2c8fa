# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A project with remotes on real servers, and pushes from a sandbox. Sourced by bash, as run_lib.sh.
. "${CLAUDEFS_SOURCE:?}/tests/run/run_lib.sh"

# The host's own git in these tests: no configuration but the test's.
# The files may be an ordinary user's, and the test root.
export GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'

# host_git ARG...: on the host, in the project.
host_git() {
  git -C "$PROJECT" -c user.name=T -c user.email=t@example.org -c init.defaultBranch=main "$@"
}

# start_server [USER PASSWORD]: git http-backend below $WORK/srv; URL is its address.
# shellcheck disable=SC2120
start_server() {
  mkdir -p "$WORK/srv"
  python3 "$CLAUDEFS_SOURCE/tests/push/server.py" "$WORK/srv" "${1:-x-access-token}" "${2:-github_pat_CANARYtoken}" \
    "$WORK/port" "$WORK/requests" &
  stop_at_end $!
  wait_until test -s "$WORK/port" || fail_test 'the server did not start'
  # shellcheck disable=SC2034  # for the tests
  URL=http://127.0.0.1:$(cat "$WORK/port")
}

# bare NAME: an empty bare repository that takes pushes over HTTP.
bare() {
  git init -q --bare -b main "$1"
  git -C "$1" config http.receivepack true
}

# make_gh TOKEN: a gh on the person's PATH that knows it.
make_gh() {
  mkdir -p "$WORK/bin"
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nprintf "%%s|" "$PWD" "$@" >>"%s/gh-ran"\n[ "$1 $2" = "auth token" ] || exit 1\necho "%s"\n' "$WORK" "$1" >"$WORK/bin/gh"
  chmod 755 "$WORK/bin/gh"
  RUN_ENV=("PATH=$WORK/bin:/usr/local/bin:/usr/bin:/bin")
}

# make_project [URL]: a repository with one commit, on the remote too.
make_project() {
  printf '[user]\n\tname = Test\n\temail = test@example.org\n' >"$HOME/.gitconfig"
  host_git init -q
  mkdir -p "$PROJECT/.github/workflows"
  echo 'on: push' >"$PROJECT/.github/workflows/ci.yml"
  printf 'one\ntwo\n' >"$PROJECT/file"
  host_git add .
  host_git commit -qm first
}

# session OPTION... -- SCRIPT: in a sandbox; what it prints is in $WORK/out.
session() {
  local options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  run --commit never --network none "${options[@]}" "$PROJECT" --exec sh -c "exec 2>&1; $2" >"$WORK/out" </dev/null
}

# claudefs ARG...: on the host, about the newest session.
claudefs() {
  as_user "$PROGRAMS/fs/cli/claudefs" --session "$(basename "$(newest_session)")" "$@"
}

# pushes: the directory of the newest session's pushes.
pushes() {
  echo "$HOME/.local/state/claudefs/push/$(basename "$(newest_session)")"
}

# matches FILE PATTERN: for ok; an extended regular expression.
matches() {
  grep -qE -e "$2" -- "$1" || {
    printf '%s has no line like %s:\n' "$1" "$2"
    head -c 2000 -- "$1"
    return 1
  }
}

# says TEXT COMMAND...: for ok; a fixed string on stdout or stderr.
says() {
  local wanted=$1
  shift
  "$@" >"$WORK/said" 2>&1 </dev/null
  contains "$WORK/said" "$wanted"
}
