# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A network of the test's own: public addresses on a namespace's loopback, names in a hosts file, servers
# that log who reached them. Sourced by bash, in the namespaces that enter_world made.
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
GATEWAY_DIR=$CLAUDEFS_SOURCE/tests/gateway

# enter_world SCRIPT ARG...: starts SCRIPT again in a network and a mount namespace of its own.
enter_world() {
  [ -z "${IN_WORLD:-}" ] || return 0
  [ "$(id -u)" -eq 0 ] || skip_test 'not root: cannot give addresses to a network of its own'
  command -v ip >/dev/null && command -v openssl >/dev/null && command -v curl >/dev/null ||
    skip_test 'no ip, openssl or curl'
  IN_WORLD=1 exec unshare --net --mount --propagation private bash "$@"
}

# make_world: addresses, names, certificates and servers. Sets CERT.
make_world() {
  local address
  ip link set lo up
  for address in 93.184.216.34 93.184.216.35 8.8.8.8 10.1.2.3 192.168.65.7 169.254.169.254 172.17.0.1; do
    ip addr add "$address/32" dev lo
  done
  ip -6 addr add 2606:2800:220:1::34/128 dev lo nodad
  cat >"$WORK/hosts" <<'END'
127.0.0.1 localhost
93.184.216.34 allowed.example shared.example other.allowed.example
93.184.216.35 denied.example
2606:2800:220:1::34 six.example
10.1.2.3 private.example inside.example
127.0.0.1 rebound.example
169.254.169.254 metadata.example
172.17.0.1 engine.example
END
  mount --bind "$WORK/hosts" /etc/hosts
  # Nobody answers there: a name that is in no hosts file has no address.
  echo 'nameserver 127.0.0.1' >"$WORK/resolv.conf"
  mount --bind "$WORK/resolv.conf" /etc/resolv.conf
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=world \
    -addext 'subjectAltName=DNS:allowed.example,DNS:shared.example,DNS:denied.example,DNS:inside.example,DNS:private.example,DNS:six.example,DNS:learnt.example,DNS:other.allowed.example' \
    -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
  CERT=$WORK/cert.pem
  node "$GATEWAY_DIR/servers.mjs" "$WORK/key.pem" "$CERT" "$WORK/reached" >"$WORK/servers.out" 2>&1 &
  stop_at_end $!
  local i
  for ((i = 0; i < 200; i++)); do
    grep -q ready "$WORK/servers.out" && return 0
    sleep 0.05
  done
  echo "the servers did not start: $(cat "$WORK/servers.out")" >&2
  exit 1
}

# reached TEXT: is it in the servers' log?
reached() {
  grep -qF -e "$1" "$WORK/reached" 2>/dev/null
}
