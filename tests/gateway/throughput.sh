#!/bin/bash
# SPDX-License-Identifier: MIT
# A benchmark, no test: 1 GB through the gateway beside the same without it, in turns, each by TLS and
# in the clear, by curl in a sandbox. Prints medians in MB/s and their ratio, for links of the rates in
# CLAUDEFS_BENCH_RATES (tc's words; "none": loopback as it is, where server, gateway and curl share the
# cores and the ratio is one of processor time). CLAUDEFS_BENCH_BYTES, CLAUDEFS_BENCH_TURNS.
. "$(dirname "$0")/world.sh"
enter_world "$0" "$@"
make_home
mkdir -p "$HOME/.claude" "$HOME/.config/claudefs"
make_world
cp "$CERT" "$PROJECT/cert.pem"
LIST=$HOME/.config/claudefs/egress.allow
echo allowed.example >"$LIST"
bytes=${CLAUDEFS_BENCH_BYTES:-1000000000}
turns=${CLAUDEFS_BENCH_TURNS:-5}
rates=${CLAUDEFS_BENCH_RATES:-2.5gbit 5gbit none}

# speed NETWORK SCHEME: in bytes per second, as curl says.
speed() {
  "$RUN_PROGRAM" --commit never --network "$1" "$PROJECT" --exec \
    curl -sS --cacert cert.pem -o /dev/null -w '%{size_download} %{speed_download}\n' \
    "$2://allowed.example/bytes/$bytes" </dev/null 2>"$WORK/err" |
    awk -v bytes="$bytes" '$1 == bytes { printf "%.0f\n", $2 }'
}
median() {
  sort -n | awk '{ all[NR] = $1 } END { print NR ? all[int((NR + 1) / 2)] : 0 }'
}

# link_rate RATE: what the servers' network carries. The sandbox's own loopback has no limit.
link_rate() {
  tc qdisc del dev lo root 2>/dev/null
  [ "$1" = none ] || tc qdisc add dev lo root tbf rate "$1" burst 512k latency 20ms
}

for rate in $rates; do
  link_rate "$rate" || exit 1
  for scheme in https http; do
    : >"$WORK/direct"
    : >"$WORK/gateway"
    for ((turn = 0; turn < turns; turn++)); do
      speed host "$scheme" >>"$WORK/direct"
      speed gateway "$scheme" >>"$WORK/gateway"
    done
    direct=$(median <"$WORK/direct")
    through=$(median <"$WORK/gateway")
    echo "# link $rate, $scheme, $bytes bytes, median of $turns: direct $((direct / 1000000)) MB/s," \
      "through the gateway $((through / 1000000)) MB/s," \
      "ratio $(awk -v a="$through" -v b="$direct" 'BEGIN { printf "%.2f", b ? a / b : 0 }')"
    ok "link $rate, $scheme: all came through" \
      test "$(cat "$WORK/direct" "$WORK/gateway" | wc -l)" -eq $((2 * turns))
  done
done
finish
