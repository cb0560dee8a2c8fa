#!/bin/bash
# SPDX-License-Identifier: MIT
# What claudefs-run refuses, and how it says so: one line that names the object.
. "$(dirname "$0")/run_lib.sh"
make_run_home

for dir in / /usr /etc /proc "$HOME" "$HOME/.claude" "$HOME/.claude/projects" "$HOME/.config" "$HOME/.ssh" \
  "$HOME/.local/state/claudefs" "$HOME/link" "${HOME%/home}"; do
  case $dir in
  */link) ln -s .claude "$HOME/link" ;;
  "$HOME"/*) mkdir -p "$dir" ;;
  esac
  own
  ok "$dir is refused as a project" equal 125 "$(code run "$dir" --exec true)"
  ok 'with one line that says why' equal '1 cannot be a project' \
    "$(wc -l <"$WORK/err") $(grep -o 'cannot be a project' "$WORK/err")"
done
ok 'a HOME that is no absolute path is refused' equal 125 \
  "$(code as_user env HOME=relative "$PROGRAMS/launcher/claudefs-run" --runtime native "$PROJECT" --exec true)"

ok 'gVisor is refused, where it would leave the session without its protection' equal 2 \
  "$(code run --with-gvisor "$PROJECT" --exec true)"
ok 'and the line says what to do' contains "$WORK/err" 'leave it out, or use --runtime native'
for engine in docker podman; do
  ok "--runtime $engine without $engine is refused" equal 125 \
    "$(code as_user env PATH=/nowhere "$PROGRAMS/launcher/claudefs-run" --runtime $engine "$PROJECT" --exec true)"
done
# Neither an engine nor user namespaces: one line says what to do. A namespace of its own has its own limit of them.
# shellcheck disable=SC2016
without='echo 0 >/proc/sys/user/max_user_namespaces 2>/dev/null || exit 77; exec "$@"'
mkdir -p "$WORK/bin"
printf '#!/bin/sh\necho "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2\nexit 1\n' >"$WORK/bin/docker"
chmod 755 "$WORK/bin/docker"
own
for path in /nowhere "$WORK/bin"; do
  as_user unshare --user --map-root-user sh -c "$without" sh env "PATH=$path" "$PROGRAMS/launcher/claudefs-run" "$PROJECT" \
    --exec true >"$WORK/out" 2>"$WORK/err"
  status=$?
  [ "$status" -ne 77 ] || continue
  ok "with the engines of $path and no user namespaces it ends" equal 125 "$status"
  ok 'in one line that says what to do' equal "1 start Docker, or let its owner allow them (user.max_user_namespaces" \
    "$(wc -l <"$WORK/err") $(grep -o 'start Docker, or let its owner allow them (user.max_user_namespaces' "$WORK/err")"
done
# Which runtime, by what an engine's program answers. Nothing else is asked of it.
# engine ANSWER: one that says so to "info", and notes what it was asked.
engine() {
  # shellcheck disable=SC2016  # of the script that is made
  printf '#!/bin/sh\necho "$*" >>%s\n[ "$1" = info ] && echo "%s"\n' "$WORK/asked" "$1" >"$WORK/bin/docker"
  rm -f "$WORK/asked"
  own
  as_user env "PATH=$WORK/bin:/usr/bin:/bin" "$PROGRAMS/launcher/claudefs-run" --print-plan --json "$PROJECT" --exec true 2>"$WORK/err" |
    sed -nE 's/^  "(runtime|engine)": ("([^"]*)"|null),$/\3/p' | tr '\n' ' '
}
ok 'an engine that answers is taken' equal "docker $WORK/bin/docker " "$(engine '[name=seccomp,profile=default]')"
ok 'for the plan it is asked for nothing else' equal 'info' "$(cut -d' ' -f1 "$WORK/asked" | sort -u)"
ok 'one without root is not' equal 'native  ' "$(engine '[name=seccomp,profile=default name=rootless]')"
ok 'and why is said' contains "$WORK/err" 'rootless and cannot attach the view'
rm "$WORK/bin/docker"
printf '[\n{"path":\n' >"$HOME/broken.json"
own
ok 'a broken rule file is refused' equal 125 "$(code run --rules "$HOME/broken.json" "$PROJECT" --exec true)"
ok 'with its file and line' grep -qE 'broken\.json:[0-9]+: ' "$WORK/err"
ok 'and no session is made' test ! -e "$HOME/.local/state/claudefs/sessions"

run --print-plan --json --env A=b "$PROJECT" --exec ls -l >"$WORK/plan"
ok 'the plan is JSON that names the project' node -e '
  const plan = JSON.parse(require("fs").readFileSync(process.argv[1]));
  if (plan.project !== process.argv[2] || plan.network !== "gateway" || plan.command.join() !== "ls,-l" ||
      !plan.env.includes("A") || !plan.mounts.some((m) => m.kind === "view")) process.exit(1);' \
  "$WORK/plan" "$PROJECT"
RUN_ENV=(ANTHROPIC_API_KEY=sk-dummy)
run --print-plan --json "$PROJECT" --exec true >"$WORK/plan"
ok 'it shows no secret' lacks sk-dummy "$WORK/plan"
ok 'and makes no session' test ! -e "$HOME/.local/state/claudefs/sessions"
ok '--help names every option of ours' grep -qe --network <(run --help)
ok '--version' grep -qE '^claudefs-run [0-9]' <(run --version)

ok 'a home that is not there is not made' equal 125 \
  "$(code as_user env HOME="$WORK/nowhere" "$PROGRAMS/launcher/claudefs-run" --runtime native "$PROJECT" --exec true)"
ok 'really' test ! -e "$WORK/nowhere"
mkdir "$WORK/other"
ok 'a home called /home/claude has another name inside' grep -q '"home": "/home/user"' \
  <(as_user env HOME=/home/claude "$PROGRAMS/launcher/claudefs-run" --runtime native --print-plan --json "$WORK/other" --exec true)
finish
