#!/bin/bash
# SPDX-License-Identifier: MIT
# Exit codes and signals pass through; claudefs-run's own failures are 125 to 127.
. "$(dirname "$0")/run_lib.sh"
make_run_home

ok 'exit code 0 passes through' equal 0 "$(code inside true)"
ok 'exit code 43 passes through' equal 43 "$(code inside_sh 'exit 43')"
ok 'an exit code over 128 passes through' equal 200 "$(code inside_sh 'exit 200')"
# shellcheck disable=SC2016
ok 'death by signal is 128 and the signal' equal 137 "$(code inside_sh 'kill -KILL $$')"
ok 'a command that does not exist is 127' equal 127 "$(code inside no-such-command)"
touch "$PROJECT/plain" && own
ok 'a file that cannot be executed is 126' equal 126 "$(code inside ./plain)"
printf '#!/nowhere/sh\n' >"$PROJECT/script" && chmod +x "$PROJECT/script" && own
ok 'a script whose interpreter is not there is 127' equal 127 "$(code inside ./script)"
ok 'which says that it is not the command that is missing' contains "$WORK/err" './script: what runs it is not in the sandbox'
ok 'a missing claude is 127' equal 127 "$(code run "$PROJECT" -p hi)"
ok 'and the message names the mend' contains "$WORK/err" 'npm install'
ok 'stdin passes through' equal hello "$(echo hello | run --commit never "$PROJECT" --exec cat)"
inside_sh 'echo out; echo err >&2' >"$WORK/out"
ok 'stdout passes through alone' equal out "$(cat "$WORK/out")"
ok 'stderr passes through' contains "$WORK/err" err
ok 'a closed stdout is no failure of ours' equal 0 "$(code inside_sh 'exec >&-; true')"

# shellcheck disable=SC2016  # awk's own
ok 'no signal is ignored or blocked inside' equal 'SigBlk 0000000000000000 SigIgn 0000000000000000 ' \
  "$(inside awk -F '[:\t]+' '/^Sig(Blk|Ign)/ { printf "%s %s ", $1, $2 }' /proc/self/status)"

# start SCRIPT: in the background; its pid in STARTED once it says "ready".
start() {
  rm -f "$PROJECT/ready"
  # Not through as_user: the pid must be claudefs-run's own. Background jobs of a script ignore some.
  "${AS[@]}" env -i --default-signal "HOME=$HOME" PATH=/usr/bin:/bin "$PROGRAMS/launcher/claudefs-run" --runtime native --network none --commit never "$PROJECT" \
    --exec bash -c "$1" </dev/null >"$WORK/out" 2>"$WORK/err" &
  STARTED=$!
  wait_until test -e "$PROJECT/ready"
}

for signal in HUP INT QUIT TERM USR1 USR2; do
  start "trap 'echo got $signal; exit 61' $signal; touch ready; while :; do sleep 0.05; done"
  kill "-$signal" "$STARTED"
  wait "$STARTED"
  ok "SIG$signal is forwarded" equal "61 got $signal" "$? $(cat "$WORK/out")"
done

start 'touch ready; exec sleep 4321'
kill -TERM "$STARTED"
wait "$STARTED"
ok 'a command that dies of SIGTERM is 143' equal 143 $?
ok 'nothing is left behind' wait_until none_of_ours

start 'sleep 4321 & touch ready; exit 9'
wait "$STARTED"
ok 'a background process does not keep the sandbox alive' equal 9 $?
ok 'and is gone with it' wait_until none_of_ours
finish
