#!/bin/bash
# SPDX-License-Identifier: MIT
# What the rules hide cannot be learned inside. Two proofs: no canary that is planted in names, sizes or
# contents of hidden state shows anywhere; and a session on a host with that state observes, to the byte
# and error code, what one on a host without it observes. The control has rules that show everything.
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
need_claude
make_home
seed_home
own=$(encoded "$PROJECT")
state=$HOME/.claude

plant() {
  mkdir -p "$(dirname "$state/$1")"
  printf '%s\n' "$2" >"$state/$1"
}
plant "projects/$own/00000000-0000-4000-8000-000000000009.jsonl" \
  "{\"type\":\"user\",\"uuid\":\"00000000-0000-4000-8000-000000000099\",\"cwd\":\"$PROJECT\",\"sessionId\":\"00000000-0000-4000-8000-000000000009\"}"
plant settings.json '{"model": "opus"}'
plant CLAUDE.md 'Be kind.'
own_line='{"display":"mine","pastedContents":{},"timestamp":1,"project":"'$PROJECT'","sessionId":"00000000-0000-4000-8000-000000000009"}'
plant history.jsonl "$own_line"
# Which MCP servers there are is shown; their secrets are not.
sed -i 's|^{|{ "mcpServers": { "tool": { "command": "true" } },|' "$HOME/.claude.json"
cp -a "$HOME/.claude.json" "$WORK/configuration"
# The directories themselves are there in both runs; hidden is what they hold.
mkdir -p "$state"/{sessions,debug,telemetry,backups,session-env,shell-snapshots,ide,tasks,file-history}

hidden_names=(
  projects/-home-u-CANARY-one/00000000-0000-4000-8000-00000000000c.jsonl
  projects/-home-u-CANARY-one
  projects/-home-u-CANARY-two/memory/MEMORY.md
  sessions/CANARY.json
  debug/CANARY.txt
  session-env/CANARY/setup-hook-1.sh
  shell-snapshots/CANARY.sh
  backups/CANARY.json
  telemetry/CANARY
  ide/CANARY.lock
  tasks/00000000-0000-4000-8000-00000000000c/CANARY.json
  file-history/00000000-0000-4000-8000-00000000000c/CANARY@v1
  .config.json
)
add_hidden_state() {
  local name
  for name in "${hidden_names[@]}"; do
    [ -d "$state/$name" ] || plant "$name" '{"secret": "CANARY in the content of a hidden file"}'
  done
  plant history.jsonl '{"display":"CANARY prompt","pastedContents":{},"timestamp":0,"project":"/home/u/CANARY-one","sessionId":"00000000-0000-4000-8000-00000000000c"}'
  printf '%s\n' "$own_line" >>"$state/history.jsonl"
  # shellcheck disable=SC2016  # JavaScript
  node -e '
    const fs = require("fs");
    const all = JSON.parse(fs.readFileSync(process.argv[1], "utf8"));
    all.projects["/home/u/CANARY-one"] = { hasTrustDialogAccepted: true, allowedTools: ["CANARY"] };
    all.oauthAccount = { emailAddress: "CANARY@example.org", organizationUuid: "CANARY" };
    all.mcpServers.tool.env = { TOKEN: "CANARY" };
    all.githubRepoPaths = { "u/CANARY": ["/home/u/CANARY-one"] };
    fs.writeFileSync(process.argv[1], JSON.stringify(all, null, 2));' "$HOME/.claude.json"
  # It shadows .claude.json, and what may be seen of it is shown as that: from either the same must show.
  cp -p "$HOME/.claude.json" "$state/.config.json"
}
remove_hidden_state() {
  find "$state" -depth -name '*CANARY*' -exec rm -rf {} +
  rm -rf "$state/.config.json" "$state"/{tasks,file-history}/*
  plant history.jsonl "$own_line"
  cp -a "$WORK/configuration" "$HOME/.claude.json"
}
# observe NAME ARG...: one session; what it saw goes to $WORK/NAME.*.
observe() {
  local name=$1 part
  shift
  printf '%s\n' "${hidden_names[@]}" projects/-home-u-absent/x.jsonl sessions/absent.json absent >"$PROJECT/names"
  cp "$CLAUDEFS_SOURCE/tests/claude/hidden_agent.sh" "$PROJECT/agent.sh"
  rm -f "$PROJECT"/{seen,answers,process}
  clean env CANARY_VARIABLE=CANARY "$RUN_PROGRAM" --runtime native --network host --commit never "$@" \
    "$PROJECT" --exec sh "$PROJECT/agent.sh" "$PROJECT" >"$WORK/$name.out" 2>&1 || {
    cat "$WORK/$name.out"
    return 1
  }
  for part in seen answers process; do
    mv "$PROJECT/$part" "$WORK/$name.$part" || return 1
  done
}

add_hidden_state
ok 'a session looks around on a host with hidden state' observe with
ok 'it sees its own transcript' grep -q "projects/$own/00000000-0000-4000-8000-000000000009.jsonl f" "$WORK/with.seen"
ok 'it sees its own prompt' grep -qF '"display":"mine"' "$WORK/with.seen"
ok 'no canary shows in names, sizes or contents' lacks CANARY "$WORK/with.seen"
ok 'no canary shows in /proc' lacks CANARY "$WORK/with.process"
ok 'the session directory shows in no mount and no process' lacks '\.local/state/claudefs' "$WORK/with.process"

remove_hidden_state
ok 'a session looks around on a host without it' observe without
ok 'both saw the same' diff -u "$WORK/without.seen" "$WORK/with.seen"
ok 'both got the same answers for every name' diff -u "$WORK/without.answers" "$WORK/with.answers"

# The control: rules that show everything must make both proofs fail.
add_hidden_state
cat >"$WORK/show.json" <<'END'
{ "version": 1, "rules": [
  { "path": "**", "read": "show", "write": "never", "merge": "replace",
    "why": "a control: with this rule the canaries must be found" }
] }
END
ok 'a session looks around with rules that show everything' observe control --rules "$WORK/show.json"
ok 'then the canaries show' grep -qa 'CANARY in the content' "$WORK/control.seen"
ok 'and the answers differ' not diff "$WORK/without.answers" "$WORK/control.answers"
finish
