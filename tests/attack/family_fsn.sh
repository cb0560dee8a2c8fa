# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2317
# FSN: names that some host, terminal or parser takes for another name. Odd bytes are written as escapes, so that
# a reader sees them.

# odd_put NAME...: printf's escapes in each name; as a new file, and as the target of a rename.
odd_put() {
  local name
  for name; do
    # shellcheck disable=SC2059  # the name is the format
    name=$(printf "$name." && :)
    name=${name%.}
    case $name in */*) try mkdir -p "${name%/*}" ;; esac
    put "$name"
    put plans/new
    try mv -fT plans/new "$name"
  done
}
# plans_are_plain: the host's plans are printable ASCII, one name per line.
plans_are_plain() {
  (cd "$HOME/.claude/plans" && find . -mindepth 1 | LC_ALL=C grep -avE '^\./[ -~]+$') && return 1
  return 0
}

# Case.
attack_FSN_001() {
  odd_put SETTINGS.JSON Settings.json sEtTiNgS.local.JSON claude.md CLAUDE.MD Claude.md Agents.MD .Claude.json \
    .CONFIG.json Hooks/x.sh HOOKS/h.sh SKILLS/x/SKILL.md Plugins/x.json RULES/a.md StatusLine.sh \
    Session-Env/s/setup-hook-1.sh "PROJECTS/$P/x.jsonl" "projects/$P/MEMORY/x.md" HISTORY.JSONL PLANS/x.md
}

# What is hidden or filtered, read under other spellings, which a host that folds answers to.
attack_FSN_001b() {
  local s j
  s=$(printf '\305\277') j=$(printf '\342\200\215')
  cat HISTORY.JSONL "hi${s}tory.jsonl" "history.jsonl$j" .Claude.json ".claude.j${s}on" .Credentials.json ".credential$s.json" \
    SETTINGS.JSON "${s}ettings.json" "settings.json$j" Session-Env/s/setup-hook-1.sh \
    "${s}ession-env/s/setup-hook-1.sh" "Projects/$OTHER/00000000-0000-4000-8000-000000000008.jsonl" \
    "projects/${OTHER^^}/00000000-0000-4000-8000-000000000008.jsonl" "project$s/$OTHER/00000000-0000-4000-8000-000000000008.jsonl"
  stat -c '%s %n' "Projects/$OTHER/large.jsonl" "projects/${OTHER^^}/LARGE.jsonl"
  ls Projects Debug "project$s"
}
expect_FSN_001b() { has_no_line "$INSIDE" CANARY && has_line "$INSIDE" 'No such file'; }

# Files renamed to another case of their name, changed and removed under another case: nothing of the host's is
# lost or overwritten, whatever order the commit takes.
before_FSN_001c() {
  plant .claude/plans/Case.md 'The host, Case.'
  plant .claude/plans/Dir/x.md 'The host, Dir.'
  plant .claude/plans/gone.md 'The host, gone.'
}
attack_FSN_001c() {
  try mv plans/Case.md plans/case.md
  try mv plans/Dir plans/dir
  try rm -f plans/GONE.md
  put plans/P.MD 'the session'
  try rm -f plans/P.MD
}
expect_FSN_001c() {
  has_line "$HOME/.claude/plans/Case.md" '^The host, Case' && has_line "$HOME/.claude/plans/Dir/x.md" '^The host, Dir' &&
    has_line "$HOME/.claude/plans/gone.md" '^The host, gone' && has_line "$HOME/.claude/plans/p.md" '^A plan'
}

# Two spellings of one name: in composed and decomposed form, in two cases, and against what the host has.
before_FSN_003() { plant "$(printf '.claude/plans/nai\314\210ve.md')" 'The host has the decomposed form.'; }
attack_FSN_003() {
  put "$(printf 'plans/caf\303\251.md')" composed
  put "$(printf 'plans/cafe\314\201.md')" decomposed
  put plans/Case.md upper
  put plans/case.md lower
  put plans/P.md 'the host has p.md'
  put "$(printf 'plans/na\303\257ve.md')" composed
  mkdir plans/Dir plans/dir
  put plans/Dir/x.md upper
  put plans/dir/y.md lower
}
expect_FSN_003() {
  host_lacks plans/Case.md && host_lacks plans/case.md && host_lacks plans/P.md && host_lacks plans/Dir &&
    host_lacks plans/dir && host_lacks "$(printf 'plans/na\303\257ve.md')" &&
    host_lacks "$(printf 'plans/cafe\314\201.md')" && has_line "$WORK/commit.code" '^[03]$' &&
    has_line "$WORK/status.out" '"conflict"'
}

# Compatibility forms: full width, ligatures, the long s, the Kelvin sign, dot leaders, full-width slashes.
attack_FSN_005() {
  odd_put '\357\275\223ettings.json' '\305\277ettings.json' '\357\274\243LAUDE.md' '\357\275\210ooks/x.sh' \
    'output-\357\254\206yles/x.md' 'settings\342\200\244json' '.claude.\357\275\212son' 'hoo\342\204\252s/x.sh' \
    '\342\200\245/x' '\342\200\245' 'plans\357\274\217x.md' 'projects\357\274\217x' 'settings.json\342\200\215' \
    'set\302\255tings.json' '\357\273\277settings.json' 'settings.json\357\270\217' 'CLAUDE\342\201\240.md' \
    'plans/\342\200\245' '..\342\200\215/x' 'plans/..\342\200\215/y'
}
expect_FSN_005() { plans_are_plain; }

# Letters of another script that look alike.
attack_FSN_006() {
  odd_put '\321\225ettings.json' '\320\241LAUDE.md' 'h\320\276\320\276ks/x.sh' 'pl\320\260ns/x.md'
}
expect_FSN_006() {
  "$OUTPUT_CHECK" json <"$WORK/status.out" && has_line "$WORK/status.out" 'u0455ettings'
}

# Names that mean something else on Windows and in its file systems.
attack_FSN_008() {
  # shellcheck disable=SC2016  # NTFS says $DATA
  odd_put 'settings.json::$DATA' 'settings.json:x' 'SETTIN~1.JSO' 'CLAUDE~1.MD' 'settings.json.' 'settings.json ' \
    'hooks::$INDEX_ALLOCATION/x.sh' 'plans/p.md:stream' 'plans/a:b.md' 'plans/a\\\\b.md' 'plans\\\\..\\\\settings.json'
}
expect_FSN_008() {
  [ -z "$(find "$HOME/.claude" -name '*:*' -o -name '*\\*' -o -name '*~*')" ]
}

# Line ends, tabs and other controls.
attack_FSN_010() {
  odd_put 'a\nsettings.json' 'plans/a\nb.md' 'plans/a\rb.md' 'plans/a\tb.md' 'plans/\001\002.md' 'plans/x\177.md' \
    'plans/x\n\nwill commit (1)\n  new  plans/y.md' 'hooks\r/x.sh' 'plans/d\n/x.md'
}
expect_FSN_010() {
  plans_are_plain && has_no_line "$WORK/text.out" '^settings\.json' && has_no_line "$WORK/log.out" '^settings\.json'
}

# Terminal escapes in names and contents, as C0, C1 in both encodings, bidi and zero width.
attack_FSN_011() {
  odd_put 'plans/\033]0;pwn\007\033[2J.md' 'plans/\2331m.md' 'plans/\302\2331m.md' 'plans/\342\200\256dm.exe' \
    'plans/a\342\200\213b.md' 'plans/\363\240\200\201tag.md' 'plans/\342\200\250line.md' '\033[31msettings.json' \
    'plans/\033[1A\033[2Kd/x.md' 'plans/\302\205x.md'
  printf 'x\033]0;pwn\007\033[2J\2331m\302\2331m\342\200\256\342\200\213\r\010\177\n' >plans/content.md
  printf '{"display":"\033]52;c;eA==\007","pastedContents":{},"timestamp":3,"project":"%s","sessionId":"%s"}\n' "$W" "$SESSION" >>history.jsonl
  # The command line of a writer is shown too.
  try sh -c 'printf x >plans/named.md' "$(printf '\033[2Jsh\342\200\256')"
  cp "$(command -v touch)" "$W/.agent/$(printf 'to\033[2Juch')" && try "$W/.agent/$(printf 'to\033[2Juch')" plans/touched.md
}
expect_FSN_011() {
  plans_are_plain && has_line "$WORK/log.out" 'pwn'
}

# What is not UTF-8.
attack_FSN_013() {
  odd_put '\377\376.json' 'plans/\377.md' 'plans/\300\256\300\256' '\300\256\300\256/settings.json' 'plans/\355\240\200.md' \
    'settings.json\377' 'plans/\364\220\200\200.md' 'plans/\303' 'projects/\300\256\300\256/x.jsonl'
}
expect_FSN_013() { plans_are_plain; }

# The longest names, and one more byte; paths longer than PATH_MAX.
attack_FSN_015() {
  put "plans/$(printf 'a%.0s' {1..255})" longest
  put "plans/$(printf 'b%.0s' {1..256})" 'too long'
  "$CALL" deep plans 20 250 end.md
  "$CALL" deep plans/beyond 90 250 end.md
}
expect_FSN_015() {
  host_has "plans/$(printf 'a%.0s' {1..255})" && has_line "$INSIDE" 'File name too long' &&
    [ "$(find "$HOME/.claude/plans" -name end.md -printf '%d\n' | sort -n | head -n 1)" = 21 ]
}

# A path of very many very short components: nothing walks it by recursion without end.
attack_FSN_015b() {
  "$CALL" deep plans/narrow 1200 1 end.md
  "$CALL" deep plans/narrow2 2500 1 end.md
  find plans/narrow | wc -l
  try mv plans/narrow plans/moved
  try mv plans/moved skills/moved
  try mv skills/moved plans/narrow
  try rm -rf plans/narrow2
}
expect_FSN_015b() { has_line "$INSIDE" '^0 mv plans/narrow plans/moved'; }

# Names that are short in code points and long in bytes.
attack_FSN_016() {
  put "plans/$(printf '\344\270\255%.0s' {1..255})" '765 bytes'
  put "plans/$(printf '\344\270\255%.0s' {1..85})" '255 bytes'
  put "plans/$(printf '\344\270\255%.0s' {1..84})x" 'shorter, and as far the same'
  put "plans/$(printf '\360\237\230\200%.0s' {1..63})" '252 bytes'
}
expect_FSN_016() {
  has_line "$INSIDE" 'File name too long' && has_line "$HOME/.claude/plans/$(printf '\344\270\255%.0s' {1..85})" '^255 bytes$' &&
    has_line "$HOME/.claude/plans/$(printf '\344\270\255%.0s' {1..84})x" '^shorter'
}

# Names that grow when they are folded: one letter of Arabic becomes eighteen, and a path of them more than PATH_MAX.
attack_FSN_016b() {
  local name sharp
  name=$(printf '\357\267\272%.0s' {1..85})
  sharp=$(printf '\303\237%.0s' {1..127})
  put "plans/$name" grown
  try mkdir -p "plans/$sharp/$sharp/$sharp/$sharp" "plans/$name$name/$name" "plans/$name/$name"
  put "plans/$sharp/$sharp/$sharp/$sharp/x.md" grown
  try mkdir -p "skills/$name/$name/$name/$name/$name/$name/$name/$name/$name/$name/$name/$name"
  put "skills/$name/$name/$name/$name/SKILL.md"
  try mv "skills/$name" "projects/$P/memory/x"
}
expect_FSN_016b() {
  [ -z "$(find "$HOME/.claude/skills" -mindepth 1 -newer "$WORK/before" ! -path '*/s' ! -name SKILL.md)" ]
}

