# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# What the tests of `claudefs` share: a HOME of their own, sessions made without FUSE, and the output
# of the last call in files. Sourced by bash with CLAUDEFS_SOURCE and CLAUDEFS_BUILD set.

# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
CLAUDEFS=${CLAUDEFS_BUILD:?}/fs/cli/claudefs
MAKE_SESSION=("$CLAUDEFS_BUILD/tests/lib/make_session")
CHECK=$CLAUDEFS_BUILD/tests/lib/output_check
make_home
unset NO_COLOR PAGER GIT_PAGER CLAUDEFS_PAGER LESS LV CLICOLOR
cd "$PROJECT" || exit 1
ENCODED=$(printf %s "$PROJECT" | sed 's/[^A-Za-z0-9]/-/g')
OUT=$WORK/out
ERR=$WORK/err
CODE=0

# call ARGUMENTS...: stdout in $OUT, stderr in $ERR, exit code in $CODE. Never fails itself.
call() {
  "$CLAUDEFS" "$@" >"$OUT" 2>"$ERR" </dev/null
  CODE=$?
}

# make_session [OPTIONS...] <SCRIPT: the new session's id goes to $ID.
make_session() {
  guard_home
  ID=$("${MAKE_SESSION[@]}" --project "$PROJECT" "$@") || {
    echo "Bail out! make_session failed"
    exit 1
  }
  SESSION_DIR=$HOME/.local/state/claudefs/sessions/$ID
}

# says CODE PATTERN: for ok; the last call ended so, with exactly one line on stderr, which matches.
says() {
  [ "$CODE" = "$1" ] && [ "$(wc -l <"$ERR")" = 1 ] && grep -qE -e "$2" "$ERR" && return 0
  printf 'wanted code %s and one line like: %s\ngot code %s and:\n' "$1" "$2" "$CODE"
  cat "$ERR"
  return 1
}

# shows PATTERN and hides PATTERN: for ok; the last call's stdout has, or lacks, such a line.
shows() {
  grep -qE -e "$1" "$OUT" && return 0
  printf 'no line like: %s\n' "$1"
  cat "$OUT"
  return 1
}
hides() {
  lacks "$1" "$OUT"
}

# before A B: for ok; in the last call's stdout a line like A stands before one like B.
before() {
  local a b
  a=$(grep -nE -m1 -e "$1" "$OUT" | cut -d: -f1)
  b=$(grep -nE -m1 -e "$2" "$OUT" | cut -d: -f1)
  [ -n "$a" ] && [ -n "$b" ] && [ "$a" -lt "$b" ] && return 0
  printf 'not so: "%s" (line %s) before "%s" (line %s)\n' "$1" "${a:-none}" "$2" "${b:-none}"
  cat "$OUT"
  return 1
}

# value PATH: the JSON value of the last call's stdout at a.b.0 (nothing if it is not strict JSON).
value() {
  "$CHECK" get "$1" <"$OUT"
}

# value_is WANTED PATH: for ok.
value_is() {
  equal "$1" "$(value "$2")"
}
