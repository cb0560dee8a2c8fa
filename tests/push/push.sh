#!/bin/bash
# SPDX-License-Identifier: MIT
# `git push` in a sandbox, by the host: to a bare path and to git http-backend with authentication;
# at once with --allow-git-push, else held until a person says so.
. "$(dirname "$0")/push_lib.sh"
make_run_home
start_server
bare "$WORK/srv/repo.git"
bare "$WORK/path.git"
make_project
host_git remote add origin "$URL/repo.git"
host_git remote add local "$WORK/path.git"
host_git push -q local HEAD:main
git -C "$WORK/srv/repo.git" fetch -q "$PROJECT" main:main
make_gh github_pat_CANARYtoken
# Hooks that would run if any git of the host's ran in the project.
for hook in pre-push reference-transaction post-index-change; do
  # shellcheck disable=SC2016
  printf '#!/bin/sh\necho %s "$PWD" >>"%s/hook-ran"\n' "$hook" "$WORK" >"$PROJECT/.git/hooks/$hook"
  chmod 755 "$PROJECT/.git/hooks/$hook"
done
own

session --allow-git-push -- 'echo more >>file && git commit -qam second && git push origin HEAD:main; echo "code $?"
  git push local HEAD:main; echo "code $?"; env | grep -i canary; grep -r CANARY[t]oken /proc/*/environ /proc/*/cmdline ~ /etc/gitconfig 2>/dev/null'
ok 'with --allow-git-push a push arrives on the server' equal "$(host_git rev-parse HEAD)" "$(git -C "$WORK/srv/repo.git" rev-parse main)"
ok 'and in a bare repository by its path' equal "$(host_git rev-parse HEAD)" "$(git -C "$WORK/path.git" rev-parse main)"
ok 'git inside says so' equal 'code 0 code 0' "$(grep '^code' "$WORK/out" | xargs)"
ok 'what comes back is what was sent' equal "$(cat "$PROJECT/file")" "$(git -C "$WORK/srv/repo.git" show main:file)"
ok 'the token is not in the sandbox' lacks CANARY "$WORK/out"
ok 'nor in the state directory' equal '' "$(grep -rl CANARYtoken "$HOME/.local/state")"
ok 'the server asked for it, and got it' contains "$WORK/requests" 'POST /repo.git/git-receive-pack auth'
ok 'no hook of the project ran' equal '' "$(cat "$WORK/hook-ran" 2>/dev/null)"
ok 'status lists both as pushed' equal 2 "$(claudefs status | grep -c 'push:[12] *pushed')"
ok 'and whose word that was' equal 2 "$(claudefs status | grep -c 'pushed by --allow-git-push')"
ok 'and what was pushed is not kept a second time' equal '' "$(find "$(pushes)" -name '*.git')"

session -- 'echo held >>file && git commit -qam third && git push origin HEAD:main HEAD:refs/heads/topic/x; echo "code $?"'
before=$(git -C "$WORK/srv/repo.git" rev-parse main)
ok 'without it a push is held, and git inside says so' contains "$WORK/out" 'held as push:1'
ok 'as a failure' contains "$WORK/out" 'code 1'
ok 'nothing is pushed' equal "$before" "$(git -C "$WORK/srv/repo.git" rev-parse main)"
claudefs status >"$WORK/status"
ok 'status lists it with its size' matches "$WORK/status" 'push:1 *held *origin main topic/x *1 commit, 2 files, [+]2 -0'
ok 'and what to type' contains "$WORK/status" 'claudefs diff push:N'
claudefs diff push:1 >"$WORK/diff"
ok 'diff shows the commits' matches "$WORK/diff" 'commit .* third'
ok 'and the lines' matches "$WORK/diff" '^[+]held'
ok 'and no others' lacks '^[+]more' "$WORK/diff"
ok 'diff in JSON has them too' equal '+held +held' \
  "$(claudefs --json diff push:1 | python3 -c 'import json,sys; print(*[l for l in json.load(sys.stdin)["lines"] if l[0] == "+"])')"
