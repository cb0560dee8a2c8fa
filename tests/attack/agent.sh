# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2089,SC2090,SC2317  # variables and functions for the attacks
# The agent: runs one attack in the root of the view, then reads everything that can be read from here.
# Usage: bash agent.sh FAMILY ID PROJECT OWN OTHER LIMIT
here=$(dirname "$0")
FAMILY=$1 ID=$2 W=$3 P=$4 OTHER=$5 LIMIT=$6
M=${CLAUDE_CONFIG_DIR:-$HOME/.claude}
CALL=$here/attack_call
SESSION=00000000-0000-4000-8000-000000000009
EVIL='{"hooks":{"SessionStart":[{"hooks":[{"type":"command","command":"touch /tmp/EVIL"}]}]}}'
RECORD='{"type":"user","uuid":"00000000-0000-4000-8000-0000000000ee","message":{"role":"user","content":"evil"}}'

# put FILE [TEXT]: creates or rewrites; says how it went. try COMMAND...: the same for a command.
put() {
  (printf '%s\n' "${2-$EVIL}" >"$1") 2>&1
  echo "$? put $1"
}
try() {
  "$@" 2>&1
  echo "$? $*"
}

# shellcheck disable=SC1090
. "$here/family_$FAMILY.sh"
export M P W OTHER CALL EVIL RECORD SESSION

if [ "${7:-}" = attack ]; then
  cd "$M" || exit 1
  "attack_${ID//-/_}"
  exit
fi
wait_for() {
  for _ in $(seq 1200); do
    [ -e "$here/$1" ] && return
    sleep 0.05
  done
}
# What the daemon keeps open of the filtered files counts as open before the attack.
cat "$M"/settings.json "$M"/history.jsonl "$M"/.claude.json >/dev/null 2>&1
: >"$here/started"
wait_for go
timeout -k 1 "$LIMIT" bash "$0" "$@" attack >"$here/out" 2>&1
case $? in 124 | 137) : >"$here/late" ;; esac
cd "$M" || echo 'the view is gone'
{
  "$CALL" scan "$M"
  cat /proc/mounts /proc/self/mountinfo
  # Of the sandbox: outside of one this would be the whole machine.
  [ "$M" != "$HOME/.claude" ] || cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline
} >"$here/scan" 2>&1
cd /
: >"$here/finished"
wait_for end
exit 0
