#!/bin/bash
# SPDX-License-Identifier: MIT
# A session in two containers: what passes through, what is inside, what is left behind, what is refused.
# shellcheck disable=SC2016  # the scripts are for shells inside
. "$(dirname "$0")/container_lib.sh"
RUN_ENV=(ANTHROPIC_API_KEY=sk-CANARY-env)
make_container_home
umask 022
mkdir -p "$HOME/.claude" "$HOME/dotfiles/agents"
echo 'be kind' >"$HOME/.claude/CLAUDE.md"
echo 'linked' >"$HOME/dotfiles/agents/a.md"
ln -s ../dotfiles/agents "$HOME/.claude/agents"
echo '{"numStartups": 5}' >"$HOME/.claude.json"
printf '[user]\n\tname = Ada\n\temail = a@example.org\n[core]\n\tpager = touch CANARY\n' >"$HOME/.gitconfig"
PROJECT="$HOME/pro ject, дом é"
mkdir -p "$PROJECT" && echo there >"$PROJECT/file"
own

ok 'the first session builds the image' equal 0 "$(code inside true)"
ok 'and says so' contains "$WORK/err" 'building it; this is done once'
inside true
ok 'the next one does not' not contains "$WORK/err" building
ok 'the exit code passes through' equal 7 "$(inside_sh 'exit 7'; echo $?)"
ok 'a program that is not there is 127' equal 127 "$(code inside /nowhere)"
ok 'stdin and stdout pass through' equal 'from outside' \
  "$(echo 'from outside' | run --commit never "$PROJECT" --exec cat)"
ok 'a killed program is 128 + signal' equal 137 "$(inside_sh 'kill -9 $$' 2>/dev/null; echo $?)"

inside_sh '
  id -u; pwd; cat file; cat /workspace/file; cat ~/.claude/CLAUDE.md; cat ~/.claude/agents/a.md
  cat ~/.claude/.claude.json; echo; echo "$ANTHROPIC_API_KEY"; git config user.name; echo "home=$HOME"
  git config core.pager; git push 2>&1; /usr/bin/git push 2>&1; bash -lc "git push" 2>&1; git --version' >"$WORK/seen"
printf '%s\n' "$RUN_UID" "$PROJECT" there there 'be kind' linked >"$WORK/wanted"
ok 'user, project, /workspace, state and what the person links to are there' equal "$(cat "$WORK/wanted")" \
  "$(head -n 6 "$WORK/seen")"
ok 'the configuration is' contains "$WORK/seen" numStartups
ok 'a variable of the caller is' contains "$WORK/seen" sk-CANARY-env
ok 'so is the name for git, by a configuration that runs nothing of the person'"'"'s' equal Ada "$(grep -xE 'Ada|touch CANARY' "$WORK/seen")"
ok 'git push says what to do instead, by each of its names' equal 3 "$(grep -c '^git: not in this sandbox: push: ' "$WORK/seen")"
ok 'other git is the real one' contains "$WORK/seen" 'git version'
ok 'the home is the host home by name' contains "$WORK/seen" "home=$HOME"
inside_sh 'echo new >made; mkdir d; echo kept >~/.claude/kept.txt'
ok 'what is made in the project belongs to the person' equal "$RUN_UID $RUN_UID" "$(stat -c %u "$PROJECT/made" "$PROJECT/d" | xargs)"
ok 'what is written to the state is in the journal' equal kept "$(review_session show kept.txt)"
ok 'and belongs to the person' equal '' "$(find "$(newest_session)" ! -uid "$RUN_UID")"
ok 'the host has none of it' test ! -e "$HOME/.claude/kept.txt"
ok 'the journal verifies' review_session verify
ok 'the manifest notes the end' contains "$(newest_session)/manifest.json" '"ended": "exit 0"'
ok 'no container is left' equal '' "$(docker ps -aq)"
ok 'and no file but the session' equal 'daemon.log journal lock manifest.json objects workspace' \
  "$(find "$(newest_session)" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs)"

