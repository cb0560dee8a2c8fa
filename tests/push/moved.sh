#!/bin/bash
# SPDX-License-Identifier: MIT
# Honest pushes to a remote that has moved on since the project was there, or that never had what
# the project has; and that of what counts as the remote's only what it says it has.
. "$(dirname "$0")/push_lib.sh"
make_run_home
start_server
bare "$WORK/srv/repo.git"
bare "$WORK/srv/empty.git"
bare "$WORK/path.git"
make_project
# A workflow in the history, as nearly every project has one: new it would be refused.
echo 'on: [push]' >"$PROJECT/.github/workflows/ci.yml"
host_git commit -qam 'the workflow'
host_git branch side
host_git remote add origin "$URL/repo.git"
host_git remote add local "$WORK/path.git"
host_git remote add empty "$URL/empty.git"
for to in "$WORK/srv/repo.git" "$WORK/path.git"; do
  git -C "$to" fetch -q "$PROJECT" main:main
done
make_gh github_pat_CANARYtoken

# elsewhere REPOSITORY BRANCH FILE: somebody else commits that to it.
elsewhere() {
  rm -rf "$WORK/clone"
  git clone -q -b "$2" "$1" "$WORK/clone"
  echo "$3 $RANDOM" >"$WORK/clone/$3"
  git -C "$WORK/clone" add .
  git -C "$WORK/clone" -c user.name=O -c user.email=o@example.org commit -qm "elsewhere: $3"
  git -C "$WORK/clone" push -q origin HEAD
}
own

# deed NAME PATTERN: what git said to the push of that name.
deed() {
  awk -v name="== $1" '$0 == name { on = 1; next } /^== / { on = 0 } on' "$WORK/out" >"$WORK/deed"
  matches "$WORK/deed" "$2"
}
# For the sandbox: push NAME ARG...
# shellcheck disable=SC2016
PUSH='push() { echo "== $1"; shift; git push "$@"; echo "code $?"; };'

# In another branch than the one that is pushed, where what leads there from the fork is not new; and in itself.
elsewhere "$WORK/srv/repo.git" main theirs
elsewhere "$WORK/path.git" main theirs
tip=$(git -C "$WORK/srv/repo.git" rev-parse main)
touch "$WORK/requests.hold"
(
  # Those of the sandbox are still there, for the remote is being fetched from.
  wait_until test -e "$WORK/requests.held"
  python3 "$CLAUDEFS_SOURCE/tests/push/memory_has.py" "$PROJECT" CANARYtoken >"$WORK/memory"
  code claudefs approve push:1 >"$WORK/decided"
  rm "$WORK/requests.hold"
) &
session --allow-git-push -- "$PUSH"'git checkout -q -b topic && echo 1 >>file && git commit -qam topic && push new origin topic; push path local topic
  git checkout -q main && echo 2 >>file && git commit -qam ours && push moved origin main; push moved-path local main'
wait $!
if [ "$(id -u)" = 0 ]; then
  ok 'of its processes one has the credential, and that one parses no pack' equal 'free yes' "$(grep yes "$WORK/memory")"
  ok 'those that do have it not, the one that was forked for this push neither' equal 3 "$(grep -c no "$WORK/memory")"
  grep -q __asan_init "$PROGRAMS/launcher/push/claudefs-push" ||
    ok 'and have a system call filter' equal 'filtered no filtered no free no free yes' "$(xargs <"$WORK/memory")"
fi
ok 'nobody decides about a push that is being made' equal 9 "$(cat "$WORK/decided")"
ok 'a new branch is pushed where main has moved on' deed new 'code 0'
ok 'by a path too' deed path 'code 0'
ok 'it is there' equal "$(host_git rev-parse topic)" "$(git -C "$WORK/srv/repo.git" rev-parse topic)"
ok 'by a path too' equal "$(host_git rev-parse topic)" "$(git -C "$WORK/path.git" rev-parse topic)"
claudefs status >"$WORK/status"
ok 'with nothing of before the fork' matches "$WORK/status" 'push:1 *pushed .*origin topic *1 commit, 1 file, [+]1 -0'
ok 'the remote was asked with the credential' contains "$WORK/requests" 'POST /repo.git/git-upload-pack auth'
ok 'where the branch itself has moved on it is as with any server' deed moved '! .remote rejected. main -> main .fetch first.'
ok 'by a path too' deed moved-path '! .remote rejected. main -> main .fetch first.'
ok 'with the reason' deed moved "refs/heads/main: not a fast-forward: the remote has ${tip:0:12}"
ok 'nothing is pushed' equal "$tip" "$(git -C "$WORK/srv/repo.git" rev-parse main)"

