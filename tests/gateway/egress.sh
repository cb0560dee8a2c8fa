#!/bin/bash
# SPDX-License-Identifier: MIT
# What a sandbox reaches: the names of the list, by TLS to the name that was asked for, and nothing else.
. "$(dirname "$0")/world.sh"
. "$(dirname "$0")/sandbox.sh"
enter_world "$0" "$@"
make_home
mkdir -p "$HOME/.claude" "$HOME/.config/claudefs"
make_world
cp "$CERT" "$PROJECT/cert.pem"
LIST=$HOME/.config/claudefs/egress.allow
cat >"$LIST" <<'END'
allowed.example
*.allowed.example
inside.example private
private.example
rebound.example
metadata.example private
engine.example
six.example
nowhere.example
END

fetch='curl -sS --max-time 10 --cacert cert.pem'
ok 'an allowed name is reached, with no word about a proxy' equal 'hello from allowed.example' "$(inside "$fetch https://allowed.example/")"
ok 'also below a wildcard' equal 'hello from other.allowed.example' "$(inside "$fetch https://other.allowed.example/")"
ok 'also by IPv6' equal 'hello from six.example' "$(inside "$fetch https://six.example/")"
ok 'also without TLS' equal 'hello from allowed.example' "$(inside "$fetch http://allowed.example/")"
ok 'a name that the list calls private may lie in a private network' equal 'hello from inside.example' \
  "$(inside "$fetch https://inside.example/")"

# refused SENTENCE NEEDLE-OF-THE-LOG COMMAND: fails inside, with that reason in the log, and nothing arrives.
refused() {
  local sentence=$1 reason=$2
  : >"$WORK/reached"
  inside "$3" >"$WORK/out" 2>&1
  ok "$sentence: it fails" test $? -ne 0
  [ -z "$reason" ] || ok "$sentence: the log says why" grep -qF "$reason" <<<"$(log_of_session)"
  ok "$sentence: nothing arrives" not grep -q request "$WORK/reached"
}
refused 'a name that is not on the list' 'denied.example","port":443,"reason":"not on the list' "$fetch https://denied.example/"
ok 'the end says which line would allow it' contains "$WORK/err" 'denied.example'
within "$PROJECT" "$REVIEW_PROGRAM" log >"$WORK/log" 2>&1
ok 'claudefs log tells the decisions' contains "$WORK/log" 'network  deny  denied.example:443' 
ok 'with their reasons, as JSON too' grep -q '"type": *"network".*"verdict"' <<<"$(within "$PROJECT" "$REVIEW_PROGRAM" log --json)"
refused 'another name of an allowed address' 'shared.example","port":443,"reason":"not on the list' "$fetch https://shared.example/"
refused 'another server name in TLS' 'TLS names another server' \
  "$fetch --connect-to shared.example:443:allowed.example:443 https://shared.example/"
refused 'TLS without a server name' 'TLS names no server' \
  'echo | openssl s_client -proxy 127.0.0.1:3128 -connect allowed.example:443 -noservername -verify_return_error -CAfile cert.pem'
refused 'something else than TLS on 443' 'something else than TLS' \
  'exec 3<>/dev/tcp/127.0.0.1/3128; printf "CONNECT allowed.example:443 HTTP/1.1\r\n\r\nSSH-2.0-x\r\n" >&3; timeout 5 grep -q hello <&3'
