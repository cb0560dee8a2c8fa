#!/bin/bash
# SPDX-License-Identifier: MIT
# --memory, --cpus, --pids-limit, --shm-size: what they ask for is what there is, or the session does not start.
. "$(dirname "$0")/run_lib.sh"
make_run_home
own

# limited OPTION... -- COMMAND...
limited() {
  local -a options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  run --commit never "${options[@]}" "$PROJECT" --exec "$@" </dev/null
}

ok 'the plan shows the limits' equal '{"memory":67108864,"cpus_milli":1500,"pids":64,"shm":33554432}' \
  "$(run --memory 64m --cpus 1.5 --pids-limit 64 --shm-size 32m --print-plan --json "$PROJECT" --exec true |
    node -e 'console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0)).limits))')"
ok 'a limit that is none is a usage error' equal 2 "$(code run --memory lots "$PROJECT" --exec true)"
ok 'it names the option and the form' contains <(run --memory lots "$PROJECT" --exec true; cat "$WORK/err") '--memory lots: not understood'

ok '/dev/shm has the size' equal 32768 "$(limited --shm-size 32m -- sh -c "df --output=size /dev/shm | tail -n 1 | tr -d ' '")"
ok 'and 256 MiB without the option' equal 262144 "$(inside sh -c "df --output=size /dev/shm | tail -n 1 | tr -d ' '")"
ok 'no more fits in' not limited --shm-size 1m -- sh -c 'head -c 2M /dev/zero >/dev/shm/x'

# Sleepers until one cannot be started; the shell says so and ends.
# shellcheck disable=SC2016
forks='i=0; while [ $i -lt 200 ]; do sleep 30 & i=$((i + 1)); done; echo all'
ok 'more processes than --pids-limit cannot be started' not limited --pids-limit 64 -- sh -c "$forks"
ok 'the same number can be with the default' equal all "$(limited -- sh -c "$forks")"

groups() {
  find /sys/fs/cgroup -maxdepth 6 -type d -name 'claudefs-[0-9]*' 2>/dev/null
}
# With version 1 root can always make a group. With version 2 it depends on who handed what on.
has_controller() {
  [ "$RUN_UID" -eq 0 ] || return 1
  awk '$2 != 0 && $4 == 1 { print $1 }' /proc/cgroups | grep -qx "$1" ||
    [ "$(code limited --memory 128m --cpus 1 -- true)" = 0 ]
}
hog='const all = []; for (let i = 0; i < 64; i++) all.push(Buffer.alloc(4 << 20, 1)); console.log("all " + all.length)'
if has_controller memory; then
  ok 'what takes more than --memory is killed' equal 137 "$(code limited --memory 128m -- node -e "$hog")"
  ok 'the same program ends well with more' equal 'all 64' "$(limited --memory 1g -- node -e "$hog")"
  # A daemon that was outside the group would die of it, and the journal with it.
  # shellcheck disable=SC2016
  ok 'the journal of a session that ran out of memory verifies' \
    as_user sh -c 'cd "$1" && "$2" verify' sh "$PROJECT" "$PROGRAMS/fs/cli/claudefs"
else
  ok 'without a control group --memory is refused' equal 125 "$(code limited --memory 128m -- true)"
  limited --memory 128m -- true
  ok 'with one line that says what to do' equal 1 "$(grep -c '^claudefs-run: --memory: .*systemd-run' "$WORK/err")"
fi
if has_controller cpu; then
  # How much a machine under load gives is no measure; that the group has the bound, and the agent in it, is.
  as_user "$PROGRAMS/launcher/claudefs-run" --network none --commit never --cpus 0.73 "$PROJECT" --exec \
    sh -c ': >ready; while [ ! -e stop ]; do sleep 0.1; done' </dev/null >/dev/null 2>&1 &
  runner=$!
  wait_until test -e "$PROJECT/ready"
  bounded() {
    local group
    for group in $(groups); do
      grep -qsxE '73000( 100000)?' "$group/cpu.cfs_quota_us" "$group/cpu.max" && [ "$(wc -l <"$group/cgroup.procs")" -ge 2 ] && return
    done
    return 1
  }
  ok '--cpus bounds the group that the agent is in' bounded
  : >"$PROJECT/stop"
  wait "$runner"
  ok 'and no session without it' not bounded
fi
# Other tests may have sessions of their own meanwhile.
none_left() {
  local group
  for group in $(groups); do
    kill -0 "${group##*-}" 2>/dev/null || return 1
  done
}
ok 'no group of a session is left' wait_until none_left
finish