# A journal whose names hold a NUL, a slash or "..", while all lengths, checks and chains are right.
before_FSN_018() { COMMIT_CODES='[035]|13'; }
attack_FSN_018() {
  put plans/abcdefghijklmn
  mkdir 'plans/~^'
  put 'plans/~^/settings.json'
}
host_FSN_018() {
  local pair journal
  journal=$(newest_session)/journal
  cp "$journal" "$WORK/journal"
  # Each as long as what it replaces; 0 stands for a NUL.
  for pair in 'abcdefghijklmn ok0/../setting' 'abcdefghijklmn ../../../x.abc' 'abcdefghijklmn /etc/cron.d/ev' \
    'abcdefghijklmn abcdefghijklm0' 'abcdefghijklmn 0bcdefghijklmn' 'abcdefghijklmn abcdefghijklm/' '~^ ..' '~^ ./' '~^ .0' '~^ //'; do
    cp "$WORK/journal" "$journal"
    "$CLAUDEFS_BUILD/tests/attack/forge_name" "$(newest_session)" "${pair% *}" "${pair#* }" ||
      complain "the journal was not forged: $pair"
    review_says forged verify
    code_is forged 5
    review_says forged commit --all
    code_is forged "$COMMIT_CODES"
    ! grep -qa 'applied.*settings' "$WORK/forged.out" || complain "applied: $pair"
  done
  VERIFY_CODES=5
}
expect_FSN_018() { host_lacks plans/settings.json && host_lacks x.abc; }

