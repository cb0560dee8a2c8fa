# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2119,SC2154
# LEAK: what other projects and the host have must not show in names, numbers, sizes, times or errors.
# shellcheck source=tests/attack/second_view.sh
[ -z "${ATTACK_DIR:-}" ] || . "$ATTACK_DIR/second_view.sh"

attack_LEAK_001() {
  ls -a projects
  "$CALL" seek-dir projects >"$W/.agent/entries"
  sort -u "$W/.agent/entries"
}
expect_LEAK_001() {
  has_line "$INSIDE" "^entry [0-9]+ $P\$" && has_no_line "$INSIDE" "$OTHER" &&
    says 'offsets are small numbers' test -z "$(awk '/^entry/ && ($2 < 1 || $2 > 4)' "$INSIDE")" &&
    says 'three entries' test "$(awk '/^entry/ { print $3 }' "$INSIDE" | sort -u | wc -l)" -eq 3
}

# The first look at each of many names that the host has, and at as many that it has not. Three rounds at most: a
# machine that is busy with something else may show a difference by chance, what is not the same shows it each time.
before_LEAK_003() {
  local round
  (cd "$HOME/.claude/projects" && for round in a b c; do seq -f "-srv-hidden-$round%05g" 0 1499; done | xargs mkdir)
}
attack_LEAK_003() {
  local i round said
  # A name is looked at for the first time only once: each turn has names of its own.
  for i in 00 01 02; do
    "$CALL" timing "projects/-srv-hidden-w$i" "projects/-srv-absent-w$i" 1
  done >/dev/null
  for round in a b c; do
    said=$("$CALL" timing "projects/-srv-hidden-$round" "projects/-srv-absent-$round" 1500)
    echo "$said"
    case $said in *': same') break ;; esac
  done
}
expect_LEAK_003() {
  has_line "$INSIDE" '^timing .*: same$' && has_no_line "$INSIDE" UNEXPECTED
}

attack_LEAK_005() { stat -c 'links %h %n' . projects "projects/$P" plans; }
expect_LEAK_005() { has_line "$INSIDE" '^links 3 projects$'; }

attack_LEAK_006() { find . -print0 | xargs -0 "$CALL" numbers; }
expect_LEAK_006() {
  find "$HOME/.claude" "$HOME/.claude.json" -printf '%i\n' | sort >"$WORK/inodes"
  has_line "$INSIDE" '^number' && has_no_line "$INSIDE" BIRTH &&
    says 'no inode number is the host'"'"'s' test -z "$(awk '/^number/ { print $2 }' "$INSIDE" | sort | comm -12 - "$WORK/inodes")" &&
    says 'one device, not the host'"'"'s' test "$(awk '/^number/ { print $3 }' "$INSIDE" | sort -u | wc -l)" -eq 1 &&
    has_no_line "$INSIDE" "^number [0-9]* $(stat -c '%Hd:%Ld' "$HOME/.claude") "
}

# Another project that is at work changes the directory above it. (In this mode the agent can play the host.)
attack_LEAK_006b() {
  local real=$HOME/.claude
  for turn in 1 2 3; do
    stat -c '%n %.9X %.9Y %.9Z %s %h %b' projects .
    sleep 1.2
    mkdir -p "$real/todos"
    mkdir "$real/projects/-srv-new-$turn" && rmdir "$real/projects/-srv-new-$turn"
    : >"$real/daemon-$turn.lock" && rm "$real/daemon-$turn.lock"
  done
}
before_LEAK_006b() { mkdir -p "$HOME/.claude/todos"; }
expect_LEAK_006b() {
  says 'projects shows one time' test "$(grep '^projects ' "$INSIDE" | sort -u | wc -l)" -eq 1 &&
    says 'so does the root' test "$(grep '^\. ' "$INSIDE" | sort -u | wc -l)" -eq 1
}

attack_LEAK_008() {
  for name in history.jsonl .claude.json settings.json; do
    echo "size $(stat -c %s "$name") $(wc -c <"$name") $(tail -c +$(($(stat -c %s "$name") + 1)) "$name" | wc -c) $name"
  done
  dd if=history.jsonl bs=1 skip=100000 status=none | wc -c | sed 's/^/beyond /'
}
expect_LEAK_008() {
  says 'sizes are those of what shows' test "$(awk '/^size/ && $2 == $3 && $4 == 0' "$INSIDE" | wc -l)" -eq 3 &&
    has_line "$INSIDE" '^beyond 0'
}

