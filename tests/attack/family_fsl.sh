# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2317
# FSL: links, renames and moves that end over a protected name, and a host that changes under the commit.

# A well-formed file moved over each protected name, by rename and by mv's copy.
attack_FSL_001() {
  for name in settings.json CLAUDE.md .claude.json keybindings.json hooks/h.sh; do
    put plans/new
    try mv -fT plans/new "$name"
    put plans/new
    try "$CALL" noreplace plans/new "$name"
  done
}
expect_FSL_001() {
  has_line "$WORK/status.out" 'settings\.json' && has_line "$INSIDE" '^0 mv -fT plans/new settings.json'
}

# A directory where a protected file was, a file where a protected directory was, and what may lie below.
attack_FSL_001b() {
  for name in settings.json CLAUDE.md .claude.json history.jsonl keybindings.json; do
    try rm "$name"
    try mkdir -p "$name/hooks"
    put "$name/hooks/x.sh"
    put "$name/settings.json"
  done
  for name in hooks skills plugins agents "projects/$P/memory" plans; do
    try rm -rf "$name"
    put "$name" 'a file by now'
  done
  try mkdir -p d/e
  try mv -T d settings.local.json
}
host_FSL_001b() {
  review_says plain commit
  code_is plain '[03]'
}
expect_FSL_001b() {
  host_has hooks/h.sh && [ -d "$HOME/.claude/plugins" ] && [ -f "$HOME/.claude/settings.json" ] &&
    [ -f "$HOME/.claude/CLAUDE.md" ] && has_line "$HOME/.claude/history.jsonl" CANARY_HISTORY && host_lacks settings.local.json
}

# Protected names that the host does not have.
attack_FSL_003() {
  for name in settings.local.json AGENTS.md CLAUDE.local.md .config.json managed-settings.json statusline.sh \
    rules/b.md output-styles/o.md workflows/w.md shell-snapshots/s.sh session-env/x/setup-hook-1.sh; do
    mkdir -p "$(dirname "$name")"
    put "$name"
    put plans/new
    try mv -fT plans/new "$name"
  done
}
expect_FSL_003() {
  for name in settings.local.json AGENTS.md CLAUDE.local.md .config.json managed-settings.json output-styles workflows; do
    host_lacks "$name" || return
  done
}

# Exchange of names, of directories with each other and with the root.
attack_FSL_005() {
  mkdir -p plans/d/hooks
  put plans/d/settings.json
  put plans/evil.json
  for pair in 'plans/d .' 'plans/d plugins' 'plans/d hooks' 'plans/evil.json settings.json' 'plans/evil.json plans/p.md'; do
    # shellcheck disable=SC2086
    "$CALL" exchange $pair
  done
  "$CALL" exchange "$M/plans" "$M"
}
expect_FSL_005() {
  has_no_line "$INSIDE" '^exchange ok'
}

# Whiteouts would be device nodes.
attack_FSL_006() {
  "$CALL" whiteout history.jsonl plans/h
  "$CALL" whiteout settings.json plans/s
  "$CALL" whiteout plans/p.md plans/q.md
  find . -type c
}
expect_FSL_006() {
  has_no_line "$INSIDE" 'ok$' && has_no_line "$INSIDE" '^\./'
}

# A second name for a protected file, then a write through it.
attack_FSL_008() {
  for target in plans/alias "projects/$P/memory/a.md"; do
    for name in settings.json CLAUDE.md hooks/h.sh; do
      "$CALL" hard-link "$name" "$target"
      try ln -f "$name" "$target"
      put "$target"
      try "$CALL" hard-link "$target" "$name"
    done
  done
}
expect_FSL_008() {
  has_no_line "$INSIDE" '^link.* ok' && has_no_line "$INSIDE" '^0 ln '
}

# A nameless file linked to a protected name.
attack_FSL_010() {
  "$CALL" link-tmpfile . settings.json settings.local.json AGENTS.md hooks/x.sh
  "$CALL" link-tmpfile plans "$M/CLAUDE.local.md" plugins/x.json
}
expect_FSL_010() {
  host_lacks settings.local.json && host_lacks hooks/x.sh
}