# The way out: a socket of the agent's network, whose other side is on the host.
cat >"$PROJECT/ask" <<'END'
exec 3<>/dev/tcp/127.0.0.1/3128 && printf 'CONNECT denied.example:443 HTTP/1.1\r\n\r\n' >&3 && head -n 1 <&3 | tr -d '\r'
(exec 4<>/dev/tcp/127.0.0.1/9418) 2>/dev/null && echo somebody takes pushes
END
run --commit never "$PROJECT" --exec bash ask </dev/null >"$WORK/asked"
ok 'the gateway answers inside' equal 'HTTP/1.1 403 Forbidden' "$(head -n 1 "$WORK/asked")"
ok 'where there is no remote, nobody takes pushes' lacks pushes "$WORK/asked"
ok 'and its decision is in the session' contains "$(newest_session)/network.log" 'denied.example'
ok 'there is no other interface' equal lo "$(inside_sh 'ls /sys/class/net 2>/dev/null || sed -n "s/^ *\([a-z0-9]*\):.*/\1/p" /proc/net/dev')"
rm "$PROJECT/ask"

# git push by the host, whose socket comes beside the gateway's; in the second session it comes alone.
plain=$PROJECT
PROJECT="$HOME/pushing"
as_user git init -q --bare -b main "$WORK/bare.git"
as_user git init -q -b main "$PROJECT"
as_user git -C "$PROJECT" remote add origin "$WORK/bare.git"
arrived() {
  equal "$(as_user git -C "$PROJECT" rev-parse main)" "$(as_user git -C "$WORK/bare.git" rev-parse main)"
}
push='exec 2>&1; echo "$CLAUDEFS_GIT_PUSH" >>file; git add file && git commit -qm one && git push origin main; echo "code $?"'
run --commit never "$PROJECT" --exec sh -c "$push" </dev/null >"$WORK/pushed"
ok 'git push inside is held' contains "$WORK/pushed" 'held as push:1'
ok 'as a failure' contains "$WORK/pushed" 'code 1'
review_session status >"$WORK/status"
ok 'claudefs status lists it' grep -q 'push:1 *held *origin *main' "$WORK/status"
ok 'nothing has arrived' equal '' "$(as_user git -C "$WORK/bare.git" for-each-ref)"
ok 'it can be approved' equal 0 "$(code review_session approve push:1)"
review_session commit >"$WORK/commit" 2>&1
ok 'and commit delivers it' arrived
run --allow-git-push --commit never --network none "$PROJECT" --exec sh -c "$push" </dev/null >"$WORK/pushed"
ok 'with --allow-git-push it is pushed at once' arrived
ok 'and git inside says so' contains "$WORK/pushed" 'code 0'
ok 'both times git-guard was told' equal '1 1' "$(xargs <"$PROJECT/file")"
ok 'who took them is gone' equal '' "$(pgrep -f "claudefs-push .*--project $PROJECT ")"
ok 'no socket is left in the session' equal '' "$(find "$(newest_session)" -type s)"
PROJECT=$plain
# The login of the host's file, without a token in the environment, which would make it needless.
printf '{"claudeAiOauth":{"accessToken":"CANARY-access","refreshToken":"CANARY-refresh","expiresAt":9999999999999}}\n' \
  >"$HOME/.claude/.credentials.json"
own
RUN_ENV+=(ANTHROPIC_API_KEY=)
as_user env -u ANTHROPIC_API_KEY "$PROGRAMS/launcher/claudefs-run" --runtime docker --image-root "$TEST_ROOT_IMAGE" \
  --commit never "$PROJECT" --exec sh -c 'cat ~/.claude/.credentials.json; cat /proc/*/cmdline | tr "\0" "\n"' \
  </dev/null >"$WORK/login" 2>"$WORK/err"
ok 'the access token of the host is there' contains "$WORK/login" CANARY-access
ok 'the refresh token is not' lacks CANARY-refresh "$WORK/login"
ok 'nor is either in the session' not grep -raqF CANARY "$(newest_session)"
rm "$HOME/.claude/.credentials.json"
RUN_ENV=("${RUN_ENV[@]:0:${#RUN_ENV[@]}-1}")

