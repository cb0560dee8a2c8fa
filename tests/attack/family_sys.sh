# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2119,SC2154
# SYS: the kernel's doors. Calls, other entries, /proc, limits, descriptors: what the agent reaches of the
# machine and of the sandbox's own walls.

# The probe (tests/probe) tries the calls whose names begin so; each must be blocked.
with_probe() {
  mkdir -p "$PROJECT/.agent"
  cp "$CLAUDEFS_BUILD/tests/probe/probe" "$PROJECT/.agent/"
}
probe() { "$W/.agent/probe" "$@"; }
# all_blocked COUNT: so many were tried, and none was possible.
all_blocked() {
  has_no_line "$INSIDE" '	(possible|reached|not )' || return
  [ "$(grep -c '	blocked ' "$INSIDE")" -ge "$1" ] || { echo "fewer than $1 were tried:"; cat "$INSIDE"; return 1; }
}

before_SYS_001() { with_probe; }
attack_SYS_001() { probe io_uring; }
expect_SYS_001() { all_blocked 3; }

before_SYS_003() { with_probe; }
attack_SYS_003() {
  probe ptrace process_vm pidfd_getfd kcmp process_madvise
  try strace -p 1
}
expect_SYS_003() { all_blocked 8 && has_no_line "$INSIDE" '^0 strace'; }

attack_SYS_005() {
  sleep 30 &
  # Until it is through exec, and the preloaded library through its work.
  until [ "$(cat "/proc/$!/comm")" = sleep ] && grep -q '^State:.S' "/proc/$!/status"; do :; done
  try sh -c "exec 3<>/proc/$!/mem"
  try sh -c "cat /proc/$!/mem"
  try cat "/proc/$!/environ"
  try cat "/proc/$!/maps"
  for file in /proc/1/mem /proc/1/environ /proc/1/maps /proc/1/auxv /proc/1/syscall; do try head -c 1 "$file"; done
  kill $!
}
expect_SYS_005() { has_no_line "$INSIDE" '^0 ' && has_line "$INSIDE" 'sh -c exec 3'; }

# A static program escapes nodump.so, and its memory opens; there is nothing in it.
before_SYS_006() {
  with_probe
  cp "$CLAUDEFS_BUILD/tests/attack/static_victim" "$PROJECT/.agent/"
}
attack_SYS_006() {
  probe 'prctl(PR_SET_DUMPABLE'
  "$W/.agent/static_victim" &
  until [ "$(cat "/proc/$!/comm")" = static_victim ] && grep -q '^State:.S' "/proc/$!/status"; do :; done
  try sh -c "cat /proc/$!/environ | tr '\\0' '\\n'"
  python3 - "$!" <<'PY'
import sys
with open("/proc/%s/maps" % sys.argv[1]) as maps, open("/proc/%s/mem" % sys.argv[1], "rb") as memory:
    for line in maps:
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        if "r" == line.split()[1][0] and not line.rstrip().endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
            memory.seek(start)
            sys.stdout.buffer.write(memory.read(end - start).replace(b"\0", b""))
PY
  kill $!
}
expect_SYS_006() { all_blocked 1 && has_line "$INSIDE" 'HOME='; }

before_SYS_008() { with_probe; }
attack_SYS_008() { probe bpf perf_event_open lookup_dcookie kexec init_module finit_module delete_module userfaultfd fanotify; }
expect_SYS_008() { all_blocked 9; }

before_SYS_010() { with_probe; }
attack_SYS_010() { probe fsopen fsconfig fsmount fspick open_tree move_mount mount statmount listmount umount2 pivot_root chroot; }
expect_SYS_010() { all_blocked 15; }

before_SYS_011() { with_probe; }
attack_SYS_011() { probe open_by_handle_at name_to_handle_at; }
expect_SYS_011() { all_blocked 2; }

before_SYS_013() { with_probe; }
attack_SYS_013() {
  probe personality
  try setarch -R true
  try setarch i686 true
}
expect_SYS_013() { all_blocked 4 && has_no_line "$INSIDE" '^0 setarch'; }

before_SYS_015() { with_probe; }
attack_SYS_015() {
  [ "$(uname -m)" = x86_64 ] || echo 'NOT-RUN: this processor has no other entry'
  probe 'int 0x80' x32
}
expect_SYS_015() { [ "$(uname -m)" != x86_64 ] || all_blocked 6; }

