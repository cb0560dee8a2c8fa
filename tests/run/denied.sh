#!/bin/bash
# SPDX-License-Identifier: MIT
# The attacks on the sandbox itself (denied_deeds.sh) fail in it; each succeeds where the protection is off.
. "$(dirname "$0")/run_lib.sh"
make_run_home
TAB=$'\t'
cp "$CLAUDEFS_BUILD/tests/probe/probe" "$CLAUDEFS_SOURCE/tests/run/denied_deeds.sh" "$PROJECT/"
own

# The sandbox. The daemon's pid is known once it runs; the agent waits for it.
# shellcheck disable=SC2016  # for the shell inside
as_user "$PROGRAMS/launcher/claudefs-run" --network none --commit never "$PROJECT" --exec sh -c '
  : >started
  for i in $(seq 200); do [ -e daemon ] && break; sleep 0.1; done
  VIEW=$HOME/.claude PLACE=$HOME/.claude BESIDE=$HOME FIRST=1 OTHER=1 DAEMON=$(cat daemon) STATE=$HOME/.local/state/claudefs \
    SYSTEM=/usr/local/bin SCRATCH=/tmp PROBE=$PWD/probe sh ./denied_deeds.sh >deeds
  echo alive >"$HOME/.claude/plans.md" && findmnt -no FSTYPE "$HOME/.claude" >view' </dev/null >"$WORK/out" 2>&1 &
runner=$!
wait_until test -e "$PROJECT/started"
daemon=
for pid in $(ours); do
  if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q '^[^ ]*claudefs-mount '; then daemon=$pid; fi
done
ok 'the daemon is outside, and known' test -n "$daemon"
echo "$daemon" >"$PROJECT/daemon.new" && mv "$PROJECT/daemon.new" "$PROJECT/daemon"
wait "$runner"
ok 'the session went on to its end' equal fuse.claudefs "$(cat "$PROJECT/view")"
grep -v "${TAB}denied\$" "$PROJECT/deeds" >"$WORK/not-denied"
ok 'every deed is denied in the sandbox' equal '' "$(cat "$WORK/not-denied")"
ok 'there are more than 40' test "$(wc -l <"$PROJECT/deeds")" -gt 40

# The control: a real view, and targets that nothing protects; each deed in mount and pid namespaces of its
# own, so that nothing of it stays.
if [ "$(id -u)" -ne 0 ] || [ "$RUN_AS" = user ]; then
  note 'the control is that of root'
  finish
  exit
fi
mkdir -p "$WORK/view" "$WORK/plain" "$WORK/scratch"
session=$("$CLAUDEFS_BUILD/tests/lib/make_session" --project "$PROJECT" --bare yes)
"$CLAUDEFS_BUILD/fs/mount/claudefs-mount" --foreground --session "$session" --ready-fd 1 "$WORK/view" >"$WORK/ready" 2>"$WORK/daemon.err" &
stop_at_end $!
wait_until test -s "$WORK/ready"
cut -f1 "$PROJECT/deeds" | while IFS= read -r name; do
  rm -rf "$WORK/place" "$WORK/beside"
  mkdir "$WORK/place" "$WORK/beside"
  # shellcheck disable=SC2016  # for the shell inside
  ONLY=$name VIEW=$WORK/view PLACE=$WORK/place BESIDE=$WORK/beside STATE=$HOME/.local/state/claudefs SYSTEM=$WORK/plain \
    SCRATCH=$WORK/scratch PROBE=$PROJECT/probe \
    unshare --mount --pid --fork --mount-proc --propagation private sh -c '
      sleep 60 </dev/null & FIRST=$!
      unshare --map-root-user --mount sleep 60 & OTHER=$!
      # Until it is in namespaces of its own.
      for i in $(seq 100); do [ "$(readlink /proc/$OTHER/ns/user)" != "$(readlink /proc/self/ns/user)" ] && break; sleep 0.02; done
      export FIRST OTHER DAEMON=$FIRST
      sh "$0"' "$PROJECT/denied_deeds.sh"
  umount -l "$WORK/scratch" 2>/dev/null
  rm -rf "$WORK/scratch" && mkdir "$WORK/scratch"
done >"$WORK/control"
grep -v "${TAB}done\$" "$WORK/control" >"$WORK/not-done"
ok 'every deed succeeds where nothing protects its target' equal '' "$(cat "$WORK/not-done")"
ok 'the control tried them all' equal "$(cut -f1 "$PROJECT/deeds")" "$(cut -f1 "$WORK/control")"
umount -l "$WORK/view"
finish
