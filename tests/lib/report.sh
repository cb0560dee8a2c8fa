# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Assertions of the shell tests, reported as TAP. Sourced by bash. A test is a sentence: the text of
# the assertion says what holds.

TAP_COUNT=0
TAP_FAILED=0

# ok SENTENCE COMMAND...: holds if the command succeeds. Its output is shown only if it does not.
ok() {
  local sentence=$1 output
  shift
  TAP_COUNT=$((TAP_COUNT + 1))
  if output=$("$@" 2>&1); then
    echo "ok $TAP_COUNT - $sentence"
    return 0
  fi
  TAP_FAILED=$((TAP_FAILED + 1))
  echo "not ok $TAP_COUNT - $sentence"
  printf '%s\n' "$*" "$output" | head -n 60 | sed 's/^/# /'
  return 0
}

# not COMMAND...: for ok.
not() {
  ! "$@"
}

# equal WANTED GOT: for ok.
equal() {
  [ "$1" = "$2" ] || {
    printf 'wanted: %s\ngot:    %s\n' "$1" "$2"
    return 1
  }
}

# contains FILE PATTERN: for ok; a fixed string.
contains() {
  grep -qF -e "$2" -- "$1" || {
    printf '%s holds no "%s":\n' "$1" "$2"
    head -c 2000 -- "$1"
    return 1
  }
}

# lacks PATTERN FILE|DIR: for ok; an extended regular expression. What is not there, or empty, proves
# nothing and fails.
lacks() {
  [ -s "$2" ] || {
    echo "$2 is empty or absent"
    return 1
  }
  grep -raE -e "$1" -- "$2"
  [ $? -eq 1 ]
}

# within DIR COMMAND... and into FILE COMMAND...: for ok.
within() {
  (cd "$1" && shift && "$@" </dev/null)
}
into() {
  local file=$1
  shift
  "$@" >"$file"
}

# skip_test REASON: the whole test, in TAP's words.
skip_test() {
  echo "1..0 # SKIP $*"
  [ -z "${CLAUDEFS_TEST_NO_SKIP:-}" ]
  exit
}

note() {
  printf '# %s\n' "$*"
}

# The last line of every test script.
finish() {
  echo "1..$TAP_COUNT"
  [ "$TAP_FAILED" -eq 0 ]
}
