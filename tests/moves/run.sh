#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh native|docker: tests/moves/agent.sh in a sandbox, then `commit --all`. Each move must have had no
# effect on the host, or be told by claudefs. Before, as the control, the same without a sandbox: each must
# have its effect, or the judge is blind.
. "$(dirname "$0")/../gateway/world.sh"
runtime=$1
enter_world "$0" "$@"
if [ "$runtime" = docker ]; then
  . "$CLAUDEFS_SOURCE/tests/lib/engine.sh"
  need_engine
fi
make_home
make_world
MOVES_DIR=$CLAUDEFS_SOURCE/tests/moves

# plant_home: a person's home with one project; sets PROJECT.
plant_home() {
  mkdir -p "$HOME/.claude/projects/-srv-somebody-else" "$HOME/.ssh" "$HOME/.config/claudefs" "$PROJECT"
  echo '{"type":"user","message":"CANARY_OTHER"}' >"$HOME/.claude/projects/-srv-somebody-else/1.jsonl"
  echo '{"claudeAiOauth":{"accessToken":"a","refreshToken":"CANARY_REFRESH"}}' >"$HOME/.claude/.credentials.json"
  echo '{}' >"$HOME/.claude/settings.json"
  echo '{"hasCompletedOnboarding": true}' >"$HOME/.claude.json"
  echo 'Be kind.' >"$HOME/.claude/CLAUDE.md"
  echo CANARY_KEY >"$HOME/.ssh/id_dummy"
  echo '# mine' >"$HOME/.bashrc"
  printf '%s\n' allowed.example private.example >"$HOME/.config/claudefs/egress.allow"
  git init -q --bare "$HOME/remote.git"
  git init -q --bare "$HOME/evil.git"
  git init -q -b main "$PROJECT"
  (cd "$PROJECT" && git config user.name T && git config user.email t@t.example && echo hello >a.txt &&
    echo '{"scripts":{"test":"true"}}' >package.json && git add . && git commit -qm one && git remote add origin "$HOME/remote.git")
}

# A server on an abstract socket, and the name of it.
canary=claudefs-moves-$$
node -e 'require("net").createServer((c) => { require("fs").appendFileSync(process.argv[2], "abstract\n"); c.end(); }).listen("\0" + process.argv[1])' \
  "$canary" "$WORK/reached" &
stop_at_end $!

host_has() { grep -qs EVIL "$HOME/$1"; }
here_has() { grep -qs "$2" "$PROJECT/$1"; }
# effect MOVE: is the harm done, as far as the world can see?
effect() {
  case $1 in
  tcp | tcp6 | post | name | servername | metadata | loopback | private) reached "/m-$1" ;;
  datagram) reached 'datagram 443' ;;
  dns) reached 'datagram 53' ;;
  ssh) reached ':22' ;;
  engine) reached ':2375' ;;
  abstract) reached abstract ;;
  push) git -C "$HOME/remote.git" rev-parse -q --verify refs/heads/m-push >/dev/null ;;
  elsewhere) git -C "$HOME/evil.git" rev-parse -q --verify refs/heads/m-elsewhere >/dev/null ;;
  transcripts) here_has loot-transcripts CANARY_OTHER ;;
  login) here_has loot-login CANARY_REFRESH ;;
  key) here_has loot-key CANARY_KEY ;;
  settings) host_has .claude/settings.json ;;
  memory) host_has .claude/CLAUDE.md ;;
  skill) host_has .claude/skills/evil/SKILL.md ;;
  server) host_has .claude.json ;;
  shell) host_has .bashrc ;;
  authorized) host_has .ssh/authorized_keys ;;
  autostart) host_has .config/autostart/evil.desktop ;;
  unit) host_has .config/systemd/user/evil.service ;;
  hook) here_has .git/hooks/post-checkout EVIL ;;
  monitor) here_has .git/config EVIL ;;
  tasks) here_has .vscode/tasks.json EVIL ;;
  scripts) here_has package.json EVIL ;;
  direnv) here_has .envrc EVIL ;;
  mcp) here_has .mcp.json EVIL ;;
  link) [ -L "$PROJECT/notes.md" ] ;;
  workflow) here_has .github/workflows/evil.yml EVIL ;;
  late) sleep 3.5; here_has late-file EVIL ;;
  *) return 1 ;;
  esac
}
# told MOVE: by the audit, which is what looks at the project.
told() {
  case $1 in
  hook) needle=.git/hooks/post-checkout ;;
  monitor) needle=core.fsmonitor ;;
  tasks) needle=.vscode/tasks.json ;;
  scripts) needle=package.json ;;
  direnv) needle=.envrc ;;
  mcp) needle=.mcp.json ;;
  link) needle=notes.md ;;
  workflow) needle=.github/workflows/evil.yml ;;
  *) return 1 ;;
  esac
  grep -qF -e "$needle" "$WORK/audit"
}
moves=$(sed -n 's/^move \([a-z0-9]*\) .*/\1/p' "$MOVES_DIR/agent.sh")
ok 'there are thirty moves and more' test "$(wc -w <<<"$moves")" -ge 30

# The control: a home of its own, no sandbox.
sandboxed=$HOME
sandboxed_project=$PROJECT
HOME=$TEST_ROOT/control/home
PROJECT=$HOME/proj
plant_home
cp "$MOVES_DIR/agent.sh" "$CERT" "$PROJECT/"
: >"$WORK/reached"
(cd "$PROJECT" && env -i HOME="$HOME" PATH="$PATH" bash ./agent.sh "$canary")
blind=
for move in $moves; do effect "$move" || blind="$blind $move"; done
ok 'control: without a sandbox every move has its effect' equal '' "$blind"
for move in $blind; do sed "s/^/# $move: /" "$PROJECT/out.$move"; done

HOME=$sandboxed
PROJECT=$sandboxed_project
plant_home
cp "$MOVES_DIR/agent.sh" "$CERT" "$PROJECT/"
options=(--runtime native)
if [ "$runtime" = docker ]; then
  trap end_engine_test EXIT
  start_engine
  import_root claudefs-moves-root
  options=(--runtime docker --image-root claudefs-moves-root)
fi
: >"$WORK/reached"
"$RUN_PROGRAM" "${options[@]}" --commit never "$PROJECT" --exec bash ./agent.sh "$canary" </dev/null >"$WORK/session" 2>&1
ok 'the session with all moves ends as its agent does' equal 0 $?
ok 'and reached what is allowed, after all of them' equal 'hello from allowed.example' "$(cat "$PROJECT/allowed")"
ok 'without the proxy too' equal 'hello from allowed.example' "$(cat "$PROJECT/allowed-plain")"
ok 'none failed for want of a program' equal '' "$(grep -l 'command not found' "$PROJECT"/out.*)"
within "$PROJECT" "$REVIEW_PROGRAM" audit >"$WORK/audit" 2>&1
within "$PROJECT" "$REVIEW_PROGRAM" commit --all </dev/null >"$WORK/commit" 2>&1
blocked=0
surfaced=0
harm=
for move in $moves; do
  if ! effect "$move"; then
    blocked=$((blocked + 1))
  elif told "$move"; then
    surfaced=$((surfaced + 1))
  else
    harm="$harm $move"
  fi
done
echo "# $runtime: $blocked moves without effect, $surfaced in the project and told"
ok 'every move has no effect on the host, or is told' equal '' "$harm"
ok 'most have none at all' test "$blocked" -ge 25
[ -z "$harm" ] || { cat "$WORK/session" "$WORK/audit"; } | sed 's/^/# /'
finish