before_SYS_016() { with_probe; }
attack_SYS_016() {
  [ "$(uname -m)" = x86_64 ] || echo 'NOT-RUN: these calls are those of x86'
  probe modify_ldt iopl ioperm arch_prctl
}
expect_SYS_016() { [ "$(uname -m)" != x86_64 ] || all_blocked 5; }

# noexec stops an execve, not an interpreter. What runs there meets the same walls: it rewrites what is
# protected, and the oracle finds nothing of it on the host.
attack_SYS_018() {
  local deed="printf '%s\\n' '$EVIL' >'$M/settings.json'; echo ran; cat /proc/self/status | grep -E '^(CapEff|Seccomp):'"
  printf '#!/bin/sh\n%s\n' "$deed" >/tmp/x
  chmod 755 /tmp/x
  cp /bin/true /tmp/true
  try /tmp/x
  try /tmp/true
  try sh /tmp/x
  printf 'import subprocess\nsubprocess.run(["sh", "/tmp/x"])\n' >/tmp/x.py
  try python3 /tmp/x.py
  for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
    [ ! -e "$loader" ] || try "$loader" /tmp/true
  done
  # A nameless file where programs may run: the home.
  python3 - <<'PY'
import ctypes, os
fd = os.open(os.environ["HOME"], os.O_TMPFILE | os.O_RDWR, 0o700)
os.write(fd, b"#!/bin/sh\necho nameless ran\n")
path = os.environ["HOME"] + "/named"
# os.link() does not follow the link in /proc.
ctypes.CDLL(None).linkat(-100, b"/proc/self/fd/%d" % fd, -100, path.encode(), 0x400)
os.close(fd)
os.system(path)
PY
}
expect_SYS_018() {
  has_no_line "$INSIDE" '^0 (/tmp/|/lib)' && has_line "$INSIDE" '^0 sh /tmp/x' && has_line "$INSIDE" '^nameless ran' &&
    has_line "$INSIDE" 'Seccomp:	2' && has_no_line "$INSIDE" 'CapEff:	.*[1-9a-f]'
}

before_SYS_020() { with_probe; }
attack_SYS_020() { probe 'socket(AF_' 'socket(NETLINK_' socketpair; }
expect_SYS_020() { all_blocked 13; }

attack_SYS_021() {
  local file
  for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/hotplug /proc/sys/kernel/poweroff_cmd \
    /proc/sys/vm/overcommit_memory /proc/sys/fs/binfmt_misc/register /proc/sys/kernel/randomize_va_space /proc/sysrq-trigger \
    /sys/kernel/uevent_helper /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent /proc/irq/0/smp_affinity \
    /proc/sys/user/max_user_namespaces /proc/1/oom_score_adj/x /proc/self/attr/current /proc/acpi/wakeup; do
    put "$file" '|/tmp/evil'
  done
  try mount -t cgroup none /tmp
  try mount -t binfmt_misc none /tmp
  try sysctl -w kernel.core_pattern=/tmp/evil
}
expect_SYS_021() { has_no_line "$INSIDE" '^0 ' && has_line "$INSIDE" 'put /proc/sys/kernel/core_pattern'; }

# The launcher itself is started with open directories of the host.
before_SYS_023() {
  exec 8<"$HOME" 9<"$HOME/.claude"
  cd "$HOME/.claude" || return
}
attack_SYS_023() {
  python3 - <<'PY'
import os
# Of every process but this one: where its files and its directory lead.
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ["cwd", "root", "exe"] + ["fd/" + str(n) for n in range(64)]:
        try:
            print("link", name, os.readlink("/proc/%s/%s" % (pid, name)))
        except OSError:
            pass
print("own", sorted(os.listdir("/proc/self/fd")))
PY
  pwd
  try cat /proc/self/fd/8/.ssh/id_dummy
  try cat /proc/self/fd/9/.credentials.json
  try ls ../../../../../../../../../srv
}
expect_SYS_023() {
  has_no_line "$INSIDE" '^0 cat' && has_no_line "$INSIDE" "fd/[89] $HOME" &&
    has_no_line "$INSIDE" "^link fd/[0-9]+ ($HOME(/[^p]|\$)|/proc|/dev/(fuse|mem))" && has_line "$INSIDE" '^link exe '
}