# Names that look like options.
attack_FSN_020() {
  for name in plans/--force plans/-rf plans/--all "projects/$P/memory/-n" plans/-; do
    put "$name" dash
  done
  put --force
  put -rf
}
expect_FSN_020() {
  host_has plans/--force && host_has plans/-rf && host_has plans/- && host_lacks --force && host_lacks -rf || return
  (cd "$PROJECT" && "$REVIEW_PROGRAM" show -- plans/--force | grep -qx dash)
}

# Names that look like patterns.
attack_FSN_021() {
  for name in 'plans/*' 'plans/[a]' 'plans/{x}' 'plans/!' 'plans/**' 'plans/?' '*' '{settings.json}' '**' '[s]ettings.json' \
    '<project>' "projects/<project>" '?ettings.json'; do
    put "$name" glob
  done
  put plans/another.md 'not a glob'
}
host_FSN_021() {
  # A pattern is taken literally where a file of that name is meant.
  (cd "$PROJECT" && "$REVIEW_PROGRAM" why 'plans/*') >"$WORK/why.out" 2>&1
}
expect_FSN_021() {
  host_has 'plans/*' && host_has 'plans/[a]' && host_has 'plans/**' && host_lacks '*' && host_lacks '**' &&
    host_lacks '{settings.json}' && host_lacks '<project>' && has_line "$HOME/.claude/plans/another.md" '^not a glob$'
}

