#!/bin/bash
# SPDX-License-Identifier: MIT
# How long a session of two containers takes, beside a plain `docker run` of the same image; the same command, in
# turns, so that whatever else the machine does strikes both. Prints medians and their difference.
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
  local begun=${EPOCHREALTIME/./}
  exec 7< <("$@" 2>/dev/null </dev/null)
  read -r _ <&7
  echo $(((${EPOCHREALTIME/./} - begun) / 1000))
  cat <&7 >/dev/null
  exec 7<&-
}

plain() {
  docker run --rm --network none "$image" "$@"
}

for ((i = 0; i < rounds; i++)); do
  first_output plain echo up >>"$WORK/plain-first"
  first_output inside echo up >>"$WORK/ours-first"
  milliseconds plain true >>"$WORK/plain"
  milliseconds inside true >>"$WORK/ours"
done
median() {
  sort -n "$1" | sed -n "$((rounds / 2 + 1))p"
}
printf 'start to first output: docker run %s ms, claudefs-run %s ms, difference %s ms\n' "$(median "$WORK/plain-first")" \
  "$(median "$WORK/ours-first")" "$(($(median "$WORK/ours-first") - $(median "$WORK/plain-first")))"
printf 'start to end:          docker run %s ms, claudefs-run %s ms, difference %s ms\n' "$(median "$WORK/plain")" \
  "$(median "$WORK/ours")" "$(($(median "$WORK/ours") - $(median "$WORK/plain")))"
