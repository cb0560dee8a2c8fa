#!/bin/bash
# SPDX-License-Identifier: MIT
# Canary tokens in a session that is given them, reads them and saves new ones: they are found nowhere but where
# they belong. Each search finds a canary that was planted for it on purpose.
. "$(dirname "$0")/run_lib.sh"
make_run_home

# In pieces, so that this script and its children do not hold it; and its own, since the whole machine is searched
# and other tests have canaries too.
C=CANA && C=${C}RY_$$
# For grep, whose arguments are sampled too.
printf '%s\n' "$C" >"$WORK/pattern"
login="$HOME/.claude/.credentials.json"
soon=$(($(date +%s) * 1000 + 3600000))
login_text() {
  printf '{"claudeAiOauth":{"accessToken":"sk-ant-oat01-%s-%s-access","refreshToken":"sk-ant-ort01-%s-%s-refresh","expiresAt":%s}}' \
    "$C" "$1" "$C" "$1" "$2"
}
login_text old "$soon" >"$login"
chmod 600 "$login"
login_text new "$((soon + 1000))" >"$PROJECT/new"
own

# seen FILE...: the files that hold a canary, one a line. Files that end meanwhile do not count.
seen() {
  grep -laF -f "$WORK/pattern" -- "$@" 2>/dev/null
}
# trace_processes: what every process on this machine shows of itself. Ours are among them.
trace_processes() {
  seen /proc/[0-9]*/environ /proc/[0-9]*/cmdline
}

env "PLANTED=$C" sleep 4321 &
planted=$!
stop_at_end "$planted"
wait_until grep -q PLANTED "/proc/$planted/environ"
ok 'control: a canary in an environment is seen' equal "/proc/$planted/environ" "$(trace_processes)"
kill "$planted"
wait "$planted" 2>/dev/null
bash -c 'exec -a "$0" sleep 4321' "$C" &
planted=$!
stop_at_end "$planted"
wait_until grep -qF "$C" "/proc/$planted/cmdline"
ok 'control: and one in an argument' contains <(trace_processes) "/proc/$planted/cmdline"
kill "$planted"
wait "$planted" 2>/dev/null

# Sampled without a pause, from before the start until after the end.
: >"$WORK/sampling"
while [ -e "$WORK/sampling" ]; do trace_processes; done >"$WORK/samples" &
sampler=$!
# shellcheck disable=SC2016
run --credentials-refresh --commit auto "$PROJECT" --exec sh -c 'cd ~/.claude && cat .credentials.json >/dev/null &&
  cp "$0/new" .credentials.json.tmp.1.ab && mv -f .credentials.json.tmp.1.ab .credentials.json &&
  cat .credentials.json >/dev/null; : >"$0/up"; for i in $(seq 600); do [ -e "$0/go" ] && break; sleep 0.1; done' \
  "$PROJECT" </dev/null >"$WORK/out" &
session=$!
wait_until test -e "$PROJECT/up"
is_back() { grep -q 'new-refresh' "$login"; }
ok 'the session saved a login, and the host has it' wait_until is_back

# Cores. gdb, which reads memory as root may, leaves out what the kernel would leave out.
ours_named() {
  local pid
  for pid in $(ours); do
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$1" ] || echo "$pid"
  done
}
core_of() {
  timeout 60 gcore -o "$WORK/core" "$1" >"$WORK/gcore.log" 2>&1
}
for name in claudefs-mount claudefs-run; do
  pids=$(ours_named "$name")
  # claudefs-run is two: itself, and the keeper of the login.
  ok "$name runs" test "$(wc -w <<<"$pids")" -eq "$([ "$name" = claudefs-run ] && echo 2 || echo 1)"
  for pid in $pids; do
    ok "no core of $name by the kernel" grep -qE '^Max core file size +0 +0 ' "/proc/$pid/limits"
    if [ "$(id -u)" -ne 0 ]; then
      ok "nor by its user" equal 1 "$(code core_of "$pid")"
    elif command -v gcore >/dev/null && core_of "$pid"; then
      ok "none in a core of $name that root forces" equal '' "$(seen "$WORK/core.$pid")"
    else
      echo "# no core could be forced: $(tail -n 1 "$WORK/gcore.log")"
    fi
  done
done
if [ "$(id -u)" -eq 0 ] && command -v gcore >/dev/null; then
  # A variable of a shell, made there.
  bash -c 'x=CANA; x=${x}RY_$1; : >"$0/planted"; for i in $(seq 600); do [ -e "$0/go" ] && break; sleep 0.1; done' "$PROJECT" $$ &
  planted=$!
  wait_until test -e "$PROJECT/planted"
  core_of "$planted"
  ok 'control: a core of a program that holds one shows it' equal "$WORK/core.$planted" "$(seen "$WORK/core.$planted")"
fi

state="$HOME/.local/state/claudefs"
in_state() { grep -rlaF -f "$WORK/pattern" "$state"; }
ok 'none in session, journal, objects and log while it runs' equal '' "$(in_state)"
: >"$PROJECT/go"
wait "$session"
rm "$WORK/sampling"
wait "$sampler"
ok 'it was sampled' test -e "$WORK/samples"
ok 'none in an environment or argument at any time' equal '' "$(sort -u "$WORK/samples")"
ok 'none in session, journal, objects, log and receipts afterwards' equal '' "$(in_state)"
: >"$state/planted"
printf '%s' "$C" >"$state/planted"
ok 'control: one there is seen' equal "$state/planted" "$(in_state)"
rm "$state/planted"
ok 'none in what claudefs-run said' equal '' "$(seen "$WORK/err" "$WORK/out")"
ok 'none in the plan' equal '' "$(run --print-plan --json --credentials-refresh "$PROJECT" | grep -F -f "$WORK/pattern")"
(cd "$PROJECT" && for words in status log diff 'show .credentials.json' 'why .credentials.json'; do
  # shellcheck disable=SC2086
  as_user "$PROGRAMS/fs/cli/claudefs" $words
done) >"$WORK/review" 2>&1 </dev/null
ok 'none in what claudefs shows' equal '' "$(seen "$WORK/review")"
ok 'and it showed something' contains "$WORK/review" synthetic
ok 'the host has it in its store, and nowhere else' equal "$login" \
  "$(grep -rlaF -f "$WORK/pattern" "$HOME" | grep -v "^$PROJECT/new$")"
finish