# While it runs: what can be asked of the engine, and what of the processes.
start_agent 'echo $$ >pid; touch ready; while [ ! -e go ]; do sleep 0.05; done; exit 4'
ok 'a session runs' test -e "$PROJECT/ready"
docker inspect "$(container keeper)" "$(container agent)" >"$WORK/inspect"
ok 'the engine has no variable of the caller' lacks CANARY "$WORK/inspect"
docker exec "$(container agent)" env >"$WORK/exec"
ok 'nor has what docker exec starts' lacks CANARY "$WORK/exec"
docker exec "$(container agent)" cat /proc/self/status >"$WORK/status"
ok 'docker exec meets the filter' contains "$WORK/status" 'Seccomp:	2'
ok 'and has no capability' equal 5 "$(grep -c '^Cap[A-Za-z]*:.0000000000000000$' "$WORK/status")"
docker top "$(container keeper)" -eo pid,uid,args >"$WORK/top"
ok 'no argument of a process holds one' lacks CANARY "$WORK/top"
ok 'the engine keeps nothing of it' not grep -raqF CANARY "$ENGINE_ROOT/data" "$ENGINE_ROOT/exec" "$ENGINE_ROOT/log"
keeper=$(docker inspect -f '{{.State.Pid}}' "$(container keeper)")
ok 'the keeper has only CAP_SETUID and CAP_SETGID' equal 00000000000000c0 "$(awk '/^CapEff/ { print $2 }' "/proc/$keeper/status")"
daemon=$(pgrep -P "$keeper")
ok 'the daemon has no capability' equal 0000000000000000 "$(awk '/^CapEff/ { print $2 }' "/proc/$daemon/status")"
ok 'every thread of it reaches files as the person' equal "$RUN_UID" \
  "$(cat "/proc/$daemon/task/"*/status | awk '/^Uid/ { print $5 }' | sort -u)"
apart=0
[ "$RUN_UID" -ne 0 ] || apart=65532
ok 'but is another user to whoever would signal it' equal "$apart $apart $apart" \
  "$(awk '/^Uid/ { print $2, $3, $4 }' "/proc/$daemon/status")"
ok 'the claudefs of the host sees it running' contains <(review_session status) running
touch "$PROJECT/go" && own
end_agent
ok 'its exit code is that of the agent' equal 4 "$RESULT"
ok 'its containers are gone' equal '' "$(docker ps -aq)"

start_agent 'trap "echo got TERM; exit 9" TERM; touch ready; while :; do sleep 0.05; done'
kill -TERM "$(pgrep -f "claudefs-run --runtime docker .*$TEST_ROOT/" | head -n 1)"
end_agent
ok 'a signal to claudefs-run reaches the agent' equal 9 "$RESULT"
ok 'as that signal' contains "$WORK/out" 'got TERM'

# The rest does not depend on who it is.
if [ "$RUN_AS" = caller ] && [ -z "${CLAUDEFS_TEST_LONG:-}" ]; then
  finish
  exit
fi

# What of a login can be found while a session has it, and where it goes. Without a token in the environment,
# which would make it needless; and in pieces in the scripts, which the engine notes.
whole_env=("${RUN_ENV[@]}")
RUN_ENV=("${RUN_ENV[@]:1}")
login="$HOME/.claude/.credentials.json"
# Its own: the whole machine is searched, and other tests have canaries too. In a file, since arguments are.
C=CANARY$$
printf '%s\n' "$C" >"$WORK/pattern"
# login_text NAME MS
login_text() {
  printf '{"claudeAiOauth":{"accessToken":"sk-ant-oat01-%s-%s","refreshToken":"sk-ant-ort01-%s-%s","expiresAt":%s}}' "$C" "$1" "$C" "$1" "$2"
}
now=$(($(date +%s) * 1000))
login_text first $((now + 302000)) >"$login"
login_text second $((now + 9000000)) >"$WORK/renewed"
printf '#!/bin/sh\ncp "%s" "%s"\n' "$WORK/renewed" "$login" >"$WORK/claude"
chmod 755 "$WORK/claude"
chmod 600 "$login"
own
# traces: where the engine, its containers, the session and this machine's processes show a canary.
traces() {
  docker inspect "$(container keeper)" "$(container agent)" | grep -qaF -f "$WORK/pattern" && echo inspect
  docker events --since 1 --until "$(($(date +%s) + 1))" | grep -qaF -f "$WORK/pattern" && echo events
  grep -raqF -f "$WORK/pattern" "$ENGINE_ROOT/log" "$ENGINE_ROOT/data/containers" "$ENGINE_ROOT/data/image" && echo engine
  grep -qaF -f "$WORK/pattern" /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null && echo process
  grep -raqF -f "$WORK/pattern" "$HOME/.local/state" && echo session
}
START_OPTIONS=(--claude "$WORK/claude")
start_agent 'cat ~/.claude/.credentials.json; touch ready; for i in $(seq 300); do
  grep -q second ~/.claude/.credentials.json && break; sleep 0.1; done; cat ~/.claude/.credentials.json; touch ready2
  while [ ! -e go ]; do sleep 0.05; done'
