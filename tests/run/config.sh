#!/bin/bash
# SPDX-License-Identifier: MIT
# Configuration: the person's, which sets defaults, and the project's, which can only tighten; and --print-plan,
# which says where each value comes from.
. "$(dirname "$0")/run_lib.sh"
make_run_home
CHECK=$CLAUDEFS_BUILD/tests/lib/output_check
user_config=$HOME/.config/claudefs/config.json
project_config=$PROJECT/.claudefs.json
mkdir -p "$HOME/.config/claudefs"
export RUN_ENV

# user JSON, project JSON: write the files; project without an argument removes it.
user() {
  printf '%s\n' "$1" >"$user_config"
  own
}
project() {
  rm -f "$project_config"
  [ $# -eq 0 ] || printf '%s\n' "$1" >"$project_config"
  own
}
# plan ARG...: makes $WORK/plan.
plan() {
  run --print-plan --json "$@" "$PROJECT" --exec true >"$WORK/plan"
}
# value PATH: of the plan.
value() {
  "$CHECK" get "$1" <"$WORK/plan"
}
sessions() {
  find "$HOME/.local/state/claudefs/sessions" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l
}

user '{"network":"none","memory":"1g","pids-limit":100,"commit":"never","env":["FOO=canary-value"]}'
plan --memory 2g
ok 'the document is strict JSON in ASCII' "$CHECK" json <"$WORK/plan"
ok 'a default of the person holds' equal "none $user_config" "$(value settings.network.value) $(value settings.network.source)"
ok 'the line wins' equal '2147483648 command line' "$(value settings.memory.value) $(value settings.memory.source)"
ok 'what nobody said is the default' equal 'auto default' "$(value settings.credentials.value) $(value settings.credentials.source)"
ok 'of variables there are names only' lacks canary-value "$WORK/plan"
ok 'but the name is there' contains "$WORK/plan" '"FOO"'
ok 'it makes no session' equal 0 "$(sessions)"
page=$CLAUDEFS_SOURCE/docs/man/claudefs-run.1.scd
ok 'the manual has exactly the keys of the document' equal "$(node -e '
  console.log(Object.keys(JSON.parse(require("fs").readFileSync(process.argv[1]))).join("\n"))' "$WORK/plan")" \
  "$(sed -n '/^# PLAN/,/^# [^P]/p' "$page" | sed -nE 's/^_([a-z\\_]+)_$/\1/p' | sed 's/[\\]//g')"
ok 'and the settings are those that may be configured, and the project'"'"'s' equal \
  "$(sed -n '/^# CONFIGURATION/,/^# [^C]/p' "$page" | sed -nE 's/^\|  \*([a-z-]+)\*$/\1/p' | sort)" \
  "$(node -e 'console.log(Object.keys(JSON.parse(require("fs").readFileSync(process.argv[1])).settings).sort().join("\n"))' "$WORK/plan")"
ok 'the manual says what a project may have: what the code takes' equal \
  "$(sed -nE 's/^\t\{ "([a-z-]+)", .*, tighten_[a-z]+ \},$/\1/p' "$CLAUDEFS_SOURCE/launcher/project_file.c")" \
  "$(sed -n '/^# CONFIGURATION/,/^# [^C]/p' "$page" | sed -nE '/^\|  \*/{N;N;s/^\|  \*([a-z-]+)\*\n.*\n:  [^-].*/\1/p}')"
run --print-plan "$PROJECT" --exec true >"$WORK/text"
ok 'the text says where, too' grep -qE "^  network +none +$user_config\$" "$WORK/text"
ok 'and is safe for a terminal' "$CHECK" safe <"$WORK/text"
user '{"isolate-claude-data":true}'
plan
ok 'a state of its own may be a default, and the plan has it' equal "true $user_config" \
  "$(value settings.isolate-claude-data.value) $(value settings.isolate-claude-data.source)"
ok 'with the directory that it leads to' grep -qE '/claudefs/isolated/' <(value host_state)
user '{"network":"none","memory":"1g","pids-limit":100,"commit":"never","env":["FOO=canary-value"]}'
printf '{"memory":"3g"}' >"$WORK/file.json"
own
plan --config "$WORK/file.json"
ok '--config goes before config.json' equal "3221225472 $WORK/file.json none" \
  "$(value settings.memory.value) $(value settings.memory.source) $(value settings.network.value)"
RUN_ENV=(PATH=/nowhere)
run --print-plan --json --runtime docker --claude-version 1 "$PROJECT" --exec true >"$WORK/plan"
ok 'the plan of docker needs no engine' equal 'docker null claudefs:' \
  "$(value runtime) $(value engine) $(value image | grep -o '^claudefs:')"
ok 'and has what its keeper gets' contains "$WORK/plan" '"keeper_mounts": ['
unset RUN_ENV

user '{"nettwork":"none"}'
ok 'an unknown key is a usage error' equal 2 "$(code run "$PROJECT" --exec true)"
ok 'one line names file and key' equal 1 "$(grep -cF "$user_config: \"nettwork\": unknown option" "$WORK/err")"
user '{"shell":true}'
ok 'what belongs on the line is refused' equal 2 "$(code run "$PROJECT" --exec true)"
user '{}'
chmod 666 "$user_config"
ok 'a file that others may write is refused' equal 2 "$(code run "$PROJECT" --exec true)"
ok 'with the mend' contains "$WORK/err" 'chmod go-w'
chmod 600 "$user_config"
ok 'a broken configuration does not hide the logins from doctor' equal 0 "$(user '{' && code run --credentials-sources)"

