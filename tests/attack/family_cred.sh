# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2119,SC2154
# CRED: the person's login. The access token is the agent's to read; the refresh token, and every other token
# of the host, is not; and neither gets to a disk, an environment, an argument or a core.
# shellcheck source=tests/attack/second_view.sh
[ -z "${ATTACK_DIR:-}" ] || . "$ATTACK_DIR/second_view.sh"

# The tokens' names are in pieces, so that no command line of the tests holds them. What the whole machine is
# searched for is this run's own; only the host's side has it.
GIVEN=GIVEN_ && GIVEN=${GIVEN}TOKEN_$$
REFRESH=CANARY_refresh_$$
NEW=RENEWED_ && NEW=${NEW}TOKEN
# Each file that holds a login is open in the daemon while it exists.
PINS=4

# login ACCESS REFRESH MS [SUBSCRIPTION]
login() {
  printf '{"claudeAiOauth":{"accessToken":"sk-ant-oat01-%s","refreshToken":"sk-ant-ort01-%s","expiresAt":%s,"scopes":["user:inference"],"subscriptionType":"%s"}}' \
    "$1" "$2" "$3" "${4:-max}"
}
hours_from_now() {
  echo $((($(date +%s) + 3600 * $1) * 1000))
}
# give [OPTION...]: the session gets the login of the host; its refresh token is a canary.
give() {
  login "$GIVEN" "$REFRESH" "$(hours_from_now 1)" >"$HOME/.claude/.credentials.json"
  RUN_LOGIN=("$@")
}
# give_all: with the refresh token, which is then no secret to the session.
give_all() {
  login "$GIVEN" "$GIVEN" "$(hours_from_now 1)" >"$HOME/.claude/.credentials.json"
  RUN_LOGIN=(--credentials-refresh)
  NEW_END=$(hours_from_now 9)
}
# nowhere: neither token is in anything that the session left on a disk, nor in what was said.
nowhere() {
  local found
  printf '%s\n%s\n' "$GIVEN" "$NEW" >"$WORK/tokens"
  found=$(grep -rlaF -f "$WORK/tokens" "$HOME/.local/state" "$WORK/agent.out" "$WORK/log.out" "$WORK/diff.out" "$WORK/status.out")
  says "no token in $found" test -z "$found"
}
# save TEXT: as Claude Code does.
save() {
  local temp=.credentials.json.tmp.$$.ab
  printf '%s' "$1" >"$temp" && chmod 600 "$temp" && mv -f "$temp" .credentials.json
}

before_CRED_001() {
  give
  export GITHUB_TOKEN=CANARY_github GH_TOKEN=CANARY_gh NPM_TOKEN=CANARY_npm AWS_SECRET_ACCESS_KEY=CANARY_aws \
    SSH_AUTH_SOCK=/tmp/CANARY_agent OPENAI_API_KEY=CANARY_openai
}
attack_CRED_001() {
  cat .credentials.json >/dev/null
  tr '\0' '\n' 2>/dev/null </proc/self/environ
  for dir in /proc/[0-9]*; do tr '\0' '\n' <"$dir/environ"; done 2>/dev/null
  env
  echo seen
}
expect_CRED_001() {
  has_line "$INSIDE" '^seen$' && has_line "$INSIDE" '^CLAUDE_CONFIG_DIR=' && has_no_line "$INSIDE" "$GIVEN" && nowhere
}

# Every process of the machine, as fast as it goes, from before the start until after the end.
before_CRED_003() {
  give
  printf '%s\n%s\n' "$GIVEN" "$REFRESH" >"$WORK/pattern"
  : >"$WORK/sampling"
  (while [ -e "$WORK/sampling" ]; do
    grep -laF -f "$WORK/pattern" /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null
    echo sampled
  done >"$WORK/samples") &
  SAMPLER=$!
  stop_at_end "$SAMPLER"
}
attack_CRED_003() {
  cat .credentials.json >/dev/null
  for dir in /proc/[0-9]*; do tr '\0' ' ' <"$dir/cmdline"; done
  ps auxwwe 2>/dev/null
  echo seen
}
expect_CRED_003() {
  rm "$WORK/sampling"
  wait "$SAMPLER"
  has_line "$INSIDE" '^seen$' && has_no_line "$INSIDE" "$GIVEN" &&
    says 'it was sampled' test "$(grep -c sampled "$WORK/samples")" -ge 10 && has_no_line "$WORK/samples" '^/proc'
}

