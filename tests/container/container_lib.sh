# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# claudefs-run with a Docker engine of the test's own, as whoever runs the suite (root: the engine asks for
# it) or as an ordinary user whom the engine lets in. Sourced by bash with CLAUDEFS_SOURCE, CLAUDEFS_BUILD and,
# as the script's first argument, "caller" or "user".
. "${CLAUDEFS_SOURCE:?}/tests/run/run_lib.sh"
. "${CLAUDEFS_SOURCE:?}/tests/lib/engine.sh"

TEST_ROOT_IMAGE=${TEST_ROOT_IMAGE:-claudefs-test-root}

# make_container_home: engine, root image (by IMPORT, a function of engine.sh's), and a HOME as in run_lib.sh.
make_container_home() {
  need_engine
  make_run_home
  trap end_engine_test EXIT
  [ "$RUN_AS" != user ] || ENGINE_IS_OPEN=1
  start_engine
  "${IMPORT:-import_root}" "$TEST_ROOT_IMAGE"
  if [ "$RUN_AS" = user ]; then
    chmod 755 "$ENGINE_ROOT"
    AS=(setpriv "--reuid=$ORDINARY_UID" "--regid=$ORDINARY_UID" --clear-groups)
    mkdir -p "$PROGRAMS/rules"
    cp "$CLAUDEFS_BUILD"/launcher/{Dockerfile,Dockerfile.debian,managed-settings.json} "$PROGRAMS/launcher"
    cp "$CLAUDEFS_BUILD/rules/seccomp-docker.json" "$PROGRAMS/rules"
  fi
  RUN_ENV+=("DOCKER_HOST=$DOCKER_HOST" "DOCKER_CONFIG=$DOCKER_CONFIG")
}

# run ARG...: replaces that of run_lib.sh; so do inside and the others that stand on it.
run() {
  as_user "$PROGRAMS/launcher/claudefs-run" --runtime "${RUNTIME:-docker}" --image-root "$TEST_ROOT_IMAGE" "$@" 2>"$WORK/err"
}

# review ARG...: claudefs on the newest session.
review_session() {
  as_user "$PROGRAMS/fs/cli/claudefs" --session "$(basename "$(newest_session)")" "$@"
}

# container keeper|agent: the name of the newest session's.
container() {
  printf 'claudefs-%s-%s' "$(basename "$(newest_session)")" "$1"
}

# start_agent SCRIPT: a session in the background that says `touch ready` when it wants to be seen.
start_agent() {
  rm -f "$PROJECT/ready"
  as_user "$PROGRAMS/launcher/claudefs-run" --runtime "${RUNTIME:-docker}" --image-root "$TEST_ROOT_IMAGE" --commit never \
    ${START_OPTIONS:+"${START_OPTIONS[@]}"} "$PROJECT" --exec bash -c "$1" </dev/null >"$WORK/out" 2>"$WORK/err" &
  STARTED=$!
  local i
  for ((i = 0; i < 300; i++)); do
    [ ! -e "$PROJECT/ready" ] || return 0
    kill -0 "$STARTED" 2>/dev/null || break
    sleep 0.1
  done
  echo "# the session did not start:"
  sed 's/^/# /' "$WORK/err"
  return 1
}

# end_agent: waits for it, at most a minute; its exit code is RESULT.
end_agent() {
  local i
  for ((i = 0; i < 600; i++)); do
    kill -0 "$STARTED" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$STARTED" 2>/dev/null
  wait "$STARTED" 2>/dev/null
  # shellcheck disable=SC2034  # for the tests
  RESULT=$?
}
