#!/bin/bash
# SPDX-License-Identifier: MIT
# How long a session of two containers takes, beside a plain `docker run` of the same image; the same command, in
# turns, so that whatever else the machine does strikes both. Prints medians, and the median difference of a turn.
. "$(dirname "$0")/container_lib.sh"
make_container_home
inside true
image=$(docker image ls --format '{{.Repository}}:{{.Tag}}' | grep '^claudefs:')
rounds=${CLAUDEFS_BENCH_ROUNDS:-15}

# milliseconds COMMAND...
milliseconds() {
  local begun=${EPOCHREALTIME/./}
  "$@" >/dev/null 2>&1 </dev/null || echo "failed: $*" >&2
  echo $(((${EPOCHREALTIME/./} - begun) / 1000))
}

# first_output COMMAND...: until the first byte of its output: the agent's first instruction has been reached.
first_output() {
  local word begun=${EPOCHREALTIME/./}
  exec 7< <("$@" 2>/dev/null </dev/null)
  read -r word <&7
  echo $(((${EPOCHREALTIME/./} - begun) / 1000))
  [ "$word" = up ] || echo "failed: $*" >&2
  cat <&7 >/dev/null
  exec 7<&-
}

plain() {
  docker run --rm --network none "$image" "$@"
}

for ((i = 0; i < rounds; i++)); do
  first_output plain echo up >>"$WORK/plain-first"
  first_output inside echo up >>"$WORK/ours-first"
  first_output run --commit never "$PROJECT" --exec echo up >>"$WORK/gate-first"
  milliseconds plain true >>"$WORK/plain"
  milliseconds inside true >>"$WORK/ours"
done
# median FILE: and difference A B: the median of the differences of the pairs.
median() {
  sort -n "$1" | sed -n "$((rounds / 2 + 1))p"
}
difference() {
  paste "$1" "$2" | awk '{ print $2 - $1 }' | sort -n | sed -n "$((rounds / 2 + 1))p"
}
report() {
  printf '%-22s docker run %s ms, claudefs-run %s ms, difference %s ms\n' "$1" "$(median "$WORK/$2")" \
    "$(median "$WORK/$3")" "$(difference "$WORK/$2" "$WORK/$3")"
}
report 'start to first output:' plain-first ours-first
report 'with the gateway:' plain-first gate-first
report 'start to end:' plain ours
