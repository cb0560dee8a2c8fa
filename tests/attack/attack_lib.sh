# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The frame around one attack: a fresh home with planted secrets, a session, the attack as the agent
# would run it, `commit --all`, and the oracle. Sourced by bash with CLAUDEFS_SOURCE and CLAUDEFS_BUILD.
#
# A family is a file family_NAME.sh with, for each ID (its '-' written as '_'):
#   attack_ID      runs in the session, in the root of the view; its output is kept in $INSIDE
#   before_ID      on the host, before the session starts (optional)
#   host_ID        on the host, between the end of the session and the commit (optional)
#   expect_ID      on the host, after the commit: prints why it is not safe, and fails (optional)
# and with a list of calls of `attack ID MODE`. MODE: mount (claudefs-mount as it is, with all the
# privileges of the caller: the kernel's own refusals do not help) or run (claudefs-run --exec).
# Variables that an ID may set in before_ID: RULES (a rule file), COMMIT_CODES, VERIFY_CODES (regular
# expressions of exit codes), LIMIT (seconds), RUN_LIMITS and RUN_LOGIN (options of claudefs-run), PINS (links of the user, held by the daemon once used).
#
# Known to attacks: $M (the view's root), $P (this project's directory name in projects/), $OTHER (that
# of another project, which is hidden), $W (the project), $CALL (attack_call).

. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
ATTACK_DIR=$CLAUDEFS_SOURCE/tests/attack
ATTACK_CALL=$CLAUDEFS_BUILD/tests/attack/attack_call
MANIFEST=$CLAUDEFS_BUILD/tests/lib/manifest_of_tree
OUTPUT_CHECK=$CLAUDEFS_BUILD/tests/lib/output_check
MAKE_SESSION=$CLAUDEFS_BUILD/tests/lib/make_session
MOUNT_PROGRAM=$CLAUDEFS_BUILD/fs/mount/claudefs-mount
SECRET_SIZE=48879123
OWN_SESSION=00000000-0000-4000-8000-000000000009
RSS_LIMIT_KB=307200
# The sandbox that mode run means; run_container.sh has another.
RUNTIME=(--runtime native)

# The planted login is a secret like all others, but for the family that is about it.
RUN_LOGIN=(--credentials none)
# Only the family that is about it has a network.
RUN_NETWORK=(--network none)

ATTACKS_BAD=0

plant() {
  mkdir -p "$(dirname "$HOME/$1")"
  printf '%s\n' "$2" >"$HOME/$1"
}

