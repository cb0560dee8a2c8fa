#!/bin/bash
# SPDX-License-Identifier: MIT
# --allow-git-push counts for the remotes of before any session, and for those that a person has let
# a push go to since; an address that an agent may have written is held, and not even asked.
. "$(dirname "$0")/push_lib.sh"
make_run_home
start_server
bare "$WORK/srv/repo.git"
bare "$WORK/srv/other.git"
make_project
host_git remote add origin "$URL/repo.git"
git -C "$WORK/srv/repo.git" fetch -q "$PROJECT" main:main
git -C "$WORK/srv/other.git" fetch -q "$PROJECT" main:main
make_gh github_pat_CANARYtoken
own

session -- 'printf "[remote \"other\"]\n\turl = '"$URL"'/other.git\n" >>.git/config'
ok 'without --allow-git-push nothing is said of remotes' lacks 'git push' "$WORK/err"

session --allow-git-push -- 'echo 1 >>file && git commit -qam one && git push other HEAD:main; echo "code $?"; git push origin HEAD:main; echo "code $?"'
ok 'at the start it is said where a push goes at once, and to which branches' contains "$WORK/err" "git push origin ($URL/repo.git): at once, to branches **"
ok 'and where not' contains "$WORK/err" "git push other ($URL/other.git): held, since a session may have put that"
ok 'a push to what an earlier session wrote is held' contains "$WORK/out" 'held as push:1'
ok 'with the reason' contains "$WORK/out" "other leads to $URL/other.git, which a session may have put into .git/config"
ok 'the others are pushed' equal 'code 1 code 0' "$(grep '^code' "$WORK/out" | xargs)"
ok 'nobody has asked that server' lacks other.git "$WORK/requests"
ok 'status tells the reason too' says 'nothing is asked there before you let a push go to it' claudefs status
ok 'and no size, which only the remote could tell' equal 0 "$(claudefs status | grep push:1 | grep -cE " commits?, ")"
claudefs diff push:1 >"$WORK/diff"
ok 'diff shows it' matches "$WORK/diff" '^[+]1$'
ok 'a person lets it go' equal 0 "$(code claudefs commit --only push:1)"
ok 'it is there' equal "$(host_git rev-parse HEAD)" "$(git -C "$WORK/srv/other.git" rev-parse main)"

# Now it counts. Another address in the place of a known one does not.
session --allow-git-push -- 'echo 2 >>file && git commit -qam two && git push other HEAD:main; echo "code $?"; sed -i "s,/repo.git,/evil.git," .git/config'
ok 'to where a person let one go the next goes at once' contains "$WORK/out" 'code 0'
session --allow-git-push -- 'git push origin HEAD:main; echo "code $?"'
ok 'an address that was changed is held' contains "$WORK/out" 'held as push:1'
ok 'and was not asked' lacks evil.git "$WORK/requests"

# What waits is bounded over all sessions.
mkdir -p "$HOME/.config/claudefs"
echo '{ "limits": { "kept_bytes": 4096 } }' >"$HOME/.config/claudefs/push.json"
own
first=$(basename "$(dirname "$(find "$HOME/.local/state/claudefs/push" -name '*.git')")")
session -- 'git push origin HEAD:main; echo "code $?"'
ok 'where too much waits already, nothing more is kept' contains "$WORK/out" '1 pushes of all sessions wait for a person and take'
ok 'and it is said where the oldest is' contains "$WORK/out" "claudefs --session $first status"
rm "$HOME/.config/claudefs/push.json"

# Sessions of before there was a record may have written anything.
rm -r "$HOME/.local/state/claudefs/push/known"
host_git remote set-url origin "$URL/repo.git"
own
session --allow-git-push -- 'git push origin HEAD:main; echo "code $?"'
ok 'where sessions were before the record nothing is known' contains "$WORK/err" "git push origin ($URL/repo.git): held"
ok 'so a push is held' contains "$WORK/out" 'held as push:1'
ok 'what was said is safe for a terminal' "$CLAUDEFS_BUILD/tests/lib/output_check" safe <"$WORK/err"
finish