# A directory moved so that what is in it becomes protected, or another project's.
attack_FSL_011() {
  for target in output-styles workflows rules/sub skills/x .claude plugins "projects/$OTHER" "projects/$P/x/.claude"; do
    mkdir -p plans/stage/sub "$(dirname "$target")"
    put plans/stage/settings.json
    put plans/stage/SKILL.md
    put plans/stage/sub/x.jsonl "$RECORD"
    try mv -T plans/stage "$target"
  done
  # Through a place that is the session's own, and back.
  try mv hooks plans/hooks
  put plans/hooks/h.sh
  try mv plans/hooks hooks
  try mv "projects/$P" "projects/$P-away"
  try mv "projects/$P-away" "projects/$OTHER-2"
  try mv projects plans/projects
  try mv plans/projects skills/projects
}
expect_FSL_011() {
  host_lacks output-styles && host_lacks workflows && host_lacks .claude && host_lacks skills/x &&
    has_line "$INSIDE" '^0 mv -T plans/stage output-styles'
}

# Directories that change places through a third name: what is reviewed becomes what is protected, and back.
attack_FSL_011b() {
  try mv plans x
  try mv agents plans
  try mv x agents
  put agents/evil.md
  put plans/reviewer.md 'An agent, as a plan.'
  try mv "projects/$P/memory" y
  try mv hooks "projects/$P/memory"
  try mv y hooks
  put hooks/MEMORY.md
}
expect_FSL_011b() {
  host_has agents/reviewer.md && host_lacks agents/p.md && host_lacks agents/evil.md && host_has hooks/h.sh &&
    host_lacks hooks/MEMORY.md && has_line "$HOME/.claude/agents/reviewer.md" '^An agent\.'
}

# The name of a hidden project tells nothing: it behaves as a name that nobody has. Nor does a session of its
# become this project's by being named here.
before_FSL_013() {
  plant .claude/tasks/00000000-0000-4000-8000-000000000008/1.json '{"subject":"CANARY_TASK"}'
  plant .claude/file-history/00000000-0000-4000-8000-000000000008/a@v1 'CANARY_FILE'
}
attack_FSL_013() {
  for name in "$OTHER" -srv-nobody-at-all; do
    {
      try stat "projects/$name"
      try rmdir "projects/$name"
      try mv "projects/$name" plans/x
      try ls "projects/$name/memory"
      try cat "projects/$name/large.jsonl"
      try mkdir "projects/$name"
      try ls -a "projects/$name"
      put "projects/$name/large.jsonl" "$RECORD"
      try stat -c '%s %h %b %a' "projects/$name" "projects/$name/large.jsonl"
      try rm -r "projects/$name"
      try mkdir "projects/$name"
    } | sed "s/$name/NAME/g" >"$W/.agent/as$name"
  done
  try diff "$W/.agent/as$OTHER" "$W/.agent/as-srv-nobody-at-all"
  try cat tasks/00000000-0000-4000-8000-000000000008/1.json
  put "projects/$P/00000000-0000-4000-8000-000000000008.jsonl" "$RECORD"
  try mkdir "projects/$P/00000000-0000-4000-8000-000000000008"
  try cat tasks/00000000-0000-4000-8000-000000000008/1.json file-history/00000000-0000-4000-8000-000000000008/a@v1
}
expect_FSL_013() {
  has_line "$INSIDE" '^0 diff' && host_lacks projects/-srv-nobody-at-all
}

# Symlinks, relative and absolute, to what is outside and inside.
attack_FSL_015() {
  for target in ../../../.ssh /etc/passwd "$M/settings.json" . .. ../../victim/precious /proc/self/root; do
    for name in "projects/$P/s" plans/s "projects/$P/memory/s" todos; do
      try ln -s "$target" "$name"
      try ln -sfn "$target" "$name"
    done
  done
  try cp -a /proc/self/cwd plans/cwd
  find . -type l
}
expect_FSL_015() {
  has_no_line "$INSIDE" '^0 (ln|cp) ' && has_no_line "$INSIDE" '^\./'
}

