#!/bin/bash
# SPDX-License-Identifier: MIT
# The gateway under load: reloads in the middle of connections, many at once, and slow ones.
# CLAUDEFS_TEST_LONG: 1,000 reloads during 10,000 connections; 100 during 1,200 else.
. "$(dirname "$0")/world.sh"
. "$(dirname "$0")/sandbox.sh"
enter_world "$0" "$@"
make_home
mkdir -p "$HOME/.claude" "$HOME/.config/claudefs"
make_world
cp "$CERT" "$GATEWAY_DIR/load.mjs" "$PROJECT/"
LIST=$HOME/.config/claudefs/egress.allow
connections=1200
reloads=100
[ -z "${CLAUDEFS_TEST_LONG:-}" ] || { connections=10000; reloads=1000; }

# write_list EXTRA: as an editor saves it, at once.
write_list() {
  printf 'allowed.example\n%s\n' "$1" >"$LIST.new"
  mv "$LIST.new" "$LIST"
}

# Every list allows the one and denies the other; the third one comes and goes.
write_list six.example
session "$PROJECT" --exec node load.mjs storm allowed.example denied.example "$connections" 16 >"$WORK/storm" 2>&1 &
storm=$!
: >"$WORK/reload"
for ((taken = 0; taken < reloads; )); do
  kill -0 "$storm" 2>/dev/null || break
  if ((taken % 2)); then write_list six.example; else write_list inside.example; fi
  "$RUN_PROGRAM" --reload-firewall >"$WORK/reload" 2>&1
  # Before the gateway is there, nobody takes it.
  ! grep -q ': 2 names' "$WORK/reload" || taken=$((taken + 1))
done
touch "$PROJECT/enough"
wait "$storm"
code=$?
echo "# $taken reloads during at least $connections connections: $(tail -n 1 "$WORK/storm")"
ok 'with reloads in the middle no allowed connection fails, and no denied one passes' equal 0 "$code"
ok 'the reloads were in the middle' equal "$reloads" "$taken"
ok 'each was a whole list' equal "$taken" "$(log_of_session | grep -c '"verdict":"reload"')"
ok 'nothing arrived of what was denied' not reached denied.example

session "$PROJECT" --exec node load.mjs hold allowed.example 1000 >"$WORK/hold" 2>&1
code=$?
echo "# 1,000 connections at one time: $(tail -n 1 "$WORK/hold")"
ok 'a thousand connections are open at one time, and all are served' equal 0 "$code"

session "$PROJECT" --exec node load.mjs slow allowed.example 500 >"$WORK/slow" 2>&1
code=$?
echo "# 500 that never finish their request: $(tail -n 1 "$WORK/slow")"
ok 'slow ones are ended, and hold up nobody meanwhile' equal 0 "$code"
ok 'and are noted' grep -q 'too slow' <<<"$(log_of_session)"
finish