# What a person has: protected files, other projects, settings, history, and things beside ~/.claude.
plant_home() {
  P=$(encoded "$PROJECT")
  OTHER=-srv-somebody-else
  plant .claude.json "{\"hasCompletedOnboarding\": true, \"oauthAccount\": {\"emailAddress\": \"CANARY_MAIL\"}, \"mcpServers\": {\"m\": {\"command\": \"x\", \"env\": {\"K\": \"CANARY_MCP\"}}}, \"projects\": {\"$PROJECT\": {\"hasTrustDialogAccepted\": true}, \"/srv/CANARY_PROJECT\": {\"history\": [\"CANARY_PROMPT\"]}}}"
  plant .claude/settings.json '{"model": "opus", "env": {"MY_TOKEN": "CANARY_TOKEN"}}'
  plant .claude/CLAUDE.md 'Be kind.'
  plant .claude/rules/a.md 'A rule.'
  plant .claude/skills/s/SKILL.md 'A skill.'
  plant .claude/agents/reviewer.md 'An agent.'
  plant .claude/commands/c.md 'A command.'
  plant .claude/hooks/h.sh '#!/bin/sh'
  plant .claude/plugins/config.json '{}'
  plant .claude/plans/p.md 'A plan.'
  plant .claude/keybindings.json '{}'
  plant .claude/session-env/s/setup-hook-1.sh 'export A=CANARY_ENVIRONMENT'
  plant .claude/debug/CANARY_NAME.txt 'CANARY_DEBUG'
  plant .claude/.credentials.json '{"claudeAiOauth":{"accessToken":"CANARY_CREDENTIAL"}}'
  plant ".claude/projects/$OTHER/00000000-0000-4000-8000-000000000008.jsonl" '{"type":"user","cwd":"/srv/somebody/else","message":{"content":"CANARY_OTHER"}}'
  plant .claude/projects/-srv-CANARY-project/memory/MEMORY.md 'CANARY_MEMORY'
  truncate -s "$SECRET_SIZE" "$HOME/.claude/projects/$OTHER/large.jsonl"
  plant ".claude/projects/$P/$OWN_SESSION.jsonl" \
    "{\"type\":\"user\",\"uuid\":\"00000000-0000-4000-8000-000000000099\",\"cwd\":\"$PROJECT\",\"sessionId\":\"$OWN_SESSION\"}"
  plant ".claude/projects/$P/memory/MEMORY.md" 'A memory.'
  plant .claude/history.jsonl '{"display":"CANARY_HISTORY","pastedContents":{},"timestamp":1,"project":"/srv/CANARY_PROJECT","sessionId":"00000000-0000-4000-8000-000000000008"}'
  printf '%s\n' "{\"display\":\"mine\",\"pastedContents\":{},\"timestamp\":2,\"project\":\"$PROJECT\",\"sessionId\":\"$OWN_SESSION\"}" >>"$HOME/.claude/history.jsonl"
  plant .bashrc '# mine'
  plant .ssh/id_dummy 'CANARY_KEY'
  plant .local/bin/tool '#!/bin/sh'
  plant victim/precious 'CANARY_VICTIM'
  chmod 755 "$HOME/.local/bin/tool" "$HOME/.claude/hooks/h.sh"
  chmod 600 "$HOME/.claude/.credentials.json" "$HOME/.claude/settings.json"
  mkdir -p "$HOME/.local/state/claudefs"
  chmod 700 "$HOME/.local/state/claudefs"
  mkdir -p "$HOME/.config/claudefs/rules.d"
  ignored='^(proj|\.local/state/claudefs)(/|$)'
  approved="^\.claude/(history\.jsonl|keybindings\.json|(plans|todos|tasks|agent-memory|file-history|image-cache|paste-cache|themes)(/.*)?|projects/$P(/(memory(/.*)?|[^/]*\.jsonl|[-0-9a-f]{36}(/(subagents|tool-results)(/.*)?)?))?)$"
}

# whole_home_is_safe BEFORE AFTER: points 1 and 2.
whole_home_is_safe() {
  awk -v ignored="$ignored" -v approved="$approved" -v own_parent="projects/$P" \
    -f "$ATTACK_DIR/oracle.awk" "$1" "$2"
}

manifest() {
  "$MANIFEST" "$HOME" >"$WORK/$1" 2>"$WORK/$1.err" || complain "the home could not be read: $(head -n 1 "$WORK/$1.err")"
}

complain() {
  printf '%s\n' "$1" | head -n 40 >>"$WORK/complaints"
}

newest_session() {
  find "$HOME/.local/state/claudefs/sessions" -mindepth 1 -maxdepth 1 | sort | tail -n 1
}

# daemon_of_session: the pid of the claudefs-mount that serves this home's newest session.
daemon_of_session() {
  local id file
  id=$(basename "$(newest_session)")
  grep -lzxF -e "$id" /proc/[0-9]*/cmdline 2>/dev/null | while IFS= read -r file; do
    if tr '\0' ' ' 2>/dev/null <"$file" | grep -qE "^[^ ]*claudefs-mount "; then
      file=${file%/cmdline}
      echo "${file#/proc/}"
    fi
  done | head -n 1
}

# Not counted: the pipes that libfuse makes for each of its threads once, when it first splices.
open_files() {
  find "/proc/$1/fd" -mindepth 1 ! -lname 'pipe:*' 2>/dev/null | wc -l
}

# The agent's side of both modes: what it may use, and where.
prepare_agent() {
  mkdir -p "$PROJECT/.agent"
  cp "$ATTACK_DIR/agent.sh" "$ATTACK_DIR/family_$FAMILY.sh" "$ATTACK_CALL" "$PROJECT/.agent/"
  [ -z "${WORLD_CERT:-}" ] || cp "$WORLD_CERT" "$PROJECT/cert.pem"
  INSIDE=$PROJECT/.agent/out
  AGENT=(bash "$PROJECT/.agent/agent.sh" "$FAMILY" "$ID" "$PROJECT" "$P" "$OTHER" "$LIMIT")
}

