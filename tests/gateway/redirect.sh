#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# redirect.sh native|docker: programs that know nothing of a proxy. The same names are reached, decided about in the same way, and everything else
# is refused at once and told. In docker only what depends on the engine: one session.
. "$(dirname "$0")/world.sh"
. "$(dirname "$0")/sandbox.sh"
. "$(dirname "$0")/plain.sh"
runtime=$1
enter_world "$0" "$@"
if [ "$runtime" = docker ]; then
  . "$CLAUDEFS_SOURCE/tests/lib/engine.sh"
  need_engine
fi
make_home
mkdir -p "$HOME/.claude" "$HOME/.config/claudefs"
make_world
LIST=$HOME/.config/claudefs/egress.allow
make_plain_project

options=(--runtime native)
if [ "$runtime" = docker ]; then
  trap end_engine_test EXIT
  start_engine
  import_root claudefs-redirect-root
  options=(--runtime docker --image-root claudefs-redirect-root)
fi

# plain COMMAND: inside, without any variable that names a proxy.
plain() {
  session "${options[@]}" "$PROJECT" --exec bash -c "unset HTTPS_PROXY HTTP_PROXY https_proxy http_proxy NODE_USE_ENV_PROXY; $1"
}
plain 'python3 plain_sockets.py cert.pem
  echo "curl: $(curl -sS --max-time 10 --cacert cert.pem https://allowed.example)"
  echo "node: $(NODE_EXTRA_CA_CERTS=cert.pem node -e "fetch(process.argv[1]).then((r) => r.text()).then(console.log)" https://allowed.example)"' >"$WORK/out" 2>&1
check_plain
ok 'the end says which line would allow it' contains "$WORK/err" 'denied.example'
within "$PROJECT" "$REVIEW_PROGRAM" log >"$WORK/log" 2>&1
ok 'claudefs log tells what was asked for' grep -qE 'network  deny  denied.example  not on the list' "$WORK/log"
ok 'and what was tried' contains "$WORK/log" 'network  deny  93.184.216.35:443'
ok 'nothing is said about a redirection that works' not grep -q 'proxy variables' "$WORK/err"
ok 'however many names are asked for, those that are told are few' test "$(grep -c 'address was asked for' <<<"$(log_of_session)")" -le 128
ok 'and the last of them says so' grep -q 'more of the kind are not told' <<<"$(log_of_session)"

if [ "$runtime" = docker ]; then
  finish
  exit
fi

if [ -n "${CLAUDEFS_TEST_LONG:-}" ]; then
  plain 'python3 plain_sockets.py cert.pem flood-long many-long wild-long half-open-long' >"$WORK/out" 2>&1
  came 'a hundred thousand questions are answered as the first is' flood-long 'code 3'
  came 'a thousand connections are served at one time' many-long 1000
  came 'one that says nothing is ended' half-open-long 'ended in time'
  ok 'more names than the gate remembers are put off, not mixed up' grep -qE '^wild-long: 409[0-9] answered, 90[0-9] put off' "$WORK/out"
fi

# Lists: none, learning, and one that changes.
: >"$LIST"
ok 'with an empty list no name has an address' grep -q 'gaierror' <<<"$(plain 'python3 plain_sockets.py cert.pem name' 2>&1)"
ok 'learning gives every public name one' equal 'name: hello from allowed.example' \
  "$(session --learn-egress "$PROJECT" --exec python3 plain_sockets.py cert.pem name)"
ok 'and prints its line' grep -qx 'allowed.example' "$WORK/err"
ok 'but never a private address' equal 'private: ECONNRESET' \
  "$(session --learn-egress "$PROJECT" --exec python3 plain_sockets.py cert.pem private)"
echo allowed.example >"$LIST"
session "$PROJECT" --exec bash -c 'python3 plain_sockets.py cert.pem held' >"$WORK/held" 2>&1 &
for ((i = 0; i < 200; i++)); do [ ! -e "$PROJECT/held" ] || break; sleep 0.05; done
echo six.example >"$LIST"
"$RUN_PROGRAM" --reload-firewall >"$WORK/reload" 2>&1
touch "$PROJECT/reloaded"
wait $!
ok 'after a reload, an address that was given out before leads nowhere, and what was open goes on' \
  equal "held: open: hello from allowed.example, new: ECONNRESET" "$(cat "$WORK/held")"

# The rules, as the kernel has them, are those that people read.
here='ip link set lo up; "$1" && nft list ruleset && ip route show table all && ip addr show dev lo'
there='ip link set lo up; nft -f "$1" && nft list ruleset && ip addr add 198.18.0.1/32 dev lo &&
  for net in 0.0.0.0/1 128.0.0.0/2 192.0.0.0/3; do ip route add local "$net" dev lo src 198.18.0.1; done && ip route show table all && ip addr show dev lo'
unshare --net sh -c "$here" sh "$CLAUDEFS_BUILD/tests/gateway/redirect_here" >"$WORK/made" 2>&1
unshare --net sh -c "$there" sh "$CLAUDEFS_SOURCE/rules/redirect.nft" >"$WORK/written" 2>&1
ok 'what is sent to the kernel is what rules/redirect.nft says' equal "$(cat "$WORK/written")" "$(cat "$WORK/made")"
ok 'and is not nothing' grep -q 'tproxy to 127.0.0.1:3129' "$WORK/made"

# A kernel that cannot.
preload=$CLAUDEFS_BUILD/tests/gateway/no_netfilter.so
if [ -e "$preload" ]; then
  echo allowed.example >"$LIST"
  LD_PRELOAD=$preload session "$PROJECT" --exec bash -c 'curl -sS --max-time 10 --cacert cert.pem https://allowed.example; python3 plain_sockets.py cert.pem name address' >"$WORK/out" 2>&1
  ok 'without nf_tables the proxy works' contains "$WORK/out" 'hello from allowed.example'
  came 'names fail at once' name 'gaierror: Temporary failure in name resolution'
  came 'and addresses' address ENETUNREACH
  ok 'which is said at the start, once' equal 1 "$(grep -c 'only programs that look at the proxy variables reach it.*Protocol not supported' "$WORK/err")"
fi

# The control: what is refused here would have arrived.
: >"$WORK/reached"
"$RUN_PROGRAM" --commit never --network host "$PROJECT" --exec python3 plain_sockets.py cert.pem port-22 address >"$WORK/out" 2>&1 </dev/null
ok "control: with the host's network the other port is reached" equal 'port-22: raw' "$(grep ^port-22 "$WORK/out")"
finish
