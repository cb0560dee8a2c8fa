#!/bin/bash
# SPDX-License-Identifier: MIT
# run_family.sh FAMILY [control | folding_control | 'ID...']: all attacks of a family, or some, or the proof that
# the oracle can fail (here; on a host that folds names). One line per attack: ID SAFE|UNSAFE|NOT-RUN(reason); exit code 0 only if all are SAFE.
. "${CLAUDEFS_SOURCE:?}/tests/attack/attack_lib.sh"
FAMILY=$1
ONLY=${2:-}
# shellcheck disable=SC1090
. "$ATTACK_DIR/family_$FAMILY.sh"
case $ONLY in
control | folding_control) "${FAMILY}_$ONLY" ;;
*) "${FAMILY}_attacks" ;;
esac
[ "$ATTACKS_BAD" -eq 0 ]