# A file of the agent's directory says how far it is; both sides wait for the other's.
wait_for_agent() {
  local i
  for ((i = 0; i < (LIMIT + 20) * 20; i++)); do
    [ -e "$PROJECT/.agent/$1" ] && return 0
    kill -0 "$AGENT_PID" 2>/dev/null || [ -e "$PROJECT/.agent/$1" ] || return 1
    sleep 0.05
  done
  return 1
}

start_in_mount() {
  local id i
  mkdir -p "$WORK/view"
  id=$("$MAKE_SESSION" --project "$PROJECT" --bare yes) || return 1
  "$MOUNT_PROGRAM" --foreground --session "$id" ${RULES:+--rules "$RULES"} --ready-fd 1 "$WORK/view" \
    >"$WORK/ready" 2>"$WORK/daemon.err" &
  DAEMON=$!
  stop_at_end "$DAEMON"
  for ((i = 0; i < 200; i++)); do
    [ -s "$WORK/ready" ] && break
    kill -0 "$DAEMON" 2>/dev/null || break
    sleep 0.05
  done
  [ -s "$WORK/ready" ] || return 1
  CLAUDE_CONFIG_DIR=$WORK/view "${AGENT[@]}" </dev/null >"$WORK/agent.out" 2>&1 &
  AGENT_PID=$!
}

start_in_run() {
  "$RUN_PROGRAM" "${RUNTIME[@]}" "${RUN_NETWORK[@]}" --commit never ${RULES:+--rules "$RULES"} ${RUN_LIMITS:+"${RUN_LIMITS[@]}"} \
    "${RUN_LOGIN[@]}" "$PROJECT" --exec "${AGENT[@]}" \
    </dev/null >"$WORK/agent.out" 2>&1 &
  AGENT_PID=$!
}

# Point 4, while the session still runs.
check_daemon() {
  local rss i
  if ! kill -0 "$DAEMON" 2>/dev/null; then
    complain "the daemon died: $(head -n 3 "$WORK/daemon.err" 2>/dev/null)"
    return
  fi
  rss=$(awk '/^VmHWM:/ { print $2 }' "/proc/$DAEMON/status")
  [ "${rss:-0}" -lt "$RSS_LIMIT_KB" ] || complain "the daemon used $rss KB of memory"
  # Releases arrive a little after the close.
  for ((i = 0; i < 40; i++)); do
    [ "$(open_files "$DAEMON")" -gt "$((BASELINE + ${PINS:-0}))" ] || return 0
    sleep 0.05
  done
  complain "the daemon holds $(open_files "$DAEMON") files, $BASELINE before the attack:
$(ls -l "/proc/$DAEMON/fd")"
}

# session MODE: the attack from its start to its end.
session() {
  "start_in_$1" || { complain "the session did not start: $(cat "$WORK/daemon.err" "$WORK/agent.out" 2>/dev/null)"; return; }
  wait_for_agent started || { complain "the agent did not start: $(cat "$WORK/agent.out")"; return; }
  [ "$1" = mount ] || DAEMON=$(daemon_of_session)
  BASELINE=$(open_files "$DAEMON")
  : >"$PROJECT/.agent/go"
  wait_for_agent finished || complain "the attack did not end: $(tail -n 3 "$WORK/agent.out")"
  check_daemon
  [ ! -e "$PROJECT/.agent/late" ] || complain "the attack took longer than $LIMIT seconds"
  : >"$PROJECT/.agent/end"
  wait "$AGENT_PID" 2>/dev/null
  if [ "$1" = mount ]; then
    kill -TERM "$DAEMON" 2>/dev/null
    wait "$DAEMON" 2>/dev/null
  fi
  ! grep -qE 'Sanitizer|runtime error' "$WORK/daemon.err" "$WORK/agent.out" 2>/dev/null ||
    complain "a sanitizer reported"
}