# Every other way to the bytes of a filtered file: mapped, copied by the kernel, from behind its end, by its holes.
attack_LEAK_008b() {
  local name
  for name in history.jsonl .claude.json settings.json; do
    "$CALL" map-read "$name"
    cp --reflink=always "$name" plans/reflink.md
    cp --sparse=always "$name" plans/sparse.md
    cat plans/sparse.md
    dd if="$name" bs=1 count=200000 iflag=nonblock status=none
    dd if="$name" iflag=direct bs=4096 status=none
    tail -c 100000 "$name"
    (exec 7<>"$name" && cat <&7)
    "$CALL" copy-into "$name" plans/copied.md && cat plans/copied.md
  done
}
expect_LEAK_008b() { has_line "$INSIDE" '"mine"' && has_no_line "$INSIDE" '^hole [0-9]+ is not the end'; }

# Filtered files moved, grown and holed: what the session then holds is what it was shown, nothing of the rest.
attack_LEAK_010b() {
  try mv history.jsonl plans/h.md
  try mv settings.json plans/s.json
  try mv .claude.json plans/c.json
  cat plans/h.md plans/s.json plans/c.json
  try truncate -s 100000 plans/h.md
  tr -d '\0' <plans/h.md
  try mv plans/h.md history.jsonl
  printf '%s\n' "{\"display\":\"again\",\"timestamp\":5,\"project\":\"$W\"}" >>history.jsonl
  try rm history.jsonl
  ls -a
  put history.jsonl ''
  cat history.jsonl
}
expect_LEAK_010b() {
  has_line "$INSIDE" '"mine"' && has_line "$HOME/.claude/history.jsonl" CANARY_HISTORY && has_line "$HOME/.claude/history.jsonl" '"mine"'
}

attack_LEAK_010() {
  local size
  size=$(stat -c %s history.jsonl)
  exec 5<history.jsonl
  for turn in 1 2 3; do
    printf '%s\n' "{\"display\":\"CANARY_LATE\",\"timestamp\":$turn,\"project\":\"/srv/CANARY_PROJECT\"}" >>"$HOME/.claude/history.jsonl"
    sleep 0.6
    cat history.jsonl
    cat <&5
    [ "$(stat -c %s history.jsonl)" = "$size" ] || echo 'the SIZE changed'
  done
}
expect_LEAK_010() {
  has_no_line "$INSIDE" 'SIZE' && has_line "$INSIDE" '"mine"'
}

before_LEAK_011() {
  {
    echo '{"display":"CANARY_NONE"}'
    echo "{\"display\":\"CANARY_TWICE\",\"project\":\"$PROJECT\",\"project\":\"/srv/x\"}"
    echo "{\"display\":\"CANARY_TWICE\",\"project\":\"/srv/x\",\"project\":\"$PROJECT\"}"
    echo "{\"display\":\"CANARY_ESCAPED\",\"proj\\u0065ct\":\"/srv/x\",\"project\":\"$PROJECT\"}"
    echo "{\"display\":\"CANARY_LIST\",\"project\":[\"$PROJECT\"]}"
    echo "{\"display\":\"CANARY_BROKEN\",\"project\":\"$PROJECT\""
    echo "CANARY_TEXT $PROJECT"
    echo "{\"display\":\"CANARY_BELOW\",\"project\":\"$PROJECT/sub\"}"
    echo "{\"display\":\"CANARY_TRAILING\",\"project\":\"$PROJECT\"} {}"
    printf '{"project":"%s","display":"CANARY_LONG' "$PROJECT"
    head -c 30000000 /dev/zero | tr '\0' 'x'
    printf '"}\n{"display":"last","project":"%s"}\n' "$PROJECT"
  } >>"$HOME/.claude/history.jsonl"
}
attack_LEAK_011() { head -c 100000 history.jsonl; }
expect_LEAK_011() { has_line "$INSIDE" '"mine"' && has_line "$INSIDE" '"last"'; }