refused 'an address instead of a name' 'only names pass' "$fetch -k https://93.184.216.34/"
refused 'an address as a number' 'only names pass' "$fetch -k https://0x5db8d822/"
refused 'another port' 'only port 443' "$fetch https://allowed.example:8443/"
refused 'port 22' 'only port 443' "$fetch -p -x http://127.0.0.1:3128 telnet://allowed.example:22 </dev/null"
refused 'a tunnel to port 80' 'only port 443' "$fetch -p http://allowed.example/"
refused 'sending without TLS' 'only GET and HEAD' "$fetch -f -d secret http://allowed.example/"
refused 'a private address' 'private, local or reserved' "$fetch https://private.example/"
refused 'the loopback of the host' 'private, local or reserved' "$fetch https://rebound.example/"
refused 'a metadata service, whatever the list says' 'private, local or reserved' "$fetch -f http://metadata.example/"
refused "the engine's address" 'private, local or reserved' "$fetch -f http://engine.example/"
refused 'a name without an address' '' "$fetch https://nowhere.example/"
refused 'a connection of its own' '' "$fetch --noproxy '*' -k https://93.184.216.34/"
refused 'the same by IPv6' '' "$fetch --noproxy '*' -k 'https://[2606:2800:220:1::34]/'"
refused 'a name service' '' 'timeout 5 getent hosts secret-data.denied.example'
# shellcheck disable=SC2016
inside 'for i in 1 2 3; do echo secret >/dev/udp/93.184.216.34/443 || echo >/dev/udp/8.8.8.8/53; done' >"$WORK/out" 2>&1
ok 'datagrams do not leave' not reached datagram
inside 'ping -c 1 -W 1 93.184.216.34 || exit 1' >/dev/null 2>&1
ok 'nor does ICMP' test $? -ne 0
# shellcheck disable=SC2016
ok 'the sandbox has the loopback interface alone' equal lo "$(inside 'sed -n "s/^ *\([a-z0-9]*\):.*/\1/p" /proc/net/dev')"

# An empty list: nothing.
: >"$LIST"
refused 'with an empty list, what was allowed before' 'not on the list' "$fetch https://allowed.example/"
# The control: with the host's network all of it arrives.
: >"$WORK/reached"
"$RUN_PROGRAM" --commit never --network host "$PROJECT" --exec bash -c "$fetch -k https://93.184.216.35/; echo x >/dev/udp/93.184.216.34/443" \
  >/dev/null 2>&1 </dev/null
sleep 0.2
ok "control: with the host's network a denied server is reached" reached 'request'
ok 'control: and datagrams are' reached datagram

# Lists that cannot be read, and what becomes of the session.
printf 'allowed.example\n0.0.0.0/0\n' >"$LIST"
session "$PROJECT" --exec true
ok 'a bad line refuses the start' equal 8 $?
ok 'and is named by file and line' contains "$WORK/err" "$LIST:2:"
printf 'allowed.example\n' >"$LIST" && chmod 666 "$LIST"
session "$PROJECT" --exec true
ok 'a list that others may write is refused' equal 8 $?
chmod 644 "$LIST"

ok "--print-egress prints what a list of one's own begins with" grep -qx api.anthropic.com \
  <<<"$(XDG_CONFIG_HOME=$WORK/empty "$RUN_PROGRAM" --print-egress)"
ok 'or that list' equal allowed.example "$("$RUN_PROGRAM" --print-egress)"

# Learning.
echo allowed.example >"$LIST"
ok 'learning lets a public name through' equal 'hello from denied.example' \
  "$(session --learn-egress "$PROJECT" --exec bash -c "$fetch https://denied.example/")"
ok 'and prints its line' grep -qx 'denied.example' "$WORK/err"
session --learn-egress "$PROJECT" --exec bash -c "$fetch https://private.example/" >/dev/null
ok 'but never a private address' test $? -ne 0

# Reload.
echo denied.example >"$LIST"
session "$PROJECT" --exec bash -c "
  $fetch https://allowed.example/ >/dev/null 2>&1 && echo early
  touch started; until [ -e reloaded ]; do sleep 0.05; done
  $fetch https://allowed.example/; $fetch https://denied.example/ && echo late" >"$WORK/out" 2>&1 &
for ((i = 0; i < 200; i++)); do [ ! -e "$PROJECT/started" ] || break; sleep 0.05; done
printf 'allowed.example\n1.2.3.4\n' >"$LIST"
"$RUN_PROGRAM" --reload-firewall >"$WORK/reload" 2>&1
ok 'a bad list is not given to anybody' equal 8 $?
echo allowed.example >"$LIST"
"$RUN_PROGRAM" --reload-firewall >"$WORK/reload" 2>&1
ok 'a good one is taken by the running session' grep -q ': 1 names' "$WORK/reload"
touch "$PROJECT/reloaded"
wait $!
ok 'from then on it is in force, in both directions' equal 'hello from allowed.example' "$(grep -v curl: "$WORK/out")"
finish