# A link on the host, where the session has a file; the target comes before the commit.
attack_FSL_016() {
  try ln -s later plans/l
  put plans/l 'from the session'
  put plans/p.md 'changed'
  put "projects/$P/memory/MEMORY.md" 'changed'
  mkdir -p plans/sub
  put plans/sub/deep.md 'deep'
}
host_FSL_016() {
  ln -s ../../victim/later "$HOME/.claude/plans/l"
  mv "$HOME/.claude/plans/p.md" "$HOME/victim/p.md"
  ln -s ../../victim/p.md "$HOME/.claude/plans/p.md"
  ln -s ../../victim "$HOME/.claude/plans/sub"
  mv "$HOME/.claude/projects/$P/memory" "$HOME/victim/memory"
  ln -s "$HOME/victim/memory" "$HOME/.claude/projects/$P/memory"
  echo later >"$HOME/victim/later"
  # Whoever keeps links there must find them again.
  approved='^$'
}
expect_FSL_016() {
  has_line "$WORK/commit.out" 'stays .*plans/l ' && [ -L "$HOME/.claude/plans/l" ] && [ -L "$HOME/.claude/plans/p.md" ]
}

# A link as a component of a path, then a write below it.
attack_FSL_018() {
  try ln -s ../.. "projects/$P/d"
  put "projects/$P/d/settings.json"
  try mkdir "projects/$P/d"
  put "projects/$P/d/../../../settings.json"
  put "plans/../hooks/h.sh"
  put "plans/../../escape"
  put "/proc/self/cwd/../escape"
}
expect_FSL_018() {
  [ ! -e "$HOME/escape" ] && [ ! -e "$HOME/proj/../escape" ] && host_lacks "projects/$P/d"
}

# The host's ~/.claude is a link at the time of the commit.
ordinary_work() {
  put plans/new.md 'a plan'
  put plans/p.md 'another plan'
  put "projects/$P/memory/MEMORY.md" 'a memory'
}
attack_FSL_020() { ordinary_work; }
before_FSL_020() {
  COMMIT_CODES=7
  mkdir -p "$HOME/victim/plans"
}
host_FSL_020() {
  mv "$HOME/.claude" "$HOME/.claude.bak"
  ln -s victim "$HOME/.claude"
}
expect_FSL_020() {
  [ ! -e "$HOME/victim/plans/new.md" ] && has_line "$WORK/commit.err" '\.claude'
}

# Another directory in its place, with the same content.
attack_FSL_021() { ordinary_work; }
before_FSL_021() { COMMIT_CODES=7; }
host_FSL_021() {
  mv "$HOME/.claude" "$HOME/.claude.old"
  cp -a "$HOME/.claude.old" "$HOME/.claude"
  approved='^$'
}

# Special files on the host, where the session has regular ones.
attack_FSL_023() {
  ordinary_work
  put plans/null 'x'
  put plans/socket 'x'
  mkdir -p plans/dir
  put plans/dir/x.md 'x'
  put keybindings.json '{"a": 1}'
}
host_FSL_023() {
  rm "$HOME/.claude/plans/p.md" "$HOME/.claude/keybindings.json" "$HOME/.claude/projects/$P/memory/MEMORY.md"
  mkfifo "$HOME/.claude/plans/p.md" "$HOME/.claude/plans/dir"
  mkdir "$HOME/.claude/keybindings.json" "$HOME/.claude/projects/$P/memory/MEMORY.md"
  "$ATTACK_CALL" special "$HOME/.claude/plans/socket" "$HOME/.claude/plans/null" >/dev/null
}
expect_FSL_023() {
  [ -p "$HOME/.claude/plans/p.md" ] && [ -p "$HOME/.claude/plans/dir" ] && [ -S "$HOME/.claude/plans/socket" ] &&
    [ -d "$HOME/.claude/keybindings.json" ] && has_line "$WORK/commit.code" '^3$' && host_has plans/new.md
}

