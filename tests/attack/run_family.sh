#!/bin/bash
# SPDX-License-Identifier: MIT
# run_family.sh FAMILY [control | ID]: all attacks of a family, or one, or the proof that the oracle can
# fail. One line per attack: ID SAFE|UNSAFE|NOT-RUN(reason); exit code 0 only if all are SAFE.
. "${CLAUDEFS_SOURCE:?}/tests/attack/attack_lib.sh"
FAMILY=$1
ONLY=${2:-}
# shellcheck disable=SC1090
. "$ATTACK_DIR/family_$FAMILY.sh"
"${FAMILY}_$([ "$ONLY" = control ] && echo control || echo attacks)"
[ "$ATTACKS_BAD" -eq 0 ]
