#!/bin/bash
# SPDX-License-Identifier: MIT
# What the host does not push, each with its reason; and that the same is pushed where the person's
# rules allow it, so that the refusal comes from the check.
. "$(dirname "$0")/push_lib.sh"
make_run_home
start_server
bare "$WORK/srv/repo.git"
make_project
host_git remote add origin "$URL/repo.git"
host_git remote add redirected "$URL/offsite/repo.git"
git -C "$WORK/srv/repo.git" fetch -q "$PROJECT" main:main
host_git branch origin-old
echo 'on: [push]' >"$PROJECT/.github/workflows/ci.yml"
host_git commit -qam 'mend the workflow'
git -C "$WORK/srv/repo.git" fetch -q "$PROJECT" main:main origin-old:old
base=$(git -C "$WORK/srv/repo.git" rev-parse main)
# What anybody may bring to a forge: a request to pull, with a ref of its own there.
host_git checkout -q -b pull
echo 'on: pull_request_target' >"$PROJECT/.github/workflows/ci.yml"
host_git commit -qam pull
git -C "$WORK/srv/repo.git" fetch -q "$PROJECT" pull:refs/pull/1/head
host_git checkout -q main
make_gh github_pat_CANARYtoken
cp "$CLAUDEFS_SOURCE/tests/push/raw_push.py" "$PROJECT/.git/raw_push.py"
own

# In the sandbox. on NAME: a branch of that name from main; out: what git says goes behind a line "== NAME".
cat >"$PROJECT/.git/deeds" <<'END'
exec 2>&1
set -u
base=$(git rev-parse main)
first=$(git rev-parse main~1)
zero=0000000000000000000000000000000000000000
on() {
  git checkout -q -f "$base" && git checkout -q -B "$1" && git clean -qfd
}
wanted() {
  case "|${ONLY:-$1}|" in *"|$1|"*) ;; *) return 1 ;; esac
  echo "== $1"
}
push() {
  wanted "$1" || return 0
  shift
  timeout 60 git push "$@"
  echo "exit $?"
}
commit() {
  git add -A -f && git commit -qm "${1:-change}"
}
raw() {
  wanted "$1" || return 0
  shift
  timeout 60 python3 .git/raw_push.py "$@"
  echo "exit $?"
}
on workflow && echo 'on: [push, pull_request_target]' >.github/workflows/ci.yml && commit
push workflow origin workflow
on action && mkdir -p .GitHub/Workflows && echo x >.GitHub/Workflows/other.yml && commit
push folded origin action
push pull origin pull:pulled
# A merge made to bring back what the remote had before: no commit in it changes the workflow.
git branch -f back "$(git commit-tree -p "$first" -p "$base" -m merge "$first^{tree}")"
push back origin back:main
# What a merge of main brings to a branch of the remote's is no change of ours.
git checkout -qf origin-old && git merge -q --no-ff -m merge main && git branch -f caught-up HEAD
push merge origin caught-up:old
on history && printf 'key = ghp_%036d\n' 7 >settings && commit && git rm -q settings && commit 'take it out'
push secret origin history
on message && echo 1 >file && git commit -qam "$(printf -- '-----BEGIN OPENSSH PRIVATE KEY-----')"
push message origin message
on link && ln -s ../../outside link && commit
push link origin link
on linked && ln -s "$(printf 'ghp_%036d' 8)" linked && commit
push 'secret link' origin linked
on module && git update-index --add --cacheinfo "160000,$base,sub" && git commit -qm sub
push submodule origin module
on modules && printf '[submodule "x"]\n\tpath = x\n\turl = -u./x\n' >.gitmodules && commit
push gitmodules origin modules
on bidi && touch "$(printf 'a\342\200\256txt.exe')" && commit
push bidi origin bidi
blob=$(echo evil | git hash-object -w --stdin)
for name in .git .GIT 'git~1' '.git ' '.g\u200cit'; do
  tree=$(printf "040000 tree $(printf "100644 blob $blob\tconfig\n" | git mktree)\t$name\n" | git mktree)
  git branch -f evil "$(git commit-tree -p "$base" -m evil "$tree")"
  push "name $name" origin evil
done
tree=$(python3 -c 'import sys; entry = b"100644 a\0" + bytes.fromhex(sys.argv[1]); sys.stdout.buffer.write(entry * 2)' "$blob" |
  git hash-object -t tree --literally -w --stdin)
