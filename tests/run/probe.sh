#!/bin/bash
# SPDX-License-Identifier: MIT
# The risky calls of tests/probe, in the sandbox and in a control without any filter, side by side. The
# control has privileges and namespaces of its own: what it finds possible, it does not do to the machine.
. "$(dirname "$0")/run_lib.sh"
make_run_home
cp "$CLAUDEFS_BUILD/tests/probe/probe" "$PROJECT/probe" && own
TAB=$'\t'

inside ./probe >"$WORK/sandbox"
ok 'the probe says that everything was blocked' equal 0 $?
own_namespaces=(unshare --mount --uts --ipc --net --pid --fork --mount-proc --propagation private)
[ "$(id -u)" -eq 0 ] || own_namespaces+=(--map-root-user)
"${own_namespaces[@]}" "$CLAUDEFS_BUILD/tests/probe/probe" >"$WORK/control" 2>"$WORK/control.err"

# side_by_side: NAME, the sandbox's answer, the control's, and why a control proves nothing there.
join -t "$TAB" <(grep -v '^#' "$WORK/sandbox" | LC_ALL=C sort) <(grep -v '^#' "$WORK/control" | LC_ALL=C sort) |
  awk -F "$TAB" -v OFS="$TAB" '{
    why = ""
    if ($3 ~ /^blocked ENOSYS/) why = "this kernel does not have it"
    else if ($3 ~ /^blocked (EAFNOSUPPORT|EPROTONOSUPPORT)/) why = "this kernel does not have this kind of socket"
    else if ($3 ~ /^blocked/) why = "needs a privilege that the control lacks"
    print $1, $2, $3, why
  }' >"$WORK/table"
printf 'call\tsandbox\tcontrol\t\n' | cat - "$WORK/table" | column -t -s "$TAB" | sed 's/^/# /'

all=$(wc -l <"$WORK/table")
ok 'at least 66 calls are tried' test "$all" -ge 66
ok 'both runs tried the same calls' equal "$(grep -vc '^#' "$WORK/sandbox")" "$(grep -vc '^#' "$WORK/control")"
ok 'the sandbox blocks every one' equal "$all" "$(awk -F "$TAB" '$2 ~ /^blocked/' "$WORK/table" | wc -l)"
if [ "$(id -u)" -eq 0 ]; then
  # Kernels differ in what they were built with; they agree on most.
  ok 'at least two thirds of them are possible without a filter' test \
    "$(awk -F "$TAB" '$3 ~ /^(possible|reached)/' "$WORK/table" | wc -l)" -ge $((all * 2 / 3))
fi
ok 'none of the control failed for an unknown reason' equal '' \
  "$(awk -F "$TAB" '$3 !~ /^(possible|reached|blocked)/' "$WORK/table")"
if [ "$(uname -m)" = x86_64 ]; then
  ok 'the 32-bit entry kills who uses it' equal 4 "$(grep -c "^int 0x80: .*${TAB}blocked SIGSYS${TAB}" "$WORK/table")"
  ok 'and so does x32' equal 2 "$(grep -c "^x32: .*${TAB}blocked SIGSYS${TAB}" "$WORK/table")"
fi
# Of these the filter is the only wall: any user may make them.
for name in io_uring_setup add_key 'seccomp(NEW_LISTENER)' memfd_create 'ioctl(TIOCSETD)'; do
  ok "the control finds $name open" grep -qF "$name$TAB" <(awk -F "$TAB" '$3 == "possible"' "$WORK/table")
done
finish