attack_SYS_025() {
  # From the first instruction on nothing is left to win, and nobody else is there to win it from.
  grep -HE '^(Uid|Cap[A-Za-z]*|NoNewPrivs|Seccomp):' /proc/[0-9]*/status
  # (TERM it passes on to the agent, whose own that is.)
  for signal in STOP KILL; do try kill -"$signal" 1; done
  sleep 0.2
  grep '^State' /proc/1/status
  try sh -c 'exec 3<>/proc/1/mem'
  try ls /proc/1/root/ /proc/1/cwd/ /proc/1/fd/
}
expect_SYS_025() {
  # In Docker PID 1 is the keeper, with CAP_SETUID and CAP_SETGID and not the agent's to reach.
  [ "${RUNTIME[1]}" = native ] || sed -i '/Cap...:	00000000000000c0$/d' "$INSIDE"
  has_no_line "$INSIDE" 'Cap...:	.*[1-9a-f]' && has_no_line "$INSIDE" 'Seccomp:	[01]' &&
    has_no_line "$INSIDE" 'NoNewPrivs:	0' && has_line "$INSIDE" '^State:	[SR]' && has_no_line "$INSIDE" '^0 (sh|ls)'
}

before_SYS_026() {
  RUN_LIMITS=(--pids-limit 128 --memory 256m --shm-size 16m --cpus 1.5)
  LIMIT=60
}
attack_SYS_026() {
  put plans/before 'still here'
  # Every child goes on forking, for two seconds.
  python3 - <<'PY'
import os, sys, time
end, first, refused = time.time() + 2, os.getpid(), 0
while time.time() < end:
    try:
        os.fork()
    except OSError as error:
        refused += 1
        time.sleep(0.05)
if os.getpid() == first:
    print("forks refused" if refused else "forks never refused")
PY
  python3 -c 'a = bytearray(b"x") * (700 << 20); print("all memory taken")'
  echo "memory $?"
  python3 - <<'PY'
import os
held = []
try:
    while len(held) < 1 << 20:
        held.append(os.open("/dev/null", os.O_RDONLY))
    print("files never refused")
except OSError as error:
    print("files refused", error.strerror)
PY
  try dd if=/dev/zero of=/dev/shm/hog bs=1M count=64 status=none
  rm -f /dev/shm/hog
  put plans/after 'still here'
}
expect_SYS_026() {
  has_line "$INSIDE" '^forks refused' && has_line "$INSIDE" '^memory (137|1)$' && has_no_line "$INSIDE" '^all memory taken' &&
    has_line "$INSIDE" '^files refused' && has_line "$INSIDE" '^1 dd' && host_has plans/before && host_has plans/after
}

# Allowed, and of no use: the mitigations that a process gives up are its own.
attack_SYS_028() {
  python3 -c 'import ctypes
libc = ctypes.CDLL(None)
for what in (0, 1, 2):
    print("speculation", libc.prctl(53, what, 2, 0, 0))'
  grep -i speculation /proc/self/status
}
expect_SYS_028() { has_line "$INSIDE" '^speculation'; }

before_SYS_030() { with_probe; }
attack_SYS_030() {
  local file
  probe syslog
  try dmesg
  for file in /proc/kcore /proc/kallsyms /proc/kmsg /dev/kmsg /dev/mem /dev/port /proc/sched_debug /proc/timer_list \
    /proc/keys /proc/vmallocinfo /proc/kpagecount /sys/firmware/acpi/tables/DSDT /sys/kernel/debug /sys/kernel/security/lsm; do
    # What is covered by /dev/null is empty.
    try sh -c "[ -n \"\$(head -c 16 $file | od -An -tx1)\" ]"
  done
}
expect_SYS_030() { all_blocked 1 && has_no_line "$INSIDE" '^0 '; }

before_SYS_031() { with_probe; }
attack_SYS_031() { probe numbers; }
expect_SYS_031() { all_blocked 1 && has_line "$INSIDE" 'blocked ENOSYS'; }

# Of our own: classes that the list above leaves out.

before_SYS_101() { with_probe; }
attack_SYS_101() { probe 'socket(IPPROTO_' 'socket(SOCK_RAW'; }
expect_SYS_101() { all_blocked 4; }

before_SYS_102() { with_probe; }
attack_SYS_102() { probe ioctl; }
expect_SYS_102() { all_blocked 5; }

# A filter of one's own that allows everything, a listener, and threads that are to share it.
before_SYS_103() { with_probe; }
attack_SYS_103() {
  probe seccomp
  python3 - "$W/.agent/probe" <<'PY'
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 1, ctypes.addressof(allow)))
for flags in (0, 1, 4):
    print("own filter", flags, libc.syscall(317 if os.uname().machine == "x86_64" else 277, 1, flags, program), flush=True)