# Further lines that two readers may take for two things.
before_LEAK_011b() {
  {
    printf '{"display":"CANARY_CR","project":"/srv/x"}\r{"display":"x","project":"%s"}\n' "$PROJECT"
    printf '\357\273\277{"display":"CANARY_BOM","project":"/srv/x"}\n'
    printf '{"display":"CANARY_NUL","project":"%s\0/x"}\n' "$PROJECT"
    printf '{"display":"CANARY_NUL2","project":"/srv/x"}\0{"project":"%s"}\n' "$PROJECT"
    printf '{"display":"CANARY_UTF8\377","project":"%s"}\n' "$PROJECT"
    printf '{"inner":{"project":"%s"},"display":"CANARY_INNER"}\n' "$PROJECT"
    printf '[{"display":"CANARY_ARRAY","project":"%s"}]\n' "$PROJECT"
    printf '{"display":"CANARY_SLASH","project":"%s/"}\n' "$PROJECT"
    printf '{"display":"CANARY_DOTS","project":"%s/../other"}\n' "$PROJECT"
    printf '{"display":"CANARY_CASE","PROJECT":"%s"}\n' "$PROJECT"
    printf '{"display":"CANARY_UNICODE","project\\u0000":"%s"}\n' "$PROJECT"
    printf '{"display":"CANARY_SURROGATE\\ud800","project":"%s"}\n' "$PROJECT"
    head -c 200000 /dev/zero | tr '\0' '['
    printf '\n{"display":"CANARY_DEEP","x":'
    head -c 100000 /dev/zero | tr '\0' '['
    printf ',"project":"%s"}\n{"display":"last","project":"%s"}\n' "$PROJECT" "$PROJECT"
  } >>"$HOME/.claude/history.jsonl"
}
attack_LEAK_011b() { cat history.jsonl; }
expect_LEAK_011b() { has_line "$INSIDE" '"mine"' && has_line "$INSIDE" '"last"'; }

attack_LEAK_013() {
  cat /proc/self/mountinfo
  for dir in /proc/[0-9]*; do
    tr '\0' ' ' <"$dir/cmdline"
    ls -l "$dir/root" "$dir/cwd" "$dir/fd"
  done 2>&1
  ls /proc/1/root/ /proc/self/root/"$HOME"
}
expect_LEAK_013() {
  has_line "$INSIDE" ' / [^ ]*/\.claude .* fuse\.claudefs claudefs ' && has_no_line "$INSIDE" 'claudefs-(mount|run)' &&
    has_no_line "$INSIDE" 'state/claudefs' && has_no_line "$INSIDE" '(victim|\.ssh)'
}

attack_LEAK_015() {
  find . -print0 | while IFS= read -r -d '' name; do getfattr -d -m - "$name" 2>/dev/null; done
  "$CALL" set-xattr plans/p.md user.x 4
  "$CALL" set-xattr . user.x 4
}
before_LEAK_015() { setfattr -n user.CANARY_ATTRIBUTE -v CANARY_VALUE "$HOME/.claude/plans/p.md" 2>/dev/null || :; }
expect_LEAK_015() { has_no_line "$INSIDE" '^# file' && has_no_line "$INSIDE" '^names [1-9]'; }

attack_LEAK_016() {
  try mknod plans/x c 1 3
  try ln -s /etc/passwd plans/l
  try ln settings.json plans/h
  try cat "projects/$OTHER/large.jsonl"
  try chown 65534 plans/p.md
  try setfattr -n user.x -v 1 plans/p.md
  try mkdir "projects/$OTHER/x"
  try rmdir projects
  find / -xdev -name '*claudefs*' -type f -size -64k ! -path '/proc/*' -exec cat {} + 2>/dev/null | head -c 1000000 | tr -d '\0'
}
expect_LEAK_016() {
  has_no_line "$INSIDE" 'state/claudefs/sessions' && has_line "$INSIDE" 'Operation not permitted'
}

