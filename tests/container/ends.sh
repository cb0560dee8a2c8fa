#!/bin/bash
# SPDX-License-Identifier: MIT
# However a session of containers ends, at a random moment: no write that the agent saw acknowledged is lost,
# the journal verifies, and claudefs names the end. Each way at least once; CLAUDEFS_TEST_LONG: 200 tries.
# shellcheck disable=SC2016
. "$(dirname "$0")/container_lib.sh"
make_container_home
inside true

# Writes numbered lines into its state and, after each, its number into the project. The padding gives the
# daemon something to hold; "grow" makes either of them run out of memory where that is bounded.
agent='i=0; grow=; trap "exit 143" TERM
  while :; do
    i=$((i + 1)); echo $i >>~/.claude/lines.txt && echo $i >>acks
    [ $i -ne 3 ] || touch ready
    [ ! -e grow-agent ] || grow=$grow$(head -c 4000000 /dev/zero | tr "\0" x)
    [ ! -e grow-keeper ] || for j in $(seq 200); do echo >~/.claude/f$i-$j; done
  done'

declare -A WANTED=(
  [agent-killed]='agent exit 137, keeper exit 0'
  [agent-removed]='agent (removed|exit 137), keeper exit 0'
  [agent-stopped]='agent exit 143, keeper exit 0'
  [agent-out-of-memory]='agent exit [0-9]+ \(out of memory\), keeper exit 0'
  [daemon-killed]='agent exit 137, keeper exit 137'
  [engine-restarted]='agent (unknown|exit [0-9]+), keeper (unknown|exit [0-9]+)'
  [keeper-killed]='agent exit 137, keeper exit 137'
  [keeper-out-of-memory]='agent exit 137( \(out of memory\))?, keeper exit 137( \(out of memory\))?'
  [keeper-removed]='agent exit 137, keeper (removed|exit 137)'
  [keeper-stopped]='agent exit 137, keeper exit 0'
  [run-killed]=none
)

# end_by WAY
end_by() {
  local pid
  case $1 in
  agent-killed) docker kill "$(container agent)" ;;
  agent-removed) docker rm -f "$(container agent)" ;;
  agent-stopped) docker stop "$(container agent)" ;;
  agent-out-of-memory) touch "$PROJECT/grow-agent" ;;
  daemon-killed)
    pid=$(docker inspect -f '{{.State.Pid}}' "$(container keeper)")
    kill -KILL "$(pgrep -P "$pid")"
    ;;
  engine-restarted)
    stop_engine
    launch_engine
    ;;
  keeper-killed) docker kill "$(container keeper)" ;;
  keeper-out-of-memory)
    docker update --memory 10m --memory-swap 10m "$(container keeper)"
    touch "$PROJECT/grow-keeper"
    ;;
  keeper-removed) docker rm -f "$(container keeper)" ;;
  keeper-stopped) docker stop "$(container keeper)" ;;
  run-killed) kill -KILL "$(pgrep -f "^$PROGRAMS/launcher/claudefs-run .*lines.txt" | head -n 1)" ;;
  esac >/dev/null 2>&1
}

nothing_runs() {
  [ -z "$(docker ps -q)" ]
}

# try_way WAY: one session. Prints why if anything is wrong.
try_way() {
  local way=$1 acked shown ended
  rm -f "$PROJECT"/{acks,grow-agent,grow-keeper}
  START_OPTIONS=()
  [ "$way" != agent-out-of-memory ] || START_OPTIONS=(--memory 96m)
  start_agent "$agent" || return 1
  sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
  end_by "$way"
  end_agent
  wait_until nothing_runs || wait_until nothing_runs || { echo 'a container still runs'; return 1; }
  # The last line may be torn, for the project is no journal.
  acked=$(head -n -1 "$PROJECT/acks" | tail -n 1)
  review_session verify >"$WORK/verify" 2>&1 || { cat "$WORK/verify"; return 1; }
  shown=$(review_session show lines.txt | tail -n 1)
  [ "$shown" -ge "$acked" ] || { echo "acknowledged $acked, kept $shown"; return 1; }
  review_session status >/dev/null || { echo 'not reviewable'; return 1; }
  ended=$(sed -n 's/.*"ended": "\(.*\)".*/\1/p' "$(newest_session)/manifest.json")
  grep -qxE "${WANTED[$way]}" <<<"${ended:-none}" || { echo "ended: ${ended:-none}"; return 1; }
  [ -z "$ended" ] || review_session status | grep -qF "$ended" || { echo 'claudefs does not name it'; return 1; }
  echo "$way: $acked acknowledged, $shown kept; $ended" >>"$WORK/ends"
}

mapfile -t ways < <(printf '%s\n' "${!WANTED[@]}" | sort)
tries=${#ways[@]}
[ -z "${CLAUDEFS_TEST_LONG:-}" ] || tries=200
own
for ((try = 0; try < tries; try++)); do
  way=${ways[try % ${#ways[@]}]}
  ok "$way: nothing is lost, and the end is named" try_way "$way"
done
sed 's/^/# /' "$WORK/ends"
run --commit never "$PROJECT" --exec true </dev/null
ok 'what a killed claudefs-run left is removed by the next session' equal '' "$(docker ps -aq)"
finish
