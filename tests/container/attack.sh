#!/bin/bash
# SPDX-License-Identifier: MIT
# What an agent tries against the walls themselves: its view, its keeper, the kernel. All of it is denied; and
# all of it is possible in a container with every privilege, on the same processes, which shows that the attempts
# are real. (tests/run/denied.sh is the same for the native runtime.)
# shellcheck disable=SC2016
. "$(dirname "$0")/container_lib.sh"
make_container_home
cp "$CLAUDEFS_BUILD/tests/container/denied" "$(command -v fusermount3)" "$PROJECT"
chmod a-s "$PROJECT/fusermount3"
own
inside true
image=$(docker image ls --format '{{.Repository}}:{{.Tag}}' | grep '^claudefs:')

# attack NAME VICTIM...: in the session that start_agent began; its lines go to $WORK/NAME.
attack() {
  local name=$1
  shift
  printf '%s\n' "$@" >"$PROJECT/victims"
  rm -f "$PROJECT/done" "$PROJECT/result"
  touch "$PROJECT/go"
  own
  wait_until test -e "$PROJECT/done" || wait_until test -e "$PROJECT/done"
  mv "$PROJECT/result" "$WORK/$name"
}
agent='touch ready; until [ -e go ]; do sleep 0.05; done; rm go
  ./denied ~/.claude '"$HOME/.local/state/claudefs/sessions"' $(cat victims) >result 2>/dev/null; touch done
  echo after >~/.claude/after.txt; cat ~/.claude/after.txt; until [ -e go ]; do sleep 0.05; done'

# Every capability that this machine's root has: --privileged would ask for those too that it has not.
everything=(--security-opt apparmor=unconfined)
for name in DAC_READ_SEARCH IPC_LOCK LINUX_IMMUTABLE NET_ADMIN SYS_ADMIN SYS_CHROOT SYS_NICE SYS_PTRACE SYS_RESOURCE BPF; do
  ! docker run --rm --network none --cap-add "$name" "$image" true 2>/dev/null || everything+=(--cap-add "$name")
done

# control NAME PID_NAMESPACE VICTIM...: the same program with every privilege, on the same processes.
control() {
  local name=$1 pids=$2
  shift 2
  docker run --rm "${everything[@]}" --user 0:0 --security-opt seccomp=unconfined --device /dev/fuse --pid "$pids" --network none \
    -v "$PROJECT:$PROJECT:ro" -v "$HOME/.local/state/claudefs/sessions:/sessions" -w "$PROJECT" "$image" \
    sh -c 'mkdir -p /v/view; exec ./denied --control /v/view /sessions "$@"' sh "$@" >"$WORK/$name" 2>"$WORK/$name.err" </dev/null
}

# judge NAME: its two files.
judge() {
  note "$(grep -c '^denied ' "$WORK/$1") denied, $(grep -c '^possible ' "$WORK/$1") possible; control: $(
    grep -c '^possible ' "$WORK/$1-control") possible, $(grep -c '^denied ' "$WORK/$1-control") denied"
  ok "at least 33 attacks were tried" test "$(wc -l <"$WORK/$1")" -ge 33
  ok "none was possible" equal '' "$(grep -v '^denied ' "$WORK/$1")"
  ok "the view still works afterwards" contains "$WORK/out" after
  ok "the control tried something" test -s "$WORK/$1-control"
  ok "without the protection each of them is possible" equal '' "$(grep -v '^possible ' "$WORK/$1-control")"
  ok "they are the same attacks" equal "$(awk '{ print $2 }' "$WORK/$1" | sort)" \
    "$(awk '{ print $2 }' "$WORK/$1-control" | sort)"
}

start_agent "$agent"
keeper=$(docker inspect -f '{{.State.Pid}}' "$(container keeper)")
daemon=$(awk '/^NSpid/ { print $NF }' "/proc/$(pgrep -P "$keeper")/status")
attack docker "$daemon" 1
ok 'the daemon was not hurt' kill -0 "$keeper"
control docker-control "container:$(container keeper)" "$daemon" 1
touch "$PROJECT/go" && own
end_agent
[ -s "$WORK/docker-control" ] || sed "s/^/# /" "$WORK/docker-control.err"
judge docker
ok 'the journal verifies after all of it' review_session verify
ok 'the session ended as any other' contains "$(newest_session)/manifest.json" '"ended": "exit 0"'
finish
