#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs inside a sandbox, in an empty directory of the project: everyday git, one command a line, each for real.
# Prints "CODE COMMAND" for each that does not end with 0, with what it said, and at last how many there were.
# shellcheck disable=SC2016
export GIT_MERGE_AUTOEDIT=no
count=0
while IFS= read -r line; do
  case $line in '' | '#'*) continue ;; esac
  count=$((count + 1))
  output=$(bash -c "$line" 2>&1 </dev/null) || printf '%s %s\n%s\n' "$?" "$line" "$output"
done <<'COMMANDS'
git --version
git help -a
git init -q -b main repo
cd repo && git status
cd repo && git status --porcelain=v2 --branch
cd repo && git config user.name Ada
cd repo && git config user.email a@example.org
cd repo && git config --global pull.rebase true
cd repo && git config --get user.name
cd repo && git config --list
cd repo && git config --list --show-origin --show-scope
cd repo && git config core.autocrlf input
cd repo && git config --unset core.autocrlf
cd repo && git config --global --add safe.directory "$PWD"
cd repo && printf '*.o\n' >.gitignore && echo one >a && git add -A
cd repo && git commit -q -m 'push: one'
cd repo && echo two >>a && git commit -q -a -m 'two'
cd repo && git commit -q --amend -m 'two, better'
cd repo && git commit -q --allow-empty -m empty
cd repo && GIT_EDITOR=true git commit --allow-empty -m x
cd repo && git -c core.editor=true commit --allow-empty -m y
cd repo && GIT_AUTHOR_NAME=B GIT_AUTHOR_EMAIL=b@example.org GIT_AUTHOR_DATE=2026-01-02T03:04:05 git commit -q --allow-empty -m z
cd repo && git log --oneline --graph --all
cd repo && git log -p -S two
cd repo && git --no-pager log -3 --format=%H
cd repo && GIT_PAGER=cat git log -1
cd repo && git -c core.pager=cat log -1
cd repo && git show HEAD --stat
cd repo && echo three >>a && git diff
cd repo && git diff --cached --exit-code
cd repo && git diff --no-index /dev/null a || [ $? -eq 1 ]
cd repo && git stash push -m keep
cd repo && git stash list && git stash pop
cd repo && git checkout -- a
cd repo && git restore a && git reset -q --hard HEAD
cd repo && git branch push
cd repo && git checkout -q -b feature
cd repo && echo f >f && git add f && git commit -q -m f
cd repo && git switch -q main && git merge -q --no-ff --no-edit feature
cd repo && git switch -q -c topic HEAD~1 && echo t >t && git add t && git commit -q -m t
cd repo && git rebase -q main
cd repo && GIT_SEQUENCE_EDITOR=: git rebase -q -i HEAD~2
cd repo && GIT_SEQUENCE_EDITOR="sed -i 1s/pick/reword/" GIT_EDITOR=true git rebase -q -i HEAD~1
cd repo && git rebase -q --exec true HEAD~1
cd repo && git switch -q main && git cherry-pick -x topic
cd repo && git revert --no-edit HEAD
cd repo && git tag -a v1 -m v1 && git describe && git tag -l
cd repo && git blame a && git shortlog -sn HEAD && git reflog -3
cd repo && git grep -n two && git ls-files -s && git ls-tree -r HEAD
cd repo && git rev-parse HEAD && git cat-file -p HEAD && git merge-base main topic
cd repo && git rm -q f && git mv a b && git commit -q -m moved
cd repo && git clean -ndx
cd repo && git bisect start HEAD HEAD~3 && git bisect run true && git bisect reset
cd repo && git worktree add -q ../tree topic && git worktree list && git -C ../tree status
cd repo && git worktree remove ../tree
cd repo && git archive -o ../x.tar HEAD && git bundle create ../x.bundle main
cd repo && git format-patch -1 -o ../patches && git apply --check --reverse ../patches/*.patch
cd repo && git gc -q && git fsck && git count-objects -v && git maintenance run
cd repo && git notes add -m note && git notes show
git clone -q --bare repo remote.git
git clone -q remote.git copy
git clone -q --depth 1 --branch main "file://$PWD/remote.git" shallow
git clone -q repo other && cd other && git remote -v && git remote get-url origin && git remote show origin
cd copy && git fetch -q --all --prune && git fetch origin main
cd copy && git pull -q --rebase
cd copy && git ls-remote origin
cd copy && git branch -u origin/main && git branch -vv
cd copy && git submodule update --init --recursive && git submodule foreach true
cd copy && git sparse-checkout set --no-cone /b && git sparse-checkout disable
cd copy && git rerere && git check-ignore -v x.o
git -C copy --git-dir=.git --work-tree=. status
GIT_DIR=copy/.git GIT_WORK_TREE=copy GIT_INDEX_FILE=$PWD/index git read-tree HEAD
cd copy && printf 'tree %s\n' "$(git write-tree)" && git commit-tree -m x "$(git write-tree)"
cd copy && GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=echo GIT_SSH_COMMAND="ssh -oStrictHostKeyChecking=accept-new" git fetch -q
cd copy && git -c core.quotePath=false -c core.fsmonitor= -c core.hooksPath=/dev/null -c core.pager= log -1
cd copy && GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=credential.interactive GIT_CONFIG_VALUE_0=false git fetch -q
cd copy && npm_config_x=1 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null git status
[ -z "${HTTPS_REPOSITORY:-}" ] || git clone -q "$HTTPS_REPOSITORY" secure
[ -z "${HTTPS_REPOSITORY:-}" ] || git -C secure pull -q
COMMANDS
echo "$count commands"