before_CRED_005() { give; }
attack_CRED_005() {
  ulimit -c unlimited
  echo "limit $(ulimit -c)"
  cat .credentials.json >/dev/null
  bash -c 'x=$(cat .credentials.json); kill -ABRT $$'
  (cd "$W" && bash -c 'kill -SEGV $$')
  find / -xdev -name 'core*' -type f -newer /proc/self 2>/dev/null
  find "$W" . /tmp -name 'core*' -type f
  echo searched
}
expect_CRED_005() {
  has_line "$INSIDE" '^limit 0$' && has_line "$INSIDE" '^searched$' && has_no_line "$INSIDE" '/core' && nowhere
}

before_CRED_006() { give; }
attack_CRED_006() {
  cat .credentials.json
  save "$(login "$NEW" "$NEW" 9999999999999)"
  cat .credentials.json
  printf '%s' "$NEW" >>.credentials.json
  cp .credentials.json .credentials.json.bak
  cp .credentials.json .CREDENTIALS.JSON
  sync
}
expect_CRED_006() {
  has_line "$INSIDE" "$NEW" && nowhere && has_no_line "$WORK/log.out" 'credentials'
}

before_CRED_008() { give_all; }
attack_CRED_008() {
  local good
  good=$(login "$NEW" "$NEW" "$(hours_from_now 9)")
  save 'not json'
  save "{\"claudeAiOauth\":{}}"
  save "$(login "$NEW" "$NEW" 1)"
  save "$(login "$NEW" "$NEW" 99999999999999999)"
  save "$(login "$NEW" "$NEW" "$(hours_from_now 9)" enterprise)"
  save "${good/user:inference/org:admin}"
  save "${good/sk-ant-oat01/sk-ant-api03}"
  save "${good/\"refreshToken\"/\"other\"}"
  save "${good/sk-ant-ort01-/}"
  save "$(printf '%s' "$good" | sed 's/"accessToken":"/&\\n/')"
  save "$good$good"
  for i in $(seq 200); do save "$i"; done
  ln -sf /etc/passwd .credentials.json
  mkdir .credentials.json.d
  echo saved
}
expect_CRED_008() {
  has_line "$INSIDE" '^saved$' && has_line "$WORK/agent.out" 'was not written back' && nowhere &&
    says 'few words of it' test "$(grep -c 'was not written back' "$WORK/agent.out")" -le 5
}

# The rotation that it is for. Only the store changes, and by compare-and-swap.
before_CRED_008b() {
  give_all
  ignored='^(proj|\.local/state/claudefs|\.claude/\.credentials\.json)(/|$)'
}
attack_CRED_008b() { save "$(login "$NEW" "$NEW" "$(hours_from_now 9)")"; }
expect_CRED_008b() {
  has_line "$HOME/.claude/.credentials.json" "\"sk-ant-oat01-$NEW\",\"refreshToken\":\"sk-ant-ort01-$NEW\"" &&
    says 'it is the user'"'"'s alone' test "$(stat -c '%a %u' "$HOME/.claude/.credentials.json")" = "600 $(id -u)" &&
    has_line "$WORK/agent.out" 'was written back' && nowhere
}

before_CRED_010() { give; }
attack_CRED_010() {
  cat .credentials.json
  bash -c 'cat < "$CLAUDE_CONFIG_DIR/.credentials.json"'
  cat /proc/self/root/"$M"/.credentials.json
}
# The documented limit: what Claude needs, its tools can read. No more than that.
expect_CRED_010() {
  has_line "$INSIDE" "$GIVEN" && has_no_line "$INSIDE" 'refreshToken'
}

