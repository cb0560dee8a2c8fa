#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: fuzz.sh TARGET CORPUS
# Searches for inputs that break TARGET, starting from CORPUS, for a few seconds
# (CLAUDEFS_TEST_FUZZ_SECONDS; ten minutes with CLAUDEFS_TEST_LONG). An input that breaks it stays in
# the current directory as crash-*, timeout-* or oom-*: mend the fault, then add the input to CORPUS.
set -eu
target=$1 corpus=$2
seconds=${CLAUDEFS_TEST_FUZZ_SECONDS:-5}
[ -z "${CLAUDEFS_TEST_LONG:-}" ] || seconds=${CLAUDEFS_TEST_FUZZ_SECONDS:-600}
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
# New inputs go to the first directory; the corpus of the tree is only read.
"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
  -artifact_prefix="${CLAUDEFS_TEST_FUZZ_FOUND:-$PWD}/" "$found" "$corpus" 2>&1 | tail -n 40 >"$found.log" ||
  true
cat "$found.log"
# The exit code of a pipe is its last command's: libFuzzer says "Done" only where nothing broke.
if grep -q '^Done [1-9]' "$found.log"; then
  code=0
else
  code=1
fi
rm -f "$found.log"
exit "$code"
