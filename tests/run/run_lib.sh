# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# claudefs-run under test, as whoever runs the suite or, in a suite run by root, as an ordinary user
# with an id made up on the fly. Sourced by bash with CLAUDEFS_SOURCE, CLAUDEFS_BUILD and, as the
# script's first argument, "caller" or "user".
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"

RUN_AS=${1:-caller}
ORDINARY_UID=23456

# make_run_home: a HOME for the test, owned by who runs the programs.
make_run_home() {
  make_home
  mkdir -p "$HOME/.claude"
  AS=()
  RUN_UID=$(id -u)
  PROGRAMS=$CLAUDEFS_BUILD
  if [ "$RUN_AS" = user ]; then
    [ "$(id -u)" -eq 0 ] || skip_test 'not root: the other run of this test is one of an ordinary user'
    # Without udev only root may open /dev/fuse. The user sees one that everybody may open, in a
    # mount namespace of its own.
    mknod -m 666 "$TEST_ROOT/fuse" c 10 229
    # shellcheck disable=SC2016
    AS=(unshare --mount sh -c 'mount --bind "$0" /dev/fuse && exec setpriv "$@"' "$TEST_ROOT/fuse"
      "--reuid=$ORDINARY_UID" "--regid=$ORDINARY_UID" --clear-groups)
    # shellcheck disable=SC2034  # for the tests
    RUN_UID=$ORDINARY_UID
    # The build tree may lie where that user cannot look.
    PROGRAMS=$TEST_ROOT/programs
    mkdir -p "$PROGRAMS"/{launcher/push,init/gateway,preload,fs/mount,fs/cli,rules}
    local name
    for name in launcher/claudefs-run launcher/push/claudefs-push init/claudefs-init init/gateway/claudefs-gate preload/nodump.so preload/git-guard fs/mount/claudefs-mount fs/cli/claudefs \
      rules/seccomp-docker.json; do
      cp "$CLAUDEFS_BUILD/$name" "$PROGRAMS/$name"
    done
    # Not built without libsecret.
    name=launcher/claudefs-secret-service
    [ ! -e "$CLAUDEFS_BUILD/$name" ] || cp "$CLAUDEFS_BUILD/$name" "$PROGRAMS/$name"
    chmod 755 "$TEST_ROOT"
    own
  fi
}

# own: gives everything made so far to the user of this run.
own() {
  [ "$RUN_AS" != user ] || chown -R "$ORDINARY_UID:$ORDINARY_UID" "$HOME" "$WORK"
}

# as_user COMMAND...: outside the sandbox, with nothing of the person's environment.
as_user() {
  guard_home
  "${AS[@]}" env -i --default-signal "HOME=$HOME" PATH=/usr/local/bin:/usr/bin:/bin "TERM=${TEST_TERM:-dumb}" LANG=C.UTF-8 \
    ${RUN_ENV:+"${RUN_ENV[@]}"} "$@"
}

# run ARG...: claudefs-run without an engine, its own words in $WORK/err.
run() {
  as_user "$PROGRAMS/launcher/claudefs-run" --runtime native "$@" 2>"$WORK/err"
}

# inside COMMAND...: in a sandbox on $PROJECT. No summary, and no gateway, which would ask npm and pip for
# their registries: they are not what these tests are about.
inside() {
  run --commit never --network none "$PROJECT" --exec "$@" </dev/null
}

# inside_sh SCRIPT: its stdout; what the shell itself says is kept in $WORK/err.
inside_sh() {
  inside sh -c "$1"
}

# code COMMAND...: prints its exit code.
code() {
  "$@" >/dev/null 2>&1
  echo $?
}

# wait_until COMMAND...: at most 10 seconds.
wait_until() {
  local i
  for ((i = 0; i < 100; i++)); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  return 1
}

# ours: processes of this test's programs, by the HOME in their environment. One grep for all of /proc:
# one for each process was most of what the tests that wait for an end cost.
ours() {
  local file
  grep -lzxF "HOME=$HOME" /proc/[0-9]*/environ 2>/dev/null | while IFS= read -r file; do
    file=${file%/environ}
    if tr '\0' ' ' 2>/dev/null <"$file/cmdline" | grep -qE '^([^ ]*/)?(claudefs-(run|mount|init)|sleep 4321) '; then
      echo "${file#/proc/}"
    fi
  done
}

none_of_ours() {
  [ -z "$(ours)" ]
}

# newest_session: its directory.
newest_session() {
  find "$HOME/.local/state/claudefs/sessions" -mindepth 1 -maxdepth 1 | sort | tail -n 1
}