attack_CRED_011() { env | grep -iE 'gh[opusr]_|github' || echo none; }
before_CRED_011() {
  export GITHUB_TOKEN=ghp_CANARYCANARY
  mkdir -p "$HOME/.config/gh"
  printf 'github.com:\n  oauth_token: gho_CANARY\n' >"$HOME/.config/gh/hosts.yml"
  printf 'https://x:ghp_CANARY@github.com\n' >"$HOME/.git-credentials"
}
expect_CRED_011() {
  local prefix
  has_line "$INSIDE" '^none$' || return
  for prefix in ghp_ gho_ ghu_ ghs_ ghr_; do
    says "$prefix is refused" test "$(code_of "$RUN_PROGRAM" --runtime native --env "GITHUB_TOKEN=${prefix}x" --print-plan "$PROJECT" --exec true)" -eq 2 || return
  done
  says 'so is the caller'"'"'s' test "$(code_of "$RUN_PROGRAM" --runtime native --env GITHUB_TOKEN --print-plan "$PROJECT" --exec true)" -eq 2 &&
    says 'a fine-grained one is not' test "$(code_of "$RUN_PROGRAM" --runtime native --env GITHUB_TOKEN=github_pat_x --print-plan "$PROJECT" --exec true)" -eq 0
}

# frame TEXT: as the launcher sends it.
frame() {
  printf 'CFC1'
  printf '%08x' "${#1}" | sed -E 's/(..)(..)(..)(..)/\\x\4\\x\3\\x\2\\x\1/' | xargs -0 printf '%b'
  printf '%s' "$1"
}
serve_login() {
  frame "$(login "$GIVEN" "$GIVEN" 9999999999999)" >"$WORK/frame"
  serve "$(new_session)" "$WORK/view2" --credentials-fd 7 7<"$WORK/frame"
}

attack_CRED_013() { :; }
expect_CRED_013() {
  serve_login || return
  has_line "$WORK/view2/.credentials.json" "$GIVEN" || return
  cat "$WORK/view2/.credentials.json" >"$WORK/copy"
  cp "$WORK/copy" "$WORK/view2/.credentials.json.tmp.1" && mv "$WORK/view2/.credentials.json.tmp.1" "$WORK/view2/.credentials.json"
  # What is shown, and what was written: 68 KiB and a page.
  says 'its memory is locked' test "$(awk '/^VmLck:/ { print $2 }' "/proc/$SERVER/status")" -ge 72 &&
    says 'it ends' end_server
}

before_CRED_015() {
  export SSH_AUTH_SOCK=$HOME/agent.sock GPG_AGENT_INFO=$HOME/gpg.sock DBUS_SESSION_BUS_ADDRESS=unix:path=$HOME/bus
  node -e 'for (const n of ["agent.sock", "gpg.sock", "bus"]) require("net").createServer(() => {}).listen(process.argv[1] + "/" + n)' "$HOME" &
  stop_at_end $!
  for _ in $(seq 100); do [ -S "$HOME/bus" ] && break; sleep 0.05; done
  mkdir -p "$HOME/.docker" "$HOME/.gnupg"
  printf '{"auths":{"x":{"auth":"CANARY"}}}' >"$HOME/.docker/config.json"
}
attack_CRED_015() {
  find / \( -path /proc -o -path /usr -o -path /sys \) -prune -o -type s -print 2>/dev/null
  env | grep -E 'SOCK|AGENT|BUS'
  ls -a "$HOME"
  # Abstract ones are of the network namespace.
  awk 'NR > 1 { print "unix " $NF }' /proc/net/unix
  echo searched
}
expect_CRED_015() {
  has_line "$INSIDE" '^searched$' && has_no_line "$INSIDE" '(sock|/bus|\.docker|\.gnupg|unix [@/])'
}

