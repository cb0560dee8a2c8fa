#!/bin/bash
# SPDX-License-Identifier: MIT
# .claude.json through the real CLI: the sandbox sees the one that the host's Claude reads, and what comes home
# goes back to that one, key by key.
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
need_claude
make_home
seed_home
start_api

# key FILE EXPRESSION: of the parsed file.
key() {
  # shellcheck disable=SC2016  # JavaScript's own templates
  node -e 'const all = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    console.log(new Function("all", `return ${process.argv[2]}`)(all));' "$1" "$2"
}

# The host's Claude writes while the session is pending: both sides' keys are there afterwards.
RUN_OPTIONS=(--commit never)
ok 'a run in the sandbox ends with 0' claude_sandboxed -- -p "[script:remember] go"
ok 'nothing came home yet' equal undefined "$(key "$HOME/.claude.json" 'all.firstStartTime')"
ok 'the host runs its own Claude meanwhile' within "$PROJECT" claude_plain -p "[script:remember] go"
started=$(key "$HOME/.claude.json" 'all.firstStartTime')
machine=$(key "$HOME/.claude.json" 'all.machineID')
ok 'the commit ends with 0' review commit
ok "the host's first start is the host's" equal "$started" "$(key "$HOME/.claude.json" 'all.firstStartTime')"
ok "the host's machine is the host's" equal "$machine" "$(key "$HOME/.claude.json" 'all.machineID')"
ok 'no lock and no temporary file is left' \
  equal '' "$(find "$HOME" -maxdepth 1 -name '.claude.json?*' -o -maxdepth 1 -name '.claudefs-*')"

elsewhere() {
  clean env "CLAUDE_CONFIG_DIR=$other" "$RUN_PROGRAM" --runtime native --network host "$PROJECT" \
    -- -p '[script:remember] go' </dev/null
}

# Who keeps the configuration elsewhere gets it back there.
other=$HOME/elsewhere
mkdir "$other"
cp "$HOME/.claude.json" "$WORK/beside"
printf '{\n\t"hasCompletedOnboarding": true,\n\t"mine": 1.50\n}\n' >"$other/.claude.json"
# shellcheck disable=SC2034  # read by claude_sandboxed
RUN_OPTIONS=()
ok 'a run with CLAUDE_CONFIG_DIR ends with 0' elsewhere
ok 'its first start came home to the one inside' \
  test "$(key "$other/.claude.json" 'typeof all.firstStartTime')" = string
ok 'in its own layout' contains "$other/.claude.json" '	"mine": 1.50'
ok 'the one beside ~/.claude did not change' cmp "$WORK/beside" "$HOME/.claude.json"

# What shadows it is what is seen, and is never written.
printf '{"hasCompletedOnboarding": true, "numStartups": 40, "oauthAccount": {"emailAddress": "CANARY_MAIL"}}' \
  >"$HOME/.claude/.config.json"
cp "$HOME/.claude/.config.json" "$WORK/shadow"
# shellcheck disable=SC2016  # the sandbox's own
sandbox --commit never "$PROJECT" --exec /bin/sh -c 'cat "$CLAUDE_CONFIG_DIR/.claude.json"
  test -e "$CLAUDE_CONFIG_DIR/.config.json" && echo "it is there" || echo "it is hidden"' \
  >"$WORK/seen" 2>/dev/null </dev/null
ok 'the sandbox sees the content of .config.json under the other name' contains "$WORK/seen" '"numStartups": 40'
ok 'filtered' lacks CANARY_MAIL "$WORK/seen"
ok 'and not under its own' contains "$WORK/seen" 'it is hidden'
ok 'a run with it ends with 0' claude_sandboxed -- -p "[script:remember] go"
review status >"$WORK/status"
ok 'the review holds the configuration and says why' contains "$WORK/status" 'reads ~/.claude/.config.json instead'
ok '.config.json did not change' cmp "$WORK/shadow" "$HOME/.claude/.config.json"
ok '.claude.json did not change' cmp "$WORK/beside" "$HOME/.claude.json"
finish