traces >"$WORK/traces"
ok 'a login is nowhere but in memory' equal '' "$(cat "$WORK/traces")"
env PLANTED="$C" sleep 4321 &
planted=$!
stop_at_end "$planted"
wait_until grep -q PLANTED "/proc/$planted/environ"
docker run -d --name planted --network none --label "planted=$C" --env "planted=$C" "$TEST_ROOT_IMAGE" sleep 4321 >/dev/null
printf '%s' "$C" >"$HOME/.local/state/planted"
traces >"$WORK/traces"
rm "$HOME/.local/state/planted"
ok 'control: planted ones are found' equal 'events engine process session' "$(xargs <"$WORK/traces")"
ok 'control: and by inspect' grep -qF -f "$WORK/pattern" <(docker inspect planted)
docker rm -f planted >/dev/null
kill "$planted"
wait "$planted" 2>/dev/null
wait_until test -e "$PROJECT/ready2"
touch "$PROJECT/go" && own
end_agent
ok 'a login that ends during the session is renewed on the host, and shows' \
  equal 'first second' "$(grep -o 'oat01-[^"]*' "$WORK/out" | sed 's/.*-//' | xargs)"
ok 'and ends with it' equal 0 "$RESULT"

login_text third $((now + 9900000)) >"$PROJECT/new"
own
START_OPTIONS=(--credentials-refresh)
save='cd ~/.claude && cp "$OLDPWD/new" .credentials.json.tmp.1.ab && mv -f .credentials.json.tmp.1.ab .credentials.json; cd - >/dev/null'
start_agent "grep -c ort01 ~/.claude/.credentials.json; $save; touch ready; while [ ! -e go ]; do sleep 0.05; done"
is_back() { grep -q "$C-third" "$login"; }
ok 'with --credentials-refresh what the session saves is written back at once' wait_until is_back
touch "$PROJECT/go" && own
end_agent
ok 'the refresh token was inside' equal 1 "$(head -n 1 "$WORK/out")"
ok 'and it is said' contains "$WORK/err" 'file: the login that the session renewed was written back'
login_text fourth 5 >"$PROJECT/new"
rm -f "$PROJECT/go"
own
start_agent "$save; touch ready"
end_agent
ok 'what is not a renewed login is not' is_back
ok 'and that is said' contains "$WORK/err" 'was not written back: its end does not lie'
ok 'no socket of it is left in the session' equal '' "$(find "$(newest_session)" -type s)"
START_OPTIONS=(--credentials-refresh)
rm -f "$PROJECT/go"
start_agent "touch ready; sleep 4321"
kill -KILL "$(pgrep -f "claudefs-run --runtime docker .*$TEST_ROOT/" | head -n 1)"
nothing_runs() { [ -z "$(docker ps -q)" ]; }
ok 'a killed claudefs-run ends it all, though the keeper of the login had its pipe' wait_until nothing_runs
end_agent
START_OPTIONS=()
rm -f "$login" "$PROJECT/new"
docker image ls -q | sort -u | xargs docker save >"$WORK/images.tar"
ok 'no layer of an image has any of it' not grep -qaF -e "$C" -e CANARY "$WORK/images.tar"
mkdir "$WORK/layer" && echo CANARY >"$WORK/layer/file" && tar -C "$WORK/layer" -c . | docker import - planted >/dev/null
docker save planted >"$WORK/images.tar"
ok 'control: one in a layer is seen' grep -qaF CANARY "$WORK/images.tar"
docker image rm planted >/dev/null
rm "$WORK/images.tar"
RUN_ENV=("${whole_env[@]}")

