# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2119,SC2154
# WS: what is planted in the project must be told by `claudefs audit`, and the audit itself runs nothing.

# plant_all DIR FILE...: each file, with something in it.
plant_all() {
  local name
  for name; do
    mkdir -p "$(dirname "$W/$name")" && echo "planted $name" >"$W/$name"
  done
}

WS_SHELL=(.envrc .mise.toml .tool-versions .python-version .config/mise.toml sub/.envrc .ENVRC)
attack_WS_001() { plant_all "${WS_SHELL[@]}"; }
expect_WS_001() {
  tells created "${WS_SHELL[@]}" || return
  (cd "$PROJECT" && "$REVIEW_PROGRAM" audit --strict >/dev/null)
  [ $? -eq 3 ] || { echo 'audit --strict does not say it by its exit code'; return 1; }
}

WS_EDITOR=(.vscode/tasks.json .vscode/launch.json .vscode/settings.json .vscode/extensions.json .idea/workspace.xml
  .vimrc .exrc .dir-locals.el deep/.vscode/tasks.json)
attack_WS_003() { plant_all "${WS_EDITOR[@]}"; }
expect_WS_003() { tells created "${WS_EDITOR[@]}"; }

before_WS_005() { echo '{"scripts":{"test":"true"}}' >"$PROJECT/package.json"; }
attack_WS_005() {
  echo '{"scripts":{"preinstall":"evil"}}' >"$W/package.json"
  plant_all .npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs bunfig.toml packages/x/package.json
}
expect_WS_005() {
  tells modified package.json && tells created .npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs bunfig.toml packages/x/package.json
}

before_WS_006() { echo '{"resolved":"https://good.example/"}' >"$PROJECT/package-lock.json"; }
attack_WS_006() {
  echo '{"resolved":"https://evil.example/"}' >"$W/package-lock.json"
  plant_all yarn.lock pnpm-lock.yaml Cargo.lock
}
expect_WS_006() { tells modified package-lock.json && tells created yarn.lock pnpm-lock.yaml Cargo.lock; }

WS_CI=(.github/workflows/x.yml .github/actions/a/action.yml .github/dependabot.yml .github/CODEOWNERS .gitlab-ci.yml
  Jenkinsfile .circleci/config.yml)
attack_WS_008() { plant_all "${WS_CI[@]}"; }
expect_WS_008() { tells created "${WS_CI[@]}"; }

# git would not list them: they are ignored.
before_WS_010() {
  mkdir -p "$PROJECT/.venv/bin" "$PROJECT/node_modules/.bin"
  printf '*\n' >"$PROJECT/.gitignore"
  for name in .venv/bin/python .venv/bin/activate node_modules/.bin/tsc; do echo good >"$PROJECT/$name"; done
}
attack_WS_010() {
  for name in .venv/bin/python .venv/bin/activate node_modules/.bin/tsc; do echo evil >"$W/$name"; done
  plant_all .venv/lib/python3/site-packages/x.pth sitecustomize.py conftest.py
}
expect_WS_010() {
  tells modified .venv/bin/python .venv/bin/activate node_modules/.bin/tsc &&
    tells created .venv/lib/python3/site-packages/x.pth sitecustomize.py conftest.py
}

WS_GIT=(.git/hooks/pre-commit .git/info/attributes .git/info/exclude .git/objects/info/alternates .git/config.worktree
  .git/modules/m/HEAD .git/modules/m/commondir .git/modules/m/config .git/worktrees/w/HEAD .git/worktrees/w/commondir
  .git/worktrees/w/gitdir .git/rebase-merge/git-rebase-todo nested/.git/hooks/post-checkout
  bare/HEAD bare/objects/x bare/refs/x bare/hooks/pre-push linked/.git)