# On the host the directories on the way have become files, and files directories with something in them.
attack_FSL_023b() {
  ordinary_work
  mkdir -p plans/a/b
  put plans/a/b/deep.md 'deep'
  put plans/flat 'flat'
  try rm plans/p.md
}
host_FSL_023b() {
  rm -r "$HOME/.claude/projects/$P/memory"
  echo 'a file now' >"$HOME/.claude/projects/$P/memory"
  echo 'a file too' >"$HOME/.claude/plans/a"
  mkdir -p "$HOME/.claude/plans/flat/full"
  rm "$HOME/.claude/plans/p.md"
  mkdir "$HOME/.claude/plans/p.md"
  echo kept >"$HOME/.claude/plans/p.md/kept"
  echo kept >"$HOME/.claude/plans/flat/full/kept"
}
expect_FSL_023b() {
  has_line "$HOME/.claude/projects/$P/memory" '^a file now' && has_line "$HOME/.claude/plans/a" '^a file too' &&
    host_has plans/flat/full/kept && host_has plans/p.md/kept && host_has plans/new.md && has_line "$WORK/commit.code" '^3$'
}

# Names that the commit's temporary files might have, as links, and a directory that nobody may trust.
attack_FSL_025() { ordinary_work; }
host_FSL_025() {
  local name
  for name in .p.md.tmp p.md.tmp .p.md p.md~ .new.md.tmp new.md.tmp .tmp tmp .claudefs .claudefs.tmp .claudefs-0 \
    .claudefs-1 .claudefs-tmp .claudefs-0000000000000000; do
    ln -s ../../victim/precious "$HOME/.claude/plans/$name"
    ln -s ../victim/precious "$HOME/.claude/$name"
  done
  chmod 1777 "$HOME/.claude/plans"
}
expect_FSL_025() {
  has_line "$HOME/.claude/plans/new.md" '^a plan$' && has_line "$HOME/.claude/plans/p.md" '^another plan$' &&
    [ "$(find "$HOME/.claude" -type l | wc -l)" = 28 ]
}

# Writes through a descriptor whose name has gone to another file.
attack_FSL_026() {
  "$CALL" old-descriptor plans/a.md plans/b.md
  "$CALL" old-descriptor plans/p.md plans/c.md
}
expect_FSL_026() {
  for name in a b c p; do
    has_line "$HOME/.claude/plans/$name.md" '^new$' && has_no_line "$HOME/.claude/plans/$name.md" 'old' || return
  done
}

# Everything deleted.
attack_FSL_028() {
  try rm settings.json CLAUDE.md
  try rm -rf hooks skills plugins agents
  try rm -rf projects
  try find . -mindepth 1 -delete
  ls -A
}
host_FSL_028() {
  # Without approval nothing that the host had may go.
  review_says plain commit
  code_is plain "[03]"
  manifest plain
  whole_home_is_safe "$WORK/before" "$WORK/plain" || complain 'a plain commit changed what is protected'
  [ -e "$HOME/.claude/plans/p.md" ] && [ -e "$HOME/.claude/projects/$P/$OWN_SESSION.jsonl" ] &&
    [ -s "$HOME/.claude/history.jsonl" ] || complain 'a plain commit deleted'
}
expect_FSL_028() {
  host_has settings.json && host_has hooks/h.sh && host_has "projects/$OTHER/large.jsonl" &&
    has_line "$HOME/.claude/history.jsonl" CANARY_HISTORY
}

# Deleted, and made again with the same bytes: nothing to commit, and the host's file is not touched.
attack_FSL_028b() {
  for name in settings.json CLAUDE.md hooks/h.sh plans/p.md keybindings.json "projects/$P/memory/MEMORY.md"; do
    cat "$name" >"$W/.agent/copy"
    try rm "$name"
    cp "$W/.agent/copy" "$name"
  done
}
host_FSL_028b() {
  # Not even what may be approved.
  approved='^$'
}
expect_FSL_028b() { has_line "$INSIDE" '^0 rm plans/p.md'; }