fsn_attacks() {
  attack FSN-001 mount
  attack FSN-001b mount
  attack FSN-001c mount
  attack FSN-003 mount
  attack FSN-005 mount
  attack FSN-006 run
  attack FSN-008 mount
  attack FSN-010 mount
  attack FSN-011 mount
  attack FSN-013 mount
  attack FSN-015 mount
  attack FSN-015b mount
  attack FSN-016 mount
  attack FSN-016b mount
  attack FSN-018 mount
  attack FSN-020 run
  attack FSN-021 mount
}

# With the rules opened wide a name that is protected at another case must be found; and so must output that a
# terminal would act on, and a journal that does not verify.
before_FSN_C01() { open_wide; }
attack_FSN_C01() {
  put AGENTS.md
  put hooks/new.sh
}
attack_FSN_C02() { put plans/x.md; }
host_FSN_C02() {
  printf 'y' | dd of="$(newest_session)/journal" bs=1 seek=200 conv=notrunc status=none
  printf '\033[2J' >"$WORK/planted"
  "$OUTPUT_CHECK" safe <"$WORK/planted" 2>/dev/null || complain 'planted output is not terminal-safe'
}

fsn_control() {
  must_be_unsafe FSN-C01 mount 'AGENTS\.md: created'
  must_be_unsafe FSN-C02 mount 'verify ended with 5'
  must_be_unsafe FSN-C02 mount 'not terminal-safe'
}

# On a host that folds, by programs in which names do not: what is hidden shows, and what is the host's is lost.
fsn_folding_control() {
  MOUNT_PROGRAM=$CLAUDEFS_BUILD/tests/folding/claudefs-mount-unfolded
  must_be_unsafe FSN-001b mount 'secret could be read'
  MOUNT_PROGRAM=$CLAUDEFS_BUILD/fs/mount/claudefs-mount
  REVIEW_PROGRAM=$CLAUDEFS_BUILD/tests/folding/claudefs-unfolded
  must_be_unsafe FSN-001c mount 'expected: '
}