# Copies that editors, backups and Claude itself leave of what is hidden.
before_LEAK_016b() {
  local name
  for name in .credentials.json.bak .credentials.json~ .credentials.json.lock .credentials.json.tmp.1234.5678 \
    '.credentials copy.json' .credentials.json.orig .claude.json.backup .claude.json.backup.1795638947000 .claude.json.corrupted.1 \
    .claude.json.tmp.1.2 .config.json .history.jsonl.swp history.jsonl.bak history.jsonl~ backups/.claude.json.backup.1 \
    settings.json.bak settings.local.json~ .settings.json.swp 'settings copy.json' '.#settings.json' telemetry/x statsig/x ide/1.lock; do
    plant ".claude/$name" '{"env":{"K":"CANARY_COPY"},"accessToken":"CANARY_COPY","project":"/srv/x"}'
  done
}
attack_LEAK_016b() { ls -aR . && find . -type f -exec cat {} +; }
expect_LEAK_016b() { has_line "$INSIDE" 'CLAUDE\.md' && has_no_line "$INSIDE" CANARY; }

attack_LEAK_018() { :; }
expect_LEAK_018() {
  serve "$(new_session)" "$WORK/view2" || return
  printf 'CANARY_FIRST\n' >"$WORK/view2/plans/p.md"
  cat "$WORK/view2/plans/p.md" "$WORK/view2/history.jsonl" >/dev/null
  printf 'secret\n' >"$WORK/view2/first-only"
  end_server
  printf 'B plan.\n' >"$HOME/.claude/plans/p.md"
  serve "$(new_session)" "$WORK/view2" || return
  says 'the second session sees the host' test "$(cat "$WORK/view2/plans/p.md")" = 'B plan.' || return
  says 'and no file of the first' test ! -e "$WORK/view2/first-only" || return
  end_server
}

before_LEAK_020() {
  ln "$HOME/.ssh/id_dummy" "$HOME/.claude/projects/$P/k"
  ln "$HOME/.ssh/id_dummy" "$HOME/.claude/plans/key.md"
  ln "$HOME/victim/precious" "$HOME/.claude/projects/$P/memory/k.md"
  ln "$HOME/.claude/projects/$OTHER/00000000-0000-4000-8000-000000000008.jsonl" \
    "$HOME/.claude/projects/$P/00000000-0000-4000-8000-000000000008.jsonl"

}
attack_LEAK_020() {
  cat "projects/$P/k" plans/key.md "projects/$P/memory/k.md" "projects/$P/00000000-0000-4000-8000-000000000008.jsonl"
  ls plans "projects/$P" "projects/$P/memory"
}
expect_LEAK_020() {
  has_no_line "$INSIDE" '^(k|key\.md|k\.md)$' && has_line "$INSIDE" 'No such file'
}

# The user's own links, which lead to another name of the state or above it.
before_LEAK_020b() {
  PINS=256 # "self" shows itself in itself: at each level its links are held, HOST_LINKS_MAX at most
  ln -s "projects/$OTHER" "$HOME/.claude/notes"
  ln -s projects "$HOME/.claude/all"
  ln -s all "$HOME/.claude/everything"
  ln -s . "$HOME/.claude/self"
  ln -s .. "$HOME/.claude/up"
  ln -s "$HOME/.claude.json" "$HOME/.claude/configuration"
  ln -s ../.credentials.json "$HOME/.claude/plans/token"
  ln -s ../debug "$HOME/.claude/plans/debug"
  ln -s p.md "$HOME/.claude/plans/same.md"
  ignored='^(proj|\.local/state/claudefs|\.claude/plans/(token|debug|same\.md))(/|$)'
}
attack_LEAK_020b() {
  ls -a . all everything self up notes plans
  for name in notes/large.jsonl "all/$OTHER/large.jsonl" "everything/$OTHER/large.jsonl" "self/projects/$OTHER/large.jsonl" \
    up/.ssh/id_dummy configuration plans/token "self/self/projects/$OTHER/large.jsonl" self/history.jsonl plans/debug/CANARY_NAME.txt; do
    head -c 4096 "$name" && echo "READ"
  done 2>/dev/null
  cat plans/same.md
}
expect_LEAK_020b() {
  has_no_line "$INSIDE" '^READ' && has_line "$INSIDE" '^A plan'
}