git branch -f twice "$(git commit-tree -p "$base" -m twice "$tree")"
push duplicate origin twice
on tag && git tag -f v1 && push tag origin v1
on tagged && git tag -a -m AKIAABCDEFGHIJKLMNOP v2
push 'secret tag' origin v2
git tag -a -m outer v3 v2
push 'secret tag of a tag' origin v3
on named && touch "$(printf 'ghp_%036d' 10)" && commit
push 'secret name' origin named
git branch -f "$(printf 'ghp_%036d' 11)" "$base"
push 'secret branch' origin "$(printf 'ghp_%036d' 11)"
on author && echo author >file && git add file && GIT_AUTHOR_NAME=$(printf 'ghp_%036d' 12) git commit -qm author
push 'secret author' origin author
on other && echo other >>file && commit
push branch origin other:secret/branch
push 'another remote' git://127.0.0.1:9418/evil other
push redirect redirected other
raw delete origin $zero refs/heads/main
git rev-list --objects main | git pack-objects -q --stdout >.git/good.pack
for ref in refs/heads/../x refs/heads/-x refs/heads/x.lock HEAD refs/notes/x refs/heads/HEAD "refs/heads/$base" "refs/heads/a
b" "$(printf 'refs/heads/a\342\200\256b')" refs/heads/ "refs/heads/$(printf '%0300d' 1)"; do
  raw "ref $ref" origin "$base" "$ref" .git/good.pack
done
head -c 300 /dev/urandom >.git/bad.pack
raw garbage origin "$base" refs/heads/garbage .git/bad.pack
head -c -30 .git/good.pack >.git/bad.pack
raw truncated origin "$base" refs/heads/truncated .git/bad.pack
(head -c -20 .git/good.pack; head -c 20 /dev/zero) >.git/bad.pack
raw checksum origin "$base" refs/heads/checksum .git/bad.pack
echo "$base" | git pack-objects -q --stdout >.git/bad.pack
raw incomplete origin "$base" refs/heads/incomplete .git/bad.pack
printf 'PACK\0\0\0\2\377\377\377\377' >.git/bad.pack
raw 'many objects' origin "$base" refs/heads/many .git/bad.pack
raw 'not there' origin 1111111111111111111111111111111111111111 refs/heads/none .git/good.pack
wanted protocol && for bytes in '' 'GET / HTTP/1.1\r\n\r\n' '0001' 'zzzz' 'ffffx' '001egit-upload-pack /origin\0' '0025git-receive-pack /../../etc/pass\0'; do
  timeout 60 python3 .git/raw_push.py --bytes "$bytes"
done
on giant && head -c 3000000 /dev/urandom >giant && commit
push giant origin giant
on big && head -c 900000 /dev/zero >big && commit
push big origin big
on forced && git commit -q --amend -m 'another first'
push force -f origin forced:main
on good && echo good >>file && commit
push good origin good
END

rules() {
  mkdir -p "$HOME/.config/claudefs"
  cat >"$HOME/.config/claudefs/push.json"
  own
}
deeds() {
  session --allow-git-push -- "ONLY='${1:-}' sh .git/deeds"
  cp "$WORK/out" "$WORK/deeds"
}
# refused NAME TEXT: that deed, with that reason.
refused() {
  awk -v name="== $1" '$0 == name { on = 1; next } /^== / { on = 0 } on' "$WORK/deeds" >"$WORK/deed"
  ok "$1 is refused" matches "$WORK/deed" "$2"
}
pushed() {
  awk -v name="== $1" '$0 == name { on = 1; next } /^== / { on = 0 } on' "$WORK/deeds" >"$WORK/deed"
  ok "allowed by a rule, $1 is pushed" contains "$WORK/deed" 'exit 0'
}

rules <<'END'
{ "branches": ["*"], "limits": { "pack_bytes": 2000000, "object_bytes": 800000 } }
END
deeds
refused workflow '.github/workflows/ci.yml may not change \(It would run on the server'
refused folded '.GitHub/Workflows/other.yml may not change'
refused pull '.github/workflows/ci.yml may not change'
refused back 'refs/heads/main: .github/workflows/ci.yml may not change'
refused 'secret link' 'linked, line 1: looks like a token of GitHub'
refused secret 'settings, line 1: looks like a token of GitHub \(github-token\); take it out'
refused message 'message, line [0-9]+: looks like a private key'
refused link 'link is a symbolic link that leads out'
refused submodule 'sub is a submodule'
refused gitmodules '.gitmodules may not change'
refused bidi 'is not a name that may be pushed'
for name in .git .GIT 'git~1' '.git '; do
  refused "name $name" 'is not a name that may be pushed'
