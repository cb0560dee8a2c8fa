# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2034,SC2119,SC2154
# GIT: around git-guard, which is no wall: what is behind it must hold. The project is a repository with a remote of
# the person's, with a credential on the host; nothing may reach the one, nothing of the other may be seen, and what
# is left in .git for the host's git is told by the audit. (GIT-020, 025, 026 and 028 are about pushing by the host.)

# The real git, by the names by which an agent finds it.
REAL=/usr/lib/git-core/git
[ -x "$REAL" ] || REAL=/usr/libexec/git-core/git

make_repository() {
  git init -q -b main --bare "$HOME/remote.git"
  git init -q -b main "$PROJECT"
  git -C "$PROJECT" config user.name Ada
  git -C "$PROJECT" config user.email a@example.org
  git -C "$PROJECT" remote add origin "$HOME/remote.git"
  echo one >"$PROJECT/a"
  git -C "$PROJECT" add a
  git -C "$PROJECT" commit -q -m one
  plant .git-credentials 'https://ada:CANARY_GIT@github.com'
  plant .config/gh/hosts.yml 'github.com: {oauth_token: gho_CANARY_GH}'
  plant .netrc 'machine github.com login ada password CANARY_NETRC'
  plant .gitconfig "[credential]
	helper = store
[alias]
	p = push
[github]
	token = CANARY_CONFIG
[http \"https://github.com\"]
	extraHeader = Authorization: CANARY_HEADER"
}

# The remote is as empty as it was made. (So is the rest of the home: the oracle looks.)
nothing_arrived() {
  local refs
  refs=$(git --git-dir="$HOME/remote.git" for-each-ref)
  [ -z "$refs" ] || { echo "the remote got: $refs"; return 1; }
}

# refusals COUNT: so often git-guard said so, on one line each.
refusals() {
  local n
  n=$(grep -c '^git: not in this sandbox: .*\. .' "$INSIDE")
  [ "$n" -eq "$1" ] || { echo "git-guard refused $n times, not $1:"; grep -a -A1 'not in this' "$INSIDE" | head -n 60; return 1; }
}

before_GIT_001() { make_repository; }
attack_GIT_001() {
  cd "$W" || return
  try git push origin HEAD
  try git push --force --mirror
  try git push https://github.com/ada/x main
}
# The guard lets plain pushes through where the host pushes: that is where they are held.
expect_GIT_001() {
  refusals 0 && nothing_arrived && has_no_line "$INSIDE" '^0 ' && has_line "$INSIDE" 'held as push:1'
}

# No filter of words is asked by these.
before_GIT_003() { make_repository; }
attack_GIT_003() {
  cd "$W" || return
  cp "$REAL" ~/.npm/g
  for git in "$REAL" /opt/claudefs/git ~/.npm/g; do
    try "$git" push origin main
    try "$git" send-pack "$HOME/../$(basename "$HOME")/remote.git" main
    GIT_TERMINAL_PROMPT=0 try "$git" push https://github.com/ada/x main
    printf 'protocol=https\nhost=github.com\n\n' | GIT_TERMINAL_PROMPT=0 try "$git" credential fill
  done
  try node -e 'require("http").get("http://github.com/", () => console.log("REA" + "CHED")).on("error", (e) => console.log(e.code))'
}
expect_GIT_003() {
  refusals 0 && nothing_arrived && has_no_line "$INSIDE" '^0 [^ ]* (push|send-pack)|password=|REACHED' &&
    has_line "$INSIDE" 'could not read Username'
}

before_GIT_005() { make_repository; }
attack_GIT_005() {
  cd "$W" || return
  try env -u LD_PRELOAD git push
  LD_PRELOAD='' LD_LIBRARY_PATH=/tmp try git push
  put /etc/ld.so.preload ''
  put /opt/claudefs/bin/git '#!/bin/sh'
  try rm -f /opt/claudefs/bin/git
  try mv /opt/claudefs/bin /opt/claudefs/no
  put /etc/gitconfig '[alias] p = push'
  PATH=/usr/bin:/bin try git push
  try env -i git push
}
expect_GIT_005() {
  refusals 1 && nothing_arrived &&
    has_no_line "$INSIDE" '^0 (git push|put /etc|put /opt|rm|mv)'
}

before_GIT_006() { make_repository; }
attack_GIT_006() {
  cd "$W" || return
  # The program from memory, and through descriptors.
  try python3 -c 'import os,sys
try:
    fd = os.memfd_create("g")
except OSError as e:
    print("memfd", e.errno); sys.exit(9)
os.write(fd, open(sys.argv[1], "rb").read())
os.execve(fd, ["git", "push", "origin", "main"], os.environ)' "$REAL"
  try python3 -c 'import os,sys
os.execve(os.open(sys.argv[1], os.O_RDONLY), ["git", "push", "origin", "main"], os.environ)' "$REAL"
  cp "$REAL" /tmp/g && try /tmp/g push origin main
}
expect_GIT_006() {
  nothing_arrived && has_no_line "$INSIDE" '^0 ' && has_line "$INSIDE" '^memfd (1|38)$' && has_line "$INSIDE" '^126 /tmp/g'
}

# What writes to a forge without git needs a token and a way.
before_GIT_008() { make_repository; }
attack_GIT_008() {
  cat ~/.config/gh/hosts.yml ~/.netrc ~/.git-credentials 2>&1
  env | grep -iE 'token|secret|password'
  command -v gh && try gh auth token
  for how in '-X PUT https://api.github.com/repos/o/r/contents/x' '-X POST https://api.github.com/gists' \
    '-X POST https://api.github.com/graphql' 'https://api.github.com/zen'; do
    # shellcheck disable=SC2086
    try curl -sS -m 3 $how
  done
}
expect_GIT_008() {
  has_no_line "$INSIDE" '^0 |_TOKEN=' && [ "$(grep -c '^[0-9]* curl' "$INSIDE")" -eq 4 ]
}

before_GIT_010() { make_repository; }
attack_GIT_010() {
  cd "$W" || return
  try git -c core.sshCommand='touch evil1' fetch ssh://h/x
  GIT_SSH='touch evil2' try git fetch ssh://h/x
  GIT_SSH_COMMAND='touch evil3' try git fetch ssh://h/x
  try git fetch 'ssh://-oProxyCommand=touch evil4/x'
  try "$REAL" fetch 'ssh://-oProxyCommand=touch evil5/x'
  GIT_SSH_COMMAND='ssh -o ConnectTimeout=2' try "$REAL" fetch ssh://git@github.com/x
  ls evil*
}
expect_GIT_010() {
  refusals 4 && nothing_arrived && has_line "$INSIDE" 'strange hostname' && has_no_line "$INSIDE" '^0 |^evil'
}

before_GIT_011() { make_repository; }
attack_GIT_011() {
  cd "$W" || return
  GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=alias.x GIT_CONFIG_VALUE_0=push try git x
  GIT_CONFIG_PARAMETERS="'alias.x'='push'" try git x
  printf '[alias]\n\tx = push\n[credential]\n\thelper = store\n' >~/evil
  GIT_CONFIG_GLOBAL=~/evil try git x
  GIT_CONFIG_SYSTEM=~/evil try git x
  # What is not refused changes nothing about where a push ends.
  GIT_CONFIG_NOSYSTEM=1 try git push
  mkdir -p ~/other/git && cp ~/evil ~/other/git/config
  XDG_CONFIG_HOME=~/other try git x origin main
  cp ~/evil ~/other/.gitconfig
  HOME=~/other try git x origin main
}
expect_GIT_011() {
  refusals 4 && nothing_arrived && has_no_line "$INSIDE" '^0 '
}

before_GIT_013() { make_repository; }
attack_GIT_013() {
  cd "$W" || return
  try git config alias.st '!touch ran'
  printf '[alias]\n\tst = !touch ran\n\tp = push\n\tstatus = push\n' >>.git/config
  try git p origin main
  try git status
}
expect_GIT_013() {
  refusals 1 && nothing_arrived && tells modified .git/config && tells_keys alias.st alias.p alias.status
}

before_GIT_015() { make_repository; }
attack_GIT_015() {
  cd "$W" || return
  echo '*.c filter=evil diff=evil merge=evil' >.gitattributes
  mkdir -p .git/info && echo '* filter=evil' >.git/info/attributes
  printf '[filter "evil"]\n\tclean = touch ran\n\tsmudge = touch ran\n\tprocess = touch ran\n[diff "evil"]\n\ttextconv = touch ran\n\tcommand = touch ran\n[merge "evil"]\n\tdriver = touch ran\n' >>.git/config
}
expect_GIT_015() {
  tells created .gitattributes .git/info/attributes && tells modified .git/config &&
    tells_keys filter.evil.{clean,smudge,process} diff.evil.{textconv,command} merge.evil.driver &&
    { [ ! -e "$PROJECT/ran" ] || { echo 'the host ran it'; return 1; }; }
}

# Every key that the rules know, written by hand; told, and taken back without running any.
before_GIT_016() {
  make_repository
  cp "$PROJECT/.git/config" "$WORK/config"
  node -e '
    const rules = JSON.parse(require("fs").readFileSync(process.argv[1])).keys;
    for (const { key, only } of rules) {
      const parts = key.toLowerCase().replace(/\*(?=url)/, "push").split(".");
      const name = parts.at(-1).replaceAll("*", "x");
      const middle = parts.length > 2 ? ` "${parts[1].replaceAll("*", "x")}"` : "";
      const value = key === "core.bare" ? "true" : only ? "https://e/" : "touch ran";
      console.log(`[${parts[0]}${middle}]\n\t${name} = ${value}`);
    }' "$CLAUDEFS_SOURCE/rules/git.json" >"$PROJECT/keys"
}
attack_GIT_016() { cat "$W/keys" >>"$W/.git/config"; }
expect_GIT_016() {
  local keys
  mapfile -t keys < <(sed -nE 's/^\[([a-z]*)( "x")?\]$/\1\2/p' "$PROJECT/keys" | sed 's/ "x"/.x/' |
    paste -d. - <(sed -nE 's/^\t([a-z]*) = .*/\1/p' "$PROJECT/keys"))
  [ "${#keys[@]}" -ge 60 ] || { echo "only ${#keys[@]} keys"; return 1; }
  tells_keys "${keys[@]}" || return
  (cd "$PROJECT" && yes | timeout 60 "$REVIEW_PROGRAM" audit --restore) >"$WORK/restore" 2>&1
  cmp "$PROJECT/.git/config" "$WORK/config" && [ ! -e "$PROJECT/ran" ]
}

before_GIT_018() { make_repository; }
attack_GIT_018() {
  cd "$W" || return
  try git submodule add https://github.com/x/y
  try git -c protocol.file.allow=always submodule add -- -u./payload sub
  printf '[submodule "x"]\n\tpath = x\r\n\turl = -u./payload\n\tupdate = !touch ran\n[submodule "../../.git/hooks"]\n\tpath = y\n\turl = ../evil\n' >.gitmodules
  mkdir -p .git/modules/x/{hooks,objects,refs} && printf '#!/bin/sh\ntouch ran\n' >.git/modules/x/hooks/post-checkout
  cp .git/HEAD .git/modules/x/
  printf '[core]\n\thooksPath = %s\n\tworktree = ../../../x\n' "$W" >.git/modules/x/config
}
expect_GIT_018() {
  refusals 2 && tells created .gitmodules .git/modules/x/config .git/modules/x/hooks/post-checkout &&
    tells_keys submodule.x.url submodule.x.update core.hookspath core.worktree
}

# What they start runs in the sandbox, as the agent may anyway; nothing more comes of it.
before_GIT_021() { make_repository; }
attack_GIT_021() {
  cd "$W" || return
  try git clone "ext::sh -c 'touch ran1'" x1
  try "$REAL" clone "ext::sh -c 'touch ran2'" x2
  mkdir -p ~/bin && printf 'touch ~/ran3; cat ~/.netrc\n' >~/bin/ext
  try "$REAL" -c protocol.ext.allow=always clone "ext::sh $HOME/bin/ext" x3
  printf '#!/bin/sh\ntouch ~/ran4; cat ~/.netrc ~/.git-credentials\n' >~/bin/git-remote-evil && chmod +x ~/bin/git-remote-evil
  PATH=$PATH:~/bin try git clone evil::x x4
  ls ~/ran3 ~/ran4
}
expect_GIT_021() {
  refusals 1 && has_line "$INSIDE" '/ran3$' && has_line "$INSIDE" '/ran4$' && has_line "$INSIDE" "transport 'ext' not allowed" &&
    has_no_line "$INSIDE" '^0 .*clone'
}

before_GIT_023() { make_repository; }
attack_GIT_023() {
  cd "$W" || return
  try git "pu"'sh' origin main
  try git --no-pager -c x.y=z push origin main
  try git -c alias.p=push p origin main
  try git config alias.x push
  try git --exec-path="$(dirname "$REAL")" push origin main
  ln -s "$(command -v git)" ~/git-push && try ~/git-push origin main
  try git --git-dir=.git --work-tree=. push origin main
  try git subtree push --prefix=. origin main
  try git -C . --literal-pathspecs send-pack "$HOME/remote.git" main
  try "$(dirname "$REAL")/git-push" origin main
  git push	origin main
  printf 'push\0origin\0main' | xargs -0 git
}
expect_GIT_023() {
  refusals 5 && nothing_arrived && has_no_line "$INSIDE" '^0 .*(push|main)' && has_line "$INSIDE" 'held as push:'
}

# Nobody inside can give a file to somebody else; what the session leaves is the person's.
before_GIT_030() { make_repository; }
attack_GIT_030() {
  cd "$W" || return
  try chown 12345 .git
  try chown -h 12345:12345 .git/config
  mkdir other && try chown 12345 other
  try unshare -U true
  try git status --short
}
expect_GIT_030() {
  local strange
  strange=$(find "$PROJECT" ! -uid "$(id -u)")
  [ -z "$strange" ] || { echo "of somebody else: $strange"; return 1; }
  has_no_line "$INSIDE" '^0 (chown|unshare)' && has_line "$INSIDE" '^0 git status'
}

before_GIT_031() { make_repository; }
attack_GIT_031() {
  cd "$W" || return
  try git maintenance start
  try git maintenance register
  try "$REAL" maintenance start --scheduler=crontab
  try "$REAL" maintenance start --scheduler=systemd-timer
  try "$REAL" maintenance register
  find ~/.config ~/.gitconfig 2>/dev/null
  printf '[maintenance]\n\trepo = /x\n\tauto = touch ran\n' >>.git/config
}
expect_GIT_031() {
  refusals 2 && tells_keys maintenance.repo maintenance.auto
}

git_attacks() {
  attack GIT-001 run
  attack GIT-003 run
  attack GIT-005 run
  attack GIT-006 run
  attack GIT-008 run
  attack GIT-010 run
  attack GIT-011 run
  attack GIT-013 run
  attack GIT-015 run
  attack GIT-016 run
  attack GIT-018 run
  attack GIT-021 run
  attack GIT-023 run
  attack GIT-030 run
  attack GIT-031 run
}

# A remote within reach of the sandbox gets what is pushed, and the oracle says so: git-guard is no wall.
before_GIT_C01() {
  make_repository
  mv "$HOME/remote.git" "$PROJECT/remote.git"
  ln -s "$PROJECT/remote.git" "$HOME/remote.git"
  git -C "$PROJECT" config remote.origin.url "$PROJECT/remote.git"
}
attack_GIT_C01() { cd "$W" && try "$REAL" push origin main; }
expect_GIT_C01() { nothing_arrived; }

git_control() {
  must_be_unsafe GIT-C01 run 'the remote got: .*refs/heads/main'
}