# A state of the project's own: the keeper gets that, and not ~/.claude.
isolated() {
  run --isolate-claude-data --commit never --network none "$PROJECT" --exec sh -c "$1" </dev/null
}
isolated 'ls -A ~/.claude; echo kept >~/.claude/CLAUDE-notes.md; mkdir -p ~/.claude/plans; echo planned >~/.claude/plans/p.md' >"$WORK/seen"
ok 'with --isolate-claude-data nothing of the state is there' equal .claude.json "$(cat "$WORK/seen")"
review_session commit --all >/dev/null 2>&1
ok 'what was committed is in the next session' equal planned "$(isolated 'cat ~/.claude/plans/p.md')"
ok 'and not in ~/.claude' test ! -e "$HOME/.claude/plans"

# Refusals: one line, and nothing is started.
refused() {
  local sentence=$1 line=$2
  shift 2
  rm -f "$PROJECT/started"
  ok "$sentence" equal 125 "$(code run "$@" "$PROJECT" --exec touch started)"
  ok 'the line says why' contains "$WORK/err" "$line"
  ok 'and nothing was started' test ! -e "$PROJECT/started"
}
refused 'an image that is not there is refused' 'the engine has no such image' --image nowhere:1
docker tag "$TEST_ROOT_IMAGE" claudefs-other:1
refused 'an image that another claudefs made is refused' 'was made by another claudefs' --image claudefs-other:1
DOCKER_HOST=unix:///nowhere/sock
RUN_ENV+=("DOCKER_HOST=$DOCKER_HOST")
refused 'without an engine it is refused' 'no engine answers'
ok 'with --runtime auto it then runs natively' equal native \
  "$(as_user "$PROGRAMS/launcher/claudefs-run" --print-plan --json "$PROJECT" --exec true | sed -n 's/.*"runtime": "\(.*\)".*/\1/p')"
DOCKER_HOST=unix://$ENGINE_ROOT/sock
RUN_ENV+=("DOCKER_HOST=$DOCKER_HOST")
ok 'with --runtime auto and an engine it is docker' equal docker \
  "$(as_user "$PROGRAMS/launcher/claudefs-run" --print-plan --json "$PROJECT" --exec true | sed -n 's/.*"runtime": "\(.*\)".*/\1/p')"
run --print-plan --json "$PROJECT" --exec true >"$WORK/plan"
ok 'the plan names image, profile and what the keeper gets' node -e '
  const plan = JSON.parse(require("fs").readFileSync(process.argv[1]));
  const home = process.argv[2];
  if (!plan.image.startsWith("claudefs:") || !plan.seccomp.endsWith(".json") ||
      !plan.keeper_mounts.some((m) => m.target === `${home}/.claude` && !m.writable) ||
      plan.mounts.some((m) => m.source === `${home}/.claude`)) process.exit(1);' "$WORK/plan" "$HOME"
ok 'and no secret' lacks CANARY "$WORK/plan"

as_user "$PROGRAMS/launcher/claudefs-run" --runtime docker --image-root "$TEST_ROOT_IMAGE" --rebuild --commit never \
  "$PROJECT" --exec true </dev/null >/dev/null 2>"$WORK/err"
ok '--rebuild skips what is up to date' contains "$WORK/err" 'is up to date'
ok 'in a pipe nothing overwrites its line' not grep -q $'\r' "$WORK/err"
image=$(sed -n 's/.*"image": "\(.*\)",/\1/p' "$WORK/plan")
before=$(docker image inspect -f '{{.Id}}' "$image")
# The recipe of the build tree is everybody's: only a copy of it is changed.
if [ "$RUN_AS" = user ]; then
  echo '{ "env": { "DISABLE_AUTOUPDATER": "1", "OTHER": "1" } }' >"$PROGRAMS/launcher/managed-settings.json"
  inside true
  ok 'an image of another recipe is built anew' not equal "$before" "$(docker image inspect -f '{{.Id}}' "$image")"
  ok 'and said' contains "$WORK/err" 'building it'
fi
ok 'no file of the image gains a privilege' equal '' \
  "$(docker run --rm --network none "$image" find / -xdev -type f -perm /6000)"
ok 'and the tools that only serve to get out are not in it' equal '' \
  "$(docker run --rm --network none "$image" sh -c 'ls /bin /usr/bin /usr/sbin | grep -xE "nsenter|unshare|chroot|mount|umount|su"')"
finish
