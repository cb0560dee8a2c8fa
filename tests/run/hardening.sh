#!/bin/bash
# SPDX-License-Identifier: MIT
# What stands behind namespaces, capabilities and filter: nodump.so, Landlock's scopes, core limits. Each with
# the same deed where the protection is off.
. "$(dirname "$0")/run_lib.sh"
make_run_home
own

# The memory, environment and files of a sibling of the same uid. An interpreter, since shells may be static.
cat >"$PROJECT/look.py" <<'PY'
import os, subprocess, sys
child = subprocess.Popen(["sleep", "30"], env=dict(os.environ, SECRET="CANARY"), stdin=subprocess.PIPE)
# Until it has been through exec and its constructors: its argv is its own, and it sleeps.
while True:
    with open("/proc/%d/stat" % child.pid) as file:
        fields = file.read().rsplit(")", 1)
    with open("/proc/%d/comm" % child.pid) as file:
        if file.read() == "sleep\n" and fields[1].split()[0] == "S":
            break
for name in ("environ", "mem", "maps", "fd/0"):
    try:
        with open("/proc/%d/%s" % (child.pid, name), "rb") as file:
            print(name, "open")
    except OSError as error:
        print(name, error.strerror)
child.kill()
child.wait()
PY
ok 'a sibling of the same uid reads no environment, memory or files' equal \
  'environ Permission denied|mem Permission denied|maps Permission denied|fd/0 Permission denied|' \
  "$(inside python3 look.py | tr '\n' '|')"
ok 'outside, without nodump.so, it reads all of them' equal 'environ open|mem open|maps open|fd/0 open|' \
  "$(as_user python3 "$PROJECT/look.py" | tr '\n' '|')"
ok 'the library is named in the sandbox'"'"'s own list' equal /opt/claudefs/nodump.so "$(inside cat /etc/ld.so.preload)"
ok 'which cannot be written' not inside sh -c 'echo >/etc/ld.so.preload'
ok 'nor the library' not inside sh -c 'echo >/opt/claudefs/nodump.so'
inside sh -c 'true' >"$WORK/out"
ok 'no program complains of it' not grep -q preload "$WORK/err" "$WORK/out"

run --print-plan --json "$PROJECT" --exec true >"$WORK/plan"
# shellcheck disable=SC2016  # JavaScript's own templates
ok 'the plan says why the home may execute and /tmp may not' equal 'true exec, ~/.npm false noexec: ' \
  "$(node -e 'const plan = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    const show = (target) => plan.mounts.filter((mount) => mount.target === target && mount.kind === "tmpfs")
      .map((mount) => `${mount.exec} ${mount.why.split(" ").slice(0, target === "/tmp" ? 1 : 2).join(" ")} `).join("");
    process.stdout.write(show(plan.home) + show("/tmp"))' "$WORK/plan")"

# No core, whatever the pattern says, though the process asks for one.
inside sh -c 'ulimit -c unlimited; ulimit -Hc; sh -c "kill -SEGV \$\$"; ls -A' >"$WORK/core" 2>/dev/null
ok 'the limit of cores is 0 and stays so' equal 0 "$(head -n 1 "$WORK/core")"
ok 'a crash leaves no core in the project' not grep -q '^core' "$WORK/core"

cat >"$PROJECT/abstract.py" <<'PY'
import socket, sys
client = socket.socket(socket.AF_UNIX)
try:
    client.connect("\0" + sys.argv[1])
    print("connected")
except OSError as error:
    print(error.strerror)
PY
name=claudefs-test-$$
python3 -c 'import socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind("\0" + sys.argv[1])
server.listen(8)
print("there", flush=True)
time.sleep(120)' "$name" >"$WORK/server" &
stop_at_end $!
wait_until test -s "$WORK/server"
ok 'an abstract unix socket of the host can be connected to outside' equal connected "$(as_user python3 "$PROJECT/abstract.py" "$name")"
ok 'with no network it is not there' equal 'Connection refused' "$(inside python3 abstract.py "$name")"
cat >"$WORK/abi.py" <<'PY'
import ctypes
print(ctypes.CDLL(None).syscall(444, None, 0, 1))
PY
if [ "$(python3 "$WORK/abi.py")" -ge 6 ]; then
  ok 'with the host'"'"'s network Landlock keeps it closed' equal 'Operation not permitted' \
    "$(run --network host --commit never "$PROJECT" --exec python3 abstract.py "$name" </dev/null)"
fi
finish