# The parent of a project replaced.
attack_FSL_030() {
  try rm -rf projects
  try ln -s / projects
  put projects 'not a directory'
  try rm projects
  try mkdir -p "projects/$OTHER/memory"
  put "projects/$OTHER/memory/MEMORY.md" 'evil'
  put "projects/$OTHER/00000000-0000-4000-8000-000000000008.jsonl" "$RECORD"
}

# One name, spelt in many ways.
attack_FSL_031() {
  for name in "$M//settings.json" "$M/./settings.json" "$M/plans/../settings.json" plans/.././CLAUDE.md \
    ./hooks//h.sh "/proc/self/cwd/settings.json" settings.json/ settings.json/. plans/p.md/../../settings.json; do
    put "$name"
    put plans/n
    try mv -f plans/n "$name"
  done
  try mkdir settings.local.json/
  try rmdir settings.local.json/
}
expect_FSL_031() {
  host_lacks settings.local.json && has_no_line "$INSIDE" '^0 put settings.json/'
}

# Two projects whose names are encoded alike.
before_FSL_033() {
  plant ".claude/projects/$P/00000000-0000-4000-8000-000000000007.jsonl" \
    "{\"type\":\"user\",\"uuid\":\"00000000-0000-4000-8000-000000000077\",\"cwd\":\"$HOME-proj\",\"sessionId\":\"00000000-0000-4000-8000-000000000007\",\"message\":{\"content\":\"CANARY_COLLISION\"}}"
  plant ".claude/projects/$P/00000000-0000-4000-8000-000000000007/subagents/a.jsonl" 'CANARY_COLLISION'
  plant .claude/tasks/00000000-0000-4000-8000-000000000007/1.json '{"subject":"CANARY_COLLISION"}'
}
attack_FSL_033() {
  ls "projects/$P"
  cat "projects/$P/"*.jsonl
  # What is written under the name of the other's session does not replace it.
  put "projects/$P/00000000-0000-4000-8000-000000000007.jsonl" "$RECORD"
  try mkdir -p "projects/$P/00000000-0000-4000-8000-000000000007/subagents" tasks/00000000-0000-4000-8000-000000000007
  put "projects/$P/00000000-0000-4000-8000-000000000007/subagents/a.jsonl" "$RECORD"
  put tasks/00000000-0000-4000-8000-000000000007/1.json '{}'
}
expect_FSL_033() {
  has_line "$INSIDE" "^$OWN_SESSION" && has_no_line "$INSIDE" '^00000000-0000-4000-8000-000000000007' &&
    has_line "$HOME/.claude/projects/$P/00000000-0000-4000-8000-000000000007.jsonl" CANARY_COLLISION &&
    has_line "$HOME/.claude/tasks/00000000-0000-4000-8000-000000000007/1.json" CANARY_COLLISION &&
    has_line "$WORK/status.out" 'belongs to another project'
}

# Files opened by number, not by name.
attack_FSL_035() {
  "$CALL" forge-handles .
}
expect_FSL_035() {
  has_line "$INSIDE" '^tried ' && has_no_line "$INSIDE" '^opened a hidden'
}

fsl_attacks() {
  attack FSL-001 mount
  attack FSL-001b mount
  attack FSL-003 run
  attack FSL-005 mount
  attack FSL-006 mount
  attack FSL-008 mount
  attack FSL-010 mount
  attack FSL-011 mount
  attack FSL-011b mount
  attack FSL-013 mount
  attack FSL-015 run
  attack FSL-016 mount
  attack FSL-018 run
  attack FSL-020 mount
  attack FSL-021 mount
  attack FSL-023 mount
  attack FSL-023b mount
  attack FSL-025 mount
  attack FSL-026 mount
  attack FSL-028 run
  attack FSL-028b mount
  attack FSL-030 run
  attack FSL-031 mount
  attack FSL-033 mount
  attack FSL-035 mount
}

# With the rules opened wide the same attack must be found; so must a secret.
before_FSL_C01() { open_wide; }
attack_FSL_C01() { attack_FSL_001; }

fsl_control() {
  must_be_unsafe FSL-C01 mount '\.claude/settings\.json: changed'
  must_be_unsafe FSL-C01 mount 'secret could be read'
}
