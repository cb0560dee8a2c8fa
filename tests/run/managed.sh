#!/bin/bash
# SPDX-License-Identifier: MIT
# What the machine's owner has decreed for Claude Code (/etc/claude-code) is in the sandbox too, read-only; laid over
# /etc for this test alone, in a mount namespace of its own.
# shellcheck disable=SC2016  # the script is for a shell inside
. "$(dirname "$0")/run_lib.sh"
[ "$(id -u)" -eq 0 ] || skip_test 'not root: nothing can be laid over /etc'
make_run_home
mkdir -p "$TEST_ROOT/over/up/claude-code/managed-settings.d" "$TEST_ROOT/over/work"
for name in CLAUDE.md managed-mcp.json managed-settings.d/10.json managed-settings.json other.json; do
  echo "decreed $name" >"$TEST_ROOT/over/up/claude-code/$name"
done
AS=(unshare --mount sh -c 'mount -t overlay claudefs-test -o "lowerdir=/etc,upperdir=$0/up,workdir=$0/work" /etc && exec "$@"'
  "$TEST_ROOT/over")
inside sh -c 'cd /etc/claude-code && find . -type f | sort | xargs cat; for name in $(find . -type f); do
  echo changed >"$name"; done 2>/dev/null; rm -rf managed-settings.d; cat managed-settings.d/10.json' >"$WORK/out"
printf 'decreed %s\n' CLAUDE.md managed-mcp.json managed-settings.d/10.json managed-settings.json managed-settings.d/10.json >"$WORK/wanted"
ok 'all of it is there, nothing else is, and none of it can be changed' equal "$(cat "$WORK/wanted")" "$(cat "$WORK/out")"
# shellcheck disable=SC2034  # for inside
AS=()
ok 'where nothing is decreed nothing is there' equal '' "$(inside sh -c 'find /etc/claude-code -type f 2>/dev/null')"
finish