# Rebased on the host it goes. A branch of the remote's that is in the history, and has moved on: its older commits are
# no news; the same kind of commit, which the remote does not have, is. Then a remote that has nothing yet.
host_git fetch -q "$WORK/srv/repo.git" main
host_git rebase -q FETCH_HEAD
host_git checkout -q side
mkdir -p "$PROJECT/.github/workflows"
echo 'on: pull_request' >"$PROJECT/.github/workflows/side.yml"
host_git add .
host_git commit -qm 'side: another workflow'
git -C "$WORK/srv/repo.git" fetch -q "$PROJECT" side:side
elsewhere "$WORK/srv/repo.git" side theirs-too
host_git checkout -q main
own
session --allow-git-push -- "$PUSH"'push rebased origin main
  git merge -q --no-ff -m merge side && push merged origin main
  git checkout -q -b evil && echo "on: issues" >.github/workflows/side.yml && git commit -qam evil && push evil origin evil
  push all empty topic
  git checkout -q --orphan fresh && git rm -rqf . && echo 1 >file && git add file && git commit -qm fresh && push fresh empty fresh:main
  push apart origin fresh'
ok 'rebased on the host it goes' deed rebased 'code 0'
ok 'what was merged from a branch that has moved on is not new' deed merged 'code 0'
ok 'a workflow that the remote does not have is' deed evil 'side.yml may not change'
ok 'to a remote that has nothing yet any workflow is' deed all '.github/workflows/ci.yml may not change'
ok 'and a history without one goes' deed fresh 'code 0'
ok 'so does one that has no commit in common with the remote' deed apart 'code 0'

# Held, and the remote moves before a person decides.
git -C "$WORK/path.git" fetch -q -f "$WORK/srv/repo.git" 'refs/heads/*:refs/heads/*'
own
session -- 'git checkout -q -f main && git checkout -q -b later && echo 3 >>file && git commit -qam later && git push origin later
  git checkout -q -b last && echo 4 >>file && git commit -qam last && git push origin last:main; git push local last'
elsewhere "$WORK/srv/repo.git" side theirs-again
own
ok 'a held push goes though another branch has moved' equal 0 "$(code claudefs commit --only push:1)"
elsewhere "$WORK/srv/repo.git" main theirs-in-it
own
ok 'where its own has, it waits with the reason' says 'not a fast-forward' claudefs commit --only push:2
mv "$WORK/path.git" "$WORK/away.git"
ok 'of several the worst is the exit code' equal 11 "$(code claudefs commit --only push:2 --only push:3)"
ok 'whatever the order' equal 11 "$(code claudefs commit --only push:3 --only push:2)"
mv "$WORK/away.git" "$WORK/path.git"
echo '{' >"$(pushes)/2.json"
own
claudefs status >"$WORK/status" 2>&1
ok 'one whose record is damaged is named' matches "$WORK/status" 'push:2: .*/2.json: .*it is left out'
ok 'the others are there' matches "$WORK/status" 'push:3 *held'
ok 'and can be pushed' equal 0 "$(code claudefs commit --only push:3)"

# A remote that cannot be fetched from: what it has since is not known, and that is said.
elsewhere "$WORK/path.git" main theirs-more
git -C "$WORK/srv/repo.git" config http.uploadpack false
own
session --allow-git-push -- 'git checkout -q -f main && git checkout -q -b blind topic && echo 5 >>file && git commit -qam blind && git push origin blind evil; echo "code $?"'
ok 'a refusal says what could not be had' contains "$WORK/out" 'what the remote has since could not be had'
git -C "$WORK/srv/repo.git" config --unset http.uploadpack
rm -rf "$WORK/shallow"
git clone -q --depth 1 "file://$WORK/path.git" "$WORK/shallow"
rm -rf "$PROJECT/.git"
cp -r "$WORK/shallow/.git" "$PROJECT/.git"
host_git remote set-url origin "$URL/repo.git"
own
session --allow-git-push -- 'git checkout -q -f main && git checkout -q -b shallow && echo 6 >>file && git commit -qam shallow && git push origin shallow'
ok 'a shallow clone is told how to become whole' contains "$WORK/out" 'shallow clone; git fetch --unshallow'
ok 'nothing of the way there is left' equal '' "$(find "$HOME/.local/state/claudefs/push" -name '*.way')"
ok 'no token is in the state directory' equal '' "$(grep -rl CANARYtoken "$HOME/.local/state")"
finish