before_WS_011() {
  git init -q "$PROJECT" && rm -rf "$PROJECT"/.git/{hooks,info,config.worktree}
}
attack_WS_011() {
  printf '[core]\n\tfsmonitor = touch %s/.agent/ran\n' "$W" >>"$W/.git/config"
  plant_all "${WS_GIT[@]}"
}
expect_WS_011() {
  local name names=()
  for name in "${WS_GIT[@]}"; do
    case $name in
    bare/objects/* | bare/refs/*) ;;
    *) names+=("$name") ;;
    esac
  done
  tells created bare "${names[@]}" && tells modified .git/config
}

attack_WS_013() {
  ln -s "$HOME/.ssh/authorized_keys" "$W/notes.md"
  ln -s ../../victim "$W/up"
  mkdir "$W/d" && ln -s ../src "$W/d/inner"
  ln -s /etc "$W/.claude"
}
expect_WS_013() {
  tells created notes.md up .claude && ! tells created d/inner >/dev/null
}

attack_WS_015() {
  plant_all bin/tool scripts/deploy tools/x node_modules/.bin/y bin/data
  chmod +x "$W/bin/tool" "$W/scripts/deploy" "$W/tools/x"
}
expect_WS_015() {
  tells created bin/tool scripts/deploy tools/x node_modules/.bin/y && ! tells created bin/data >/dev/null
}

WS_DESKTOP=(a.desktop .DS_Store b.lnk c.url d.webloc e.command f.terminal Dockerfile docker-compose.yml
  .devcontainer/devcontainer.json .devcontainer.json)
attack_WS_016() { plant_all "${WS_DESKTOP[@]}"; }
expect_WS_016() { tells created "${WS_DESKTOP[@]}"; }

before_WS_018() {
  echo 'all: one' >"$PROJECT/Makefile"
  echo 'all: one' >"$PROJECT/justfile"
  touch -d '2020-01-01' "$PROJECT/Makefile" "$PROJECT/justfile"
}
attack_WS_018() {
  cp -p "$W/Makefile" "$W/ref"
  echo 'all: two' >"$W/Makefile"
  # Used, and put back as it was.
  echo 'all: two' >"$W/justfile" && echo 'all: one' >"$W/justfile"
  touch -r "$W/ref" "$W/Makefile" "$W/justfile"
}
expect_WS_018() { tells modified Makefile && tells rewritten justfile; }

# Whoever runs git in this project now runs the agent's program. The audit does not.
before_WS_020() { git init -q "$PROJECT"; }
attack_WS_020() {
  printf '#!/bin/sh\ntouch %s/.agent/ran\n' "$W" >"$W/.agent/evil" && chmod +x "$W/.agent/evil"
  printf '[core]\n\tfsmonitor = %s\n\tpager = %s\n[include]\n\tpath = %s\n[diff "x"]\n\ttextconv = %s\n' \
    "$W/.agent/evil" "$W/.agent/evil" "$W/.agent/fifo" "$W/.agent/evil" >>"$W/.git/config"
  mkfifo "$W/.agent/fifo"
  echo '* diff=x' >"$W/.gitattributes"
  mkfifo "$W/Makefile"
}
expect_WS_020() {
  rm -f "$PROJECT/.agent/ran"
  tells modified .git/config && tells created .gitattributes Makefile || return
  (cd "$PROJECT" && yes | timeout 60 "$REVIEW_PROGRAM" audit --restore) >"$WORK/restore" 2>&1 || return
  [ ! -e "$PROJECT/.agent/ran" ] || { echo 'the audit ran the program of the project'; return 1; }
  # The control: git would have.
  cp "$PROJECT/.git/config" "$WORK/config"
  ! grep -q fsmonitor "$WORK/config" || { echo 'the configuration was not put back'; return 1; }
}

# What goes on after the program has ended is ended with it, before the last look.
attack_WS_021() {
  # shellcheck disable=SC2016
  setsid sh -c 'sleep 2; while :; do date >"$1/.envrc"; sleep 0.2; done' sh "$W" >/dev/null 2>&1 &
  disown
}
expect_WS_021() {
  local before
  before=$(cat "$PROJECT/.envrc" 2>/dev/null)
  sleep 1
  [ "$before" = "$(cat "$PROJECT/.envrc" 2>/dev/null)" ] || { echo 'it still writes'; return 1; }
  [ ! -e "$PROJECT/.envrc" ] || tells created .envrc
}

ws_attacks() {
  attack WS-001 run
  attack WS-003 run
  attack WS-005 run
  attack WS-006 run
  attack WS-008 run
  attack WS-010 run
  attack WS-011 run
  attack WS-013 run
  attack WS-015 run
  attack WS-016 run
  attack WS-018 run
  attack WS-020 run
  attack WS-021 run
}

# A look that was taken after the deed is blind to it.
attack_WS_C01() { attack_WS_001; }
expect_WS_C01() {
  local session
  session=$(newest_session)
  cp "$session/workspace/end.json" "$session/workspace/start.json"
  tells created "${WS_SHELL[@]}"
}

ws_control() {
  must_be_unsafe WS-C01 run 'not told'
}