os.execv(sys.argv[1], [sys.argv[1], "io_uring", "add_key", "clone3", "unshare"])
PY
}
expect_SYS_103() { all_blocked 14 && has_line "$INSIDE" '^own filter 0 0$'; }

before_SYS_104() {
  with_probe
  cp "$CLAUDEFS_SOURCE/tests/run/denied_deeds.sh" "$PROJECT/.agent/"
  LIMIT=30
}
attack_SYS_104() {
  VIEW=$M PLACE=$M BESIDE=$HOME FIRST=1 OTHER=1 DAEMON=1 STATE=$HOME/.local/state/claudefs SYSTEM=/usr/local/bin SCRATCH=/tmp \
    PROBE=$W/.agent/probe sh "$W/.agent/denied_deeds.sh" | grep -vE '^(signal|find|prlimit|renice|oom_score_adj of) the daemon|of the daemon'
  put plans/alive 'Still here.'
}
expect_SYS_104() { has_no_line "$INSIDE" '	done$' && has_line "$INSIDE" '	denied$' && host_has plans/alive; }

# The files that the walls are made of.
attack_SYS_105() {
  local file
  for file in /etc/ld.so.preload /opt/claudefs/nodump.so /opt/claudefs/claudefs-init /etc/passwd /proc/1/exe /proc/self/exe \
    /lib/x86_64-linux-gnu/libc.so.6 /usr/bin/git /bin/sh; do
    put "$file" 'evil'
    try rm -f "$file"
    try mv "$file" /tmp/moved
    try chmod 777 "$file"
  done
  try sh -c 'echo x >/opt/claudefs/new'
  try sh -c 'mv /opt /tmp/opt'
  # What is preloaded stays, whatever the environment says.
  LD_PRELOAD='' LD_LIBRARY_PATH=/tmp grep -c nodump /proc/self/maps
}
expect_SYS_105() { has_no_line "$INSIDE" '^0 ' && has_line "$INSIDE" '^[1-9][0-9]*$'; }

before_SYS_106() { with_probe; }
attack_SYS_106() {
  probe memfd_
  python3 - <<'PY'
import mmap, os
with open("/tmp/code", "wb+") as file:
    file.write(b"\xc3" * 4096)
    file.flush()
    try:
        mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)
        print("mapped to execute")
    except OSError as error:
        print("refused", error.strerror)
PY
}
expect_SYS_106() { all_blocked 2 && has_line "$INSIDE" '^refused'; }

before_SYS_107() { with_probe; }
attack_SYS_107() { probe add_key keyctl request_key; try cat /proc/keys; }
expect_SYS_107() { all_blocked 3; }

before_SYS_108() { with_probe; }
attack_SYS_108() {
  probe unshare clone setns
  try unshare -U true
  try unshare -Urm true
  try bwrap --dev-bind / / true
}
expect_SYS_108() { all_blocked 23 && has_no_line "$INSIDE" '^0 '; }

sys_attacks() {
  attack SYS-001 run
  attack SYS-003 run
  attack SYS-005 run
  attack SYS-006 run
  attack SYS-008 run
  attack SYS-010 run
  attack SYS-011 run
  attack SYS-013 run
  attack SYS-015 run
  attack SYS-016 run
  attack SYS-018 run
  attack SYS-020 run
  attack SYS-021 run
  attack SYS-023 run
  attack SYS-025 run
  attack SYS-026 run
  attack SYS-028 run
  attack SYS-030 run
  attack SYS-031 run
  attack SYS-101 run
  attack SYS-102 run
  attack SYS-103 run
  attack SYS-104 run
  attack SYS-105 run
  attack SYS-106 run
  attack SYS-107 run
  attack SYS-108 run
}

# Where no sandbox is around the agent the same calls are possible; with the rules opened, what ran from
# /tmp reaches the host.
before_SYS_C01() { with_probe; }
attack_SYS_C01() { probe io_uring_setup; }
expect_SYS_C01() { all_blocked 1; }
before_SYS_C02() { open_wide; }
attack_SYS_C02() { attack_SYS_018; }
before_SYS_C03() {
  exec 9<"$HOME/.claude"
}
attack_SYS_C03() { cat /proc/self/fd/9/.credentials.json; }

sys_control() {
  must_be_unsafe SYS-C01 mount 'io_uring_setup	possible'
  must_be_unsafe SYS-C02 run 'settings.json: changed'
  must_be_unsafe SYS-C03 mount 'a secret could be read'
}