# Links below what a link of the user's leads to: each is judged by where it leads in the end.
before_LEAK_020c() {
  PINS=256 # as in LEAK-020b
  mkdir -p "$HOME/dotfiles/skills/mine"
  echo 'My own skill.' >"$HOME/dotfiles/skills/mine/SKILL.md"
  ln -s ../../.claude/projects "$HOME/dotfiles/skills/projects"
  ln -s "$HOME/.claude" "$HOME/dotfiles/skills/state"
  ln -s "../../.claude/projects/$OTHER" "$HOME/dotfiles/skills/mine/other"
  ln -s "$HOME" "$HOME/dotfiles/skills/mine/home"
  ln -s / "$HOME/dotfiles/skills/mine/root"
  ln -s ../../../.claude/history.jsonl "$HOME/dotfiles/skills/mine/history"
  ln -s ../../../.claude/.credentials.json "$HOME/dotfiles/skills/mine/token"
  ln -s ../../../.claude.json "$HOME/dotfiles/skills/mine/configuration"
  ln -s loop2 "$HOME/dotfiles/skills/loop1"
  ln -s loop1 "$HOME/dotfiles/skills/loop2"
  ln -s "$HOME/dotfiles/skills" "$HOME/.claude/linked"
}
attack_LEAK_020c() {
  local name
  find linked | head -n 200
  for name in "linked/projects/$OTHER/large.jsonl" linked/state/.credentials.json linked/state/debug/CANARY_NAME.txt \
    "linked/state/projects/$OTHER/large.jsonl" linked/mine/other/large.jsonl linked/mine/home/.ssh/id_dummy linked/mine/root/etc/passwd \
    linked/mine/history linked/mine/token linked/mine/configuration linked/loop1 linked/state/linked/state/history.jsonl; do
    head -c 4096 "$name" && echo "READ $name"
  done 2>/dev/null
  cat linked/mine/SKILL.md
  try sh -c 'echo evil >>linked/mine/SKILL.md'
  put linked/state/settings.json
}
expect_LEAK_020c() {
  has_no_line "$INSIDE" '^READ' && has_line "$INSIDE" '^My own skill' && has_line "$HOME/dotfiles/skills/mine/SKILL.md" '^My own' &&
    has_no_line "$HOME/dotfiles/skills/mine/SKILL.md" evil
}

attack_LEAK_021() { :; }
expect_LEAK_021() {
  ulimit -c unlimited 2>/dev/null
  serve "$(new_session)" "$WORK/view2" || return
  printf 'CANARY_CORE\n' >"$WORK/view2/plans/core.md"
  says 'its memory is closed' not_readable "/proc/$SERVER/mem" || return
  says 'core dumps are off' grep -qE '^Max core file size +0 +0 ' "/proc/$SERVER/limits" || return
  end_server SEGV 2>/dev/null
  umount -l "$WORK/view2" 2>/dev/null || fusermount3 -uz "$WORK/view2"
  says 'there is no core' test -z "$(find "$TEST_ROOT" -xdev -name 'core*' ! -name core.md -newer "$WORK/served")"
}
# Root may read anything, unless the test runs as somebody else.
not_readable() {
  [ "$(id -u)" -eq 0 ] || ! head -c 1 "$1" >/dev/null 2>&1
}

leak_attacks() {
  attack LEAK-001 mount
  attack LEAK-003 mount
  attack LEAK-005 mount
  attack LEAK-006 mount
  attack LEAK-006b mount
  attack LEAK-008 mount
  attack LEAK-008b mount
  attack LEAK-010 mount
  attack LEAK-010b mount
  attack LEAK-011 mount
  attack LEAK-011b mount
  attack LEAK-013 run
  attack LEAK-015 mount
  attack LEAK-016 run
  attack LEAK-016b mount
  attack LEAK-018 mount
  attack LEAK-020 mount
  attack LEAK-020b mount
  attack LEAK-020c mount
  attack LEAK-021 mount
}

# With the rules opened wide other projects show, and so do their names.
before_LEAK_C01() { open_wide; }
attack_LEAK_C01() { ls projects; }
before_LEAK_C02() { open_wide; }
attack_LEAK_C02() { attack_LEAK_001; }
expect_LEAK_C02() { expect_LEAK_001; }

leak_control() {
  must_be_unsafe LEAK-C01 mount 'secret could be read'
  must_be_unsafe LEAK-C02 mount 'entry [0-9]+ -srv-somebody-else'
}
