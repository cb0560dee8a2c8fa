# SPDX-License-Identifier: MIT
# What an agent tries against the sandbox itself. One line for each deed: its name, a tab, and "done" or
# "denied". Run in the sandbox, and as the control where nothing protects the same kind of target.
# From the environment: VIEW (the view), PLACE (where the view is mounted, or an empty directory), BESIDE
# (a directory that can be written, on the file system of PLACE), FIRST (a process: the sandbox's first),
# OTHER (one in namespaces of its own), DAEMON (one: claudefs-mount), STATE (where sessions are kept), SYSTEM
# (a directory of programs), SCRATCH (a temporary directory), PROBE (tests/probe).
# shellcheck shell=sh disable=SC2016
set -u

# deed NAME SCRIPT: done if the script succeeds.
deed() {
  [ -z "${ONLY:-}" ] || [ "$ONLY" = "$1" ] || return 0
  if sh -c "$2" >/dev/null 2>&1; then
    printf '%s\tdone\n' "$1"
  else
    printf '%s\tdenied\n' "$1"
  fi
}
# One that the probe tries: done if it was possible.
probed() {
  deed "$1" '"$PROBE" "'"$1"'" | grep -qE "	(possible|reached)"'
}

deed 'umount' 'umount "$VIEW"'
deed 'umount -l' 'umount -l "$VIEW"'
deed 'fusermount3 -u' 'fusermount3 -u "$VIEW"'
deed 'fusermount3 -uz' 'fusermount3 -uz "$VIEW"'
deed 'mount a tmpfs over the view' 'mount -t tmpfs none "$VIEW"'
deed 'bind over the view' 'mount --bind "$SCRATCH" "$VIEW"'
deed 'rename over the mountpoint' 'mkdir "$BESIDE/new" && mv -T "$BESIDE/new" "$PLACE"'
deed 'remove the mountpoint' 'rmdir "$PLACE"'
deed 'rename the mountpoint away' 'mkdir -p "$PLACE" && mv -T "$PLACE" "$BESIDE/old"'
deed 'read the sessions of the host' 'ls "$STATE/sessions"'
deed 'signal the daemon' 'kill -0 "$DAEMON"'
deed 'find the daemon in /proc' 'ls "/proc/$DAEMON"'
deed 'prlimit of the daemon' 'prlimit --pid "$DAEMON" --nofile'
deed 'renice of the daemon' 'renice -n 1 -p "$DAEMON"'
deed 'oom_score_adj of the daemon' 'echo 500 >"/proc/$DAEMON/oom_score_adj"'
deed 'environ of the first process' 'test -n "$(head -c 1 "/proc/$FIRST/environ" | od)" && head -c 1 "/proc/$FIRST/environ"'
deed 'maps of the first process' 'head -c 1 "/proc/$FIRST/maps"'
deed 'mem of the first process' 'exec 3<"/proc/$FIRST/mem"'
deed 'mem of the first process, to write' 'exec 3<>"/proc/$FIRST/mem"'
deed 'root of the first process' 'ls "/proc/$FIRST/root/"'
deed 'cwd of the first process' 'ls "/proc/$FIRST/cwd/"'
deed 'files of the first process' 'readlink "/proc/$FIRST/fd/0"'
deed 'program of the first process' 'readlink "/proc/$FIRST/exe"'
deed 'stop the first process' 'kill -STOP "$FIRST"; sleep 0.2; grep -q "^State:.T" "/proc/$FIRST/status"'
deed 'kill the first process' 'kill -KILL "$FIRST"; sleep 0.2; ! grep -q "^State:.[SR]" "/proc/$FIRST/status"'
deed 'nsenter, mounts' 'nsenter -t "$OTHER" -m true'
deed 'nsenter, user' 'nsenter -t "$OTHER" -U --preserve-credentials true'
deed 'open /dev/fuse' 'test -c /dev/fuse && exec 3<>/dev/fuse'
deed 'mknod' 'mknod "$SCRATCH/null" c 1 3'
deed 'write to the system' 'echo >"$SYSTEM/new"'
deed 'execute from /tmp' 'cp /bin/true "$SCRATCH/true" && "$SCRATCH/true"'
deed 'unshare, user' 'unshare -U true'
deed 'unshare, mounts' 'unshare -m true'
for call in 'ptrace(PTRACE_ATTACH)' keyctl io_uring_setup 'bpf(BPF_MAP_CREATE)' process_vm_readv 'setns(mnt)' \
  'unshare(CLONE_NEWUSER)' 'clone(CLONE_NEWUSER)'; do
  probed "$call"
done