attack_CRED_016() { :; }
expect_CRED_016() {
  serve_login || return
  exec 6<"$WORK/view2/.credentials.json"
  has_line "$WORK/view2/.credentials.json" "$GIVEN" || return
  fusermount3 -uz "$WORK/view2" 2>/dev/null || umount -l "$WORK/view2"
  end_server
  says 'the mountpoint is empty' test -z "$(ls -A "$WORK/view2")" || return
  says 'an open file reads no more' test -z "$(cat <&6 2>/dev/null)"
  local code=$?
  exec 6<&-
  return $code
}

# Expired, and the host's claude cannot renew it.
before_CRED_018() {
  login "CANARY_expired" "CANARY_refresh" 1 >"$HOME/.claude/.credentials.json"
  printf '#!/bin/sh\necho x >>"%s"\nexit 1\n' "$WORK/asked" >"$WORK/claude"
  chmod 755 "$WORK/claude"
  RUN_LOGIN=(--claude "$WORK/claude")
}
attack_CRED_018() { ls -a; }
expect_CRED_018() {
  has_no_line "$INSIDE" 'credentials' && has_line "$WORK/agent.out" 'the login has expired' &&
    says 'it was asked once' test "$(wc -l <"$WORK/asked")" -eq 1 &&
    says 'claude is not started' test "$(code_of "$RUN_PROGRAM" --runtime native --claude "$WORK/claude" "$PROJECT" -p x </dev/null)" -eq 125 &&
    says 'one line says why' test "$(grep -c 'the login has expired: run claude' "$WORK/code.out")" -eq 1
}

# Ways of a login into the store, and of a stored file to the login's name.
before_CRED_020() { give; }
attack_CRED_020() {
  save "$(login "$NEW" "$NEW" 9999999999999)"
  try mv .credentials.json plans/token.md
  try mv .credentials.json token
  try ln .credentials.json plans/token.md
  try ln -s .credentials.json plans/token.md
  try mv plans/p.md .credentials.json
  try mv plans/p.md .Credentials.json
  try "$CALL" tmpfile . .credentials.json
  try mv .credentials.json .credentials.json.old
  try mv .credentials.json.old plans
  mkdir sub && try mv .credentials.json.old sub/.credentials.json
  try truncate -s 1G .credentials.json.old
  try fallocate -l 1M .credentials.json.old
  rm -rf sub
}
expect_CRED_020() { has_line "$INSIDE" 'Read-only file system' && nowhere; }

# The memory that a session can make the daemon use for logins is bounded.
before_CRED_021() { PINS=32; }
attack_CRED_021() {
  local i
  head -c 100000000 /dev/zero >.credentials.json
  stat -c 'size %s' .credentials.json
  for i in $(seq 300); do
    head -c 1000000 /dev/zero >".credentials.json.$i"
  done 2>&1 | sed 's/[0-9]*: //g' | sort | uniq -c
}
expect_CRED_021() {
  has_line "$INSIDE" '(File too large|No space left)' &&
    says 'at most 64 KiB' test "$(awk '/^size/ { print ($2 <= 65536) }' "$INSIDE")" = 1
}

cred_attacks() {
  attack CRED-001 run
  attack CRED-003 run
  attack CRED-005 run
  attack CRED-006 run
  attack CRED-008 run
  attack CRED-008b run
  attack CRED-010 run
  attack CRED-011 run
  attack CRED-013 mount
  attack CRED-015 run
  attack CRED-016 mount
  attack CRED-018 run
  attack CRED-020 run
  attack CRED-021 mount
}

# With the refresh token handed in it can be read; with the rules opened, so can the host's file.
before_CRED_C01() { give --credentials-refresh; }
attack_CRED_C01() { cat .credentials.json; }
before_CRED_C02() { open_wide; }
attack_CRED_C02() { cat .credentials.json; }
# What the agent itself copies out of its login is in the session: the search for it finds that.
before_CRED_C03() { give; }
attack_CRED_C03() { cat .credentials.json >plans/p.md; }
expect_CRED_C03() { nowhere; }

cred_control() {
  must_be_unsafe CRED-C01 run 'secret could be read'
  must_be_unsafe CRED-C02 mount 'secret could be read'
  must_be_unsafe CRED-C03 run 'not so: no token in .*objects'
}