mkdir -p "$HOME/.config/claudefs"
echo '{ "limits": { "pack_bytes": 1 } }' >"$HOME/.config/claudefs/push.json"
own
claudefs diff push:1 >"$WORK/diff" 2>"$WORK/said"
ok 'whoever reads the objects for it is under the limits of a reader' contains "$WORK/said" 'was ended by signal'
rm "$HOME/.config/claudefs/push.json"
claudefs commit --all >/dev/null 2>&1
ok 'commit --all does not push: that would be a yes without a look' equal "$before" "$(git -C "$WORK/srv/repo.git" rev-parse main)"
ok 'approve notes it' equal 0 "$(code claudefs approve push:1)"
ok 'and still nothing is pushed' equal "$before" "$(git -C "$WORK/srv/repo.git" rev-parse main)"
claudefs commit >"$WORK/commit" 2>&1
ok 'commit pushes it' contains "$WORK/commit" 'push:1: pushed to'
ok 'the branch' equal "$(host_git rev-parse HEAD)" "$(git -C "$WORK/srv/repo.git" rev-parse main)"
ok 'and the new one' equal "$(host_git rev-parse HEAD)" "$(git -C "$WORK/srv/repo.git" rev-parse topic/x)"
ok 'log has who approved it' matches <(claudefs log) 'person *push *push:1 origin main topic/x  approved'
ok 'and who pushed it' matches <(claudefs log) 'person *push *push:1 origin main topic/x  pushed'
ok 'a second commit has nothing to push' equal '' "$(claudefs commit 2>&1 | grep push:)"
ok 'it is in the JSON too' equal 'pushed main' \
  "$(claudefs --json status | python3 -c 'import json,sys; p=json.load(sys.stdin)["pushes"][0]; print(p["state"], p["refs"][0]["ref"][11:])')"

session -- 'echo no >>file && git commit -qam fourth && git push origin HEAD:main'
ok 'reject ends it' equal 0 "$(code claudefs reject push:1)"
ok 'for good' equal 11 "$(code claudefs approve push:1)"
ok 'its objects are gone' equal '' "$(find "$(pushes)" -name '*.git')"
ok 'a push that is not there is said' equal 2 "$(code claudefs diff push:7)"

session -- 'git push origin HEAD:main'
ok 'to name one is to approve it' equal 0 "$(code claudefs commit --only push:1)"
ok 'and it is there' equal "$(host_git rev-parse HEAD)" "$(git -C "$WORK/srv/repo.git" rev-parse main)"

# Which credential, and which not.
make_gh ghp_CANARYclassic
session --disallow-broad-gh-token --allow-git-push -- 'echo 5 >>file && git commit -qam fifth && git push origin HEAD:main'
ok 'a classic token is refused where it was asked for' contains "$WORK/out" 'a classic token of GitHub, for all of your repositories'
ok 'and by commit too, since the session said so' equal 13 "$(code claudefs commit --only push:1)"
ok 'the push waits' says 'push:1  held' claudefs status
make_gh gho_CANARYoauth
ok 'an OAuth token likewise' says 'an OAuth token of GitHub' claudefs commit --only push:1
make_gh github_pat_wrong
ok 'a token that the server does not take is said' says 'the server does not take the credential of gh (fine-grained token)' claudefs commit --only push:1
rm "$WORK/bin/gh"
ok 'so is none' says 'no credential: neither gh nor' claudefs commit --only push:1
git config -f "$HOME/.gitconfig" credential.helper "!f() { echo \"\$PWD\" >>'$WORK/helper-ran'; echo username=x-access-token; echo password=github_pat_CANARYtoken; }; f"
own
ok 'the helper of the person'"'"'s git has one' equal 0 "$(code claudefs commit --only push:1)"
ok 'and it was asked outside of the project' equal "$(pushes)/empty" "$(sort -u "$WORK/helper-ran")"
ok 'the server has it' equal "$(host_git rev-parse HEAD)" "$(git -C "$WORK/srv/repo.git" rev-parse main)"
ok 'no token is in the state directory' equal '' "$(grep -rl CANARYtoken "$HOME/.local/state")"
session -- 'echo 6 >>file && git commit -qam sixth && git push origin HEAD:main'
ok 'a session that is discarded' equal 0 "$(code claudefs discard --yes)"
ok 'has no push left to decide' matches <(claudefs status) 'push:1 *rejected'
ok 'nor its objects' equal '' "$(find "$(pushes)" -name '*.git')"
ok 'no hook ran' equal '' "$(cat "$WORK/hook-ran" 2>/dev/null)"
finish