# Point 3.
check_secrets() {
  local found
  found=$(grep -alE "CANARY|$SECRET_SIZE" "$INSIDE" "$PROJECT/.agent/scan" "$WORK/agent.out" "$WORK/daemon.err" 2>/dev/null)
  # Not by grep's code: that is an error where one of the files is missing, whatever the others hold.
  [ -z "$found" ] ||
    complain "a secret could be read: $found: $(grep -haoE -m 3 ".{0,60}(CANARY|$SECRET_SIZE).{0,20}" "$PROJECT/.agent/scan" "$INSIDE" | head -n 3)"
  [ -s "$PROJECT/.agent/scan" ] || complain 'the view was not read'
  found=$(find "$HOME/.local/state/claudefs/sessions" -name receipts -prune -o -type f -print0 |
    xargs -0r grep -al CANARY)
  [ -z "$found" ] || complain "a secret is in the session: $found"
  found=$(find "$HOME/.local/state/claudefs" ! -type f ! -type d) && [ -n "$found" ] &&
    complain "a link or special file in the session: $found"
  found=$(find "$HOME/.local/state/claudefs/sessions" -mindepth 1 -maxdepth 1 -perm /077) && [ -n "$found" ] &&
    complain "others may read the session"
}

# review_says NAME ARGUMENT...: claudefs on the session; output in $WORK/NAME.{out,err}, exit code in $WORK/NAME.code.
# Point 6 on the way.
review_says() {
  local name=$1 stream
  shift
  (cd "$PROJECT" && timeout 60 "$REVIEW_PROGRAM" ${RULES:+--rules "$RULES"} "$@") \
    </dev/null >"$WORK/$name.out" 2>"$WORK/$name.err"
  echo $? >"$WORK/$name.code"
  for stream in out err; do
    [ ! -s "$WORK/$name.$stream" ] || "$OUTPUT_CHECK" safe <"$WORK/$name.$stream" 2>"$WORK/unsafe" ||
      complain "claudefs $* is not terminal-safe: $(cat "$WORK/unsafe")"
    ! grep -qaE "CANARY" "$WORK/$name.$stream" || complain "claudefs $* shows a secret"
  done
}

code_is() {
  grep -qxE "$2" "$WORK/$1.code" ||
    complain "claudefs $1 ended with $(cat "$WORK/$1.code"), not $2: $(head -n 5 "$WORK/$1.err")"
}

# Points 5 and 6, then the commit.
review_and_commit() {
  review_says verify verify
  code_is verify "${VERIFY_CODES:-0}"
  review_says status status --json
  review_says again status --json
  cmp -s "$WORK/status.out" "$WORK/again.out" || complain 'two replays do not give the same state'
  review_says text status
  review_says log log
  review_says diff diff
  review_says sessions sessions
  if declare -F "host_$NAME" >/dev/null; then
    "host_$NAME"
    manifest before
  fi
  review_says commit commit --all
  code_is commit "${COMMIT_CODES:-[03]|13}"
  review_says verify verify
  code_is verify "${VERIFY_CODES:-0}"
}

# Everything of one attack, in a subshell of its own. Complaints are in $WORK/complaints.
one_attack() {
  make_home
  plant_home
  LIMIT=10
  : >"$WORK/complaints"
  ! declare -F "before_$NAME" >/dev/null || "before_$NAME"
  manifest before
  prepare_agent
  session "$1"
  manifest ended
  whole_home_is_safe "$WORK/before" "$WORK/ended" >"$WORK/damage" || complain "before commit: $(cat "$WORK/damage")"
  check_secrets
  review_and_commit
  manifest after
  whole_home_is_safe "$WORK/before" "$WORK/after" >"$WORK/damage" || complain "after commit: $(cat "$WORK/damage")"
  if declare -F "expect_$NAME" >/dev/null; then
    "expect_$NAME" >"$WORK/expect" 2>&1 || complain "expected: $(cat "$WORK/expect")"
  fi
  if [ -s "$WORK/complaints" ]; then
    sed 's/^/    /' "$WORK/complaints"
    [ -z "${CLAUDEFS_TEST_KEEP:-}" ] || echo "    kept: $TEST_ROOT"
    return 1
  fi
  local reason
  reason=$(sed -n 's/^NOT-RUN: //p' "$INSIDE" | head -n 1)
  [ -z "$reason" ] || { echo "$reason"; return 2; }
}