user '{"network":"host","memory":"4g"}'
project '{"network":"none","memory":"8g"}'
ok 'a project that would loosen is refused' equal 125 "$(code run "$PROJECT" --exec true)"
ok 'in one line with file and key' equal "1 $project_config: \"memory\": would loosen what is in force (4.0 GiB)" \
  "$(grep -c 'would loosen' "$WORK/err") $(grep -oE "$project_config: \"memory\": .*GiB\)" "$WORK/err")"
project '{"egress":["api.elsewhere.test"]}'
printf 'api.here.test\n*.cdn.test\n' >"$HOME/.config/claudefs/egress.allow"
own
ok 'so is one that names another host' equal 125 "$(code run --network gateway "$PROJECT" --exec true)"
ok 'which is named' grep -qF "\"egress\": api.elsewhere.test is not on the list in force ($HOME/.config/claudefs/egress.allow)" "$WORK/err"
project '{"isolate-claude-data":true}'
ok 'a project may not take your settings out of the session' equal 125 "$(code run "$PROJECT" --exec true)"
project '{"runtime":"native"}'
ok 'and one that says what is not its to say' equal 125 "$(code run "$PROJECT" --exec true)"
ln -s real "$project_config" 2>/dev/null || { rm "$project_config" && ln -s real "$project_config"; }
ok 'and one that is a link' equal 125 "$(code run "$PROJECT" --exec true)"
ok 'no session was made for any of them' equal 0 "$(sessions)"

user '{"network":"host"}'
project '{"network":"none"}'
# shellcheck disable=SC2016
interfaces='ls /sys/class/net 2>/dev/null | wc -l; tail -n +3 /proc/net/dev | wc -l'
ok 'a project can close the network' equal 1 "$(run --commit never "$PROJECT" --exec sh -c "$interfaces" </dev/null | tail -n 1)"
ok 'and it is said' contains "$WORK/err" "$project_config tightens: network none"
plan
ok 'in the plan, too' equal "none $project_config" "$(value settings.network.value) $(value settings.network.source)"
ok 'the control has the host'"'"'s' test "$(project; run --commit never "$PROJECT" --exec sh -c "$interfaces" </dev/null | tail -n 1)" -ge 1

# What the project forbids stays, though the agent has removed the file, and whatever is approved.
user '{"network":"none"}'
write_plan='mkdir -p ~/.claude/plans && echo text >~/.claude/plans/p.md && rm -f .claudefs.json'
home_plan=$HOME/.claude/plans/p.md
project '{"never":["PLANS/**","todos/**"]}'
run --commit never "$PROJECT" --exec sh -c "$write_plan" </dev/null 2>/dev/null
ok 'the file is gone' test ! -e "$project_config"
(cd "$PROJECT" && as_user "$PROGRAMS/fs/cli/claudefs" commit --all) >"$WORK/out" 2>&1
ok 'the change never leaves' test ! -e "$home_plan"
ok 'and status says who says so' grep -qF '.claudefs.json lets it never leave' <(cd "$PROJECT" && as_user "$PROGRAMS/fs/cli/claudefs" status)
ok 'so does why' grep -qF '.claudefs.json lets it never leave' <(cd "$PROJECT" && as_user "$PROGRAMS/fs/cli/claudefs" why plans/p.md)
run --commit never "$PROJECT" --exec sh -c "$write_plan" </dev/null 2>/dev/null
(cd "$PROJECT" && as_user "$PROGRAMS/fs/cli/claudefs" commit --all) >"$WORK/out" 2>&1
ok 'the control lets it leave' test -e "$home_plan"

# A list that the project narrowed stays narrow when the person's changes.
user '{"network":"gateway"}'
project '{"egress":["api.here.test","a.cdn.test"]}'
ok 'the plan has the hosts that are left' equal "2 $project_config" "$(plan && value egress.names) $(value egress.narrowed_by)"
# shellcheck disable=SC2016
run --commit never "$PROJECT" --exec sh -c 'touch up; while [ ! -e go ]; do sleep 0.1; done' </dev/null &
session=$!
ok 'the session runs' wait_until test -e "$PROJECT/up"
printf 'api.here.test\nmore.here.test\nyet.more.test\n' >"$HOME/.config/claudefs/egress.allow"
own
as_user "$PROGRAMS/launcher/claudefs-run" --reload-firewall >"$WORK/out" 2>&1
ok 'a new list is narrowed as well' grep -qE ': 1 names$' "$WORK/out"
project
touch "$PROJECT/go"
wait "$session"
finish