done
refused duplicate 'stands twice or out of order|malformed'
refused tag 'tags are not pushed'
refused branch '"branches" in .*push.json does not have it'
refused 'another remote' 'not a remote that this project had'
refused redirect 'cannot be reached: cannot redirect from'
ok 'and the other server got no credential' lacks 'offsite.* auth' "$WORK/requests"
ok 'nor was it asked' equal '' "$(git -C "$WORK/srv/repo.git" branch --list other)"
refused delete 'a push may not delete'
for ref in refs/heads/../x refs/heads/-x refs/heads/x.lock HEAD refs/notes/x refs/heads/HEAD "refs/heads/$base" refs/heads/; do
  refused "ref $ref" 'not a branch or tag that may be pushed'
done
refused garbage 'the pack is malformed'
refused truncated 'the pack ended before it was whole'
refused checksum 'the pack ended before it was whole|malformed'
refused incomplete 'malformed or not complete'
refused 'many objects' 'too many objects; .*limits.objects'
refused 'not there' 'is not in the pack'
refused protocol 'only git push is answered here'
refused giant 'the pack is larger than 2000000 bytes \(limits.pack_bytes'
refused big 'larger than 800000|malformed: .*size'
refused force 'not a fast-forward'
pushed good
pushed merge
ok 'main is as it was' equal "$base" "$(git -C "$WORK/srv/repo.git" rev-parse main)"
ok 'and there is only the good branch beside it' equal 'good main old pull/1/head' "$(git -C "$WORK/srv/repo.git" for-each-ref --format='%(refname:short)' | xargs)"
ok 'of what was refused only that is kept which a server did not take' equal 1 "$(find "$(pushes)" -name '*.git' | wc -l)"
claudefs status >"$WORK/status"
ok 'status lists what was refused' matches "$WORK/status" 'push:1 *refused *origin workflow *commit'
ok 'and is safe for a terminal' "$CLAUDEFS_BUILD/tests/lib/output_check" safe <"$WORK/status"

refused 'secret name' 'the name of a file, line 1: looks like a token of GitHub'
refused 'secret branch' 'its name, line 1: looks like a token of GitHub'
refused 'secret author' 'message, line 3: looks like a token of GitHub'

rules <<'END'
{ "branches": ["**"], "tags": true, "submodules": true, "outward_links": true,
  "allow_paths": [".github/workflows/**", ".GitHub/Workflows/**", ".gitmodules"],
  "allow_secrets": ["github-token", "private-key"] }
END
deeds 'workflow|folded|secret|message|link|submodule|gitmodules|tag|branch|giant|big|force|delete|name .git|secret tag|secret tag of a tag'
for deed in workflow folded secret message link submodule gitmodules tag branch giant big; do
  pushed "$deed"
done
refused 'secret tag' 'tag [0-9a-f]+: message, line 6: looks like an access key of AWS'
refused 'secret tag of a tag' 'tag [0-9a-f]+: message, line 6: looks like an access key of AWS'
refused 'name .git' 'is not a name that may be pushed'
refused force 'not a fast-forward'
refused delete 'a push may not delete'
ok 'main is as it was, whatever the rules allow' equal "$base" "$(git -C "$WORK/srv/repo.git" rev-parse main)"

# Hooks in the quarantine itself.
session -- 'git checkout -qf main && echo q >>file && git commit -qam q && git push origin main'
for hook in pre-push reference-transaction update post-update pre-receive; do
  # shellcheck disable=SC2016
  printf '#!/bin/sh\necho %s >>"%s/hook-ran"\n' "$hook" "$WORK" >"$(pushes)/1.git/hooks/$hook"
  chmod 755 "$(pushes)/1.git/hooks/$hook"
done
own
ok 'a push whose quarantine has hooks is made' equal 0 "$(code claudefs commit --only push:1)"
ok 'and none of them ran' equal '' "$(cat "$WORK/hook-ran" 2>/dev/null)"
rules <<'END'
{ "no_such_key": ["main"] }
END
session -- 'git push origin main'
ok 'a mistake in the rules is told before the session begins' contains "$WORK/err" 'push.json: unknown key'
finish