# verdict_of ID MODE: prints the line of one attack; what is wrong follows, indented.
verdict_of() {
  local output code
  ID=$1
  NAME=${1//-/_}
  output=$(one_attack "$2" 2>&1)
  code=$?
  case $code in
  0) echo "$ID SAFE" ;;
  2) echo "$ID NOT-RUN($output)" ;;
  *) printf '%s UNSAFE\n%s\n' "$ID" "$output" ;;
  esac
  return "$code"
}

# attack ID MODE [not-claimed]: only SAFE passes; or NOT-RUN, where docs/THREAT-MODEL.md says that nothing is claimed.
attack() {
  case " ${ONLY:-$1} " in *" $1 "*) ;; *) return 0 ;; esac
  verdict_of "$1" "$2"
  case $?${3:+ $3} in
  0 | '2 not-claimed') ;;
  *) ATTACKS_BAD=$((ATTACKS_BAD + 1)) ;;
  esac
}

# must_be_unsafe ID MODE PATTERN: for controls; the oracle finds the damage, and says what the pattern says.
must_be_unsafe() {
  local output
  output=$(verdict_of "$1" "$2")
  if grep -q '^[^ ]* UNSAFE$' <<<"$output" && grep -qE -e "$3" <<<"$output"; then
    echo "$1 control: found ($3)"
  else
    printf '%s\n' "$1 control: NOT found ($3):" "$output"
    ATTACKS_BAD=$((ATTACKS_BAD + 1))
  fi
}

# open_wide: a rule file with which nothing is protected; for controls.
open_wide() {
  RULES=$WORK/wide.json
  cat >"$RULES" <<'JSON'
{ "version": 1, "rules": [
  { "path": "**", "read": "show", "write": "auto", "merge": "replace",
    "why": "a control: with this rule the oracle must find the damage" }
] }
JSON
}

# has_line FILE PATTERN, has_no_line FILE PATTERN: for expect functions.
has_line() {
  grep -qaE -e "$2" "$1" || { echo "no line like '$2' in $(basename "$1"):"; head -n 8 "$1"; return 1; }
}
has_no_line() {
  ! grep -aE -m 3 -e "$2" "$1" || { echo "a line like '$2' in $(basename "$1")"; return 1; }
}
host_has() {
  [ -e "$HOME/.claude/$1" ] || { echo "the host has no $1"; return 1; }
}
# In this spelling: a host that folds answers to others too.
host_lacks() {
  local name
  while IFS= read -r -d '' name; do
    [ "$name" != "$(basename "$1")" ] || { echo "the host has $1"; return 1; }
  done < <(find "$(dirname "$HOME/.claude/$1")" -mindepth 1 -maxdepth 1 -printf '%f\0' 2>/dev/null)
}

# audit_json: what the audit tells, in $WORK/audit.json.
audit_json() {
  # A host that has it runs git's hooks and monitors: none of them may run now.
  (cd "$PROJECT" && timeout 60 "$REVIEW_PROGRAM" audit --json) >"$WORK/audit.json" 2>"$WORK/audit.err" ||
    { echo "audit: $(head -n 3 "$WORK/audit.err")"; return 1; }
  "$OUTPUT_CHECK" safe <"$WORK/audit.json"
}

# tells CHANGE PATH...: the audit has each of them.
tells() {
  local change=$1 name
  shift
  [ -s "$WORK/audit.json" ] || audit_json || return 1
  for name; do
    # shellcheck disable=SC2016
    node -e '
      const [file, change, path] = process.argv.slice(1);
      const found = JSON.parse(require("fs").readFileSync(file)).changes.find((c) => c.path === path);
      if (!found || found.change !== change) {
        console.log(`${path}: ${found ? found.change : "not told"}, not ${change}`);
        process.exit(1);
      }' "$WORK/audit.json" "$change" "$name" || return 1
  done
}

# tells_keys KEY...: the audit has each of them as dangerous, in a configuration that changed.
tells_keys() {
  [ -s "$WORK/audit.json" ] || audit_json || return 1
  # shellcheck disable=SC2016
  node -e '
    const [file, ...keys] = process.argv.slice(1);
    const told = JSON.parse(require("fs").readFileSync(file)).changes.flatMap((c) => c.keys || []);
    for (const key of keys) {
      if (!told.some((k) => k.key === key && k.dangerous)) {
        console.log(`${key}: not told as dangerous`);
        process.exitCode = 1;
      }
    }' "$WORK/audit.json" "$@"
}
