#!/bin/bash
# SPDX-License-Identifier: MIT
# run_container.sh FAMILY [ID]: as run_family.sh, with the sandbox in two containers of a Docker engine that
# this test starts for itself. Attacks in mode mount, which have no sandbox, are as they are.
. "${CLAUDEFS_SOURCE:?}/tests/attack/attack_lib.sh"
. "$CLAUDEFS_SOURCE/tests/lib/engine.sh"
FAMILY=$1
ONLY=${2:-}
# shellcheck disable=SC1090
. "$ATTACK_DIR/family_$FAMILY.sh"
need_engine
end_all() {
  local code=$?
  trap - EXIT
  remove_engine
  exit "$code"
}
trap end_all EXIT
start_engine
import_root claudefs-attack-root
# shellcheck disable=SC2034  # for attack_lib.sh
RUNTIME=(--runtime docker --image-root claudefs-attack-root)

# The keeper's child.
daemon_of_session() {
  local keeper child
  keeper=$(docker inspect -f '{{.State.Pid}}' "claudefs-$(basename "$(newest_session)")-keeper")
  for child in $(cat "/proc/$keeper/task/"*/children) $keeper; do
    if tr '\0' ' ' <"/proc/$child/cmdline" | grep -q '^[^ ]*claudefs-mount '; then
      echo "$child"
      return
    fi
  done
}

# Once, so that no attack's time is that of building the image.
(make_home && "$RUN_PROGRAM" "${RUNTIME[@]}" --commit never "$PROJECT" --exec true) </dev/null >"$ENGINE_ROOT/first" 2>&1 ||
  { cat "$ENGINE_ROOT/first"; exit 1; }
"${FAMILY}_attacks"
[ "$ATTACKS_BAD" -eq 0 ]
