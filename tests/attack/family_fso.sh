# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2119,SC2154
# FSO: special objects, metadata, exhaustion, and what a session may do to others.
# shellcheck source=tests/attack/second_view.sh
[ -z "${ATTACK_DIR:-}" ] || . "$ATTACK_DIR/second_view.sh"

# keep_agents_shut: a rule that refuses the operation itself, to compare ways of writing with open().
keep_agents_shut() {
  RULES=$WORK/shut.json
  cat >"$RULES" <<'JSON'
{ "version": 1, "rules": [
  { "path": "agents/**", "read": "show", "write": "refuse", "merge": "replace", "why": "a test" }
] }
JSON
}

attack_FSO_001() {
  for kind in 'c 1 3' 'c 0 0' 'c 10 229' 'b 8 0' p; do
    for name in d plans/d "projects/$P/d"; do
      # shellcheck disable=SC2086
      try mknod "$name" $kind
    done
  done
  echo "found $(find . ! -type f ! -type d | wc -l)"
  grep -F " $M " /proc/self/mountinfo
}
expect_FSO_001() {
  has_no_line "$INSIDE" '^0 mknod' && has_line "$INSIDE" 'Operation not permitted' &&
    has_line "$INSIDE" '^found 0$' && has_line "$INSIDE" 'nosuid,nodev'
}

attack_FSO_003() {
  for mode in 4755 2755 6755 1755; do
    cp /bin/true plans/sh
    try chmod "$mode" plans/sh
    try install -m "$mode" /bin/true "plans/sh$mode"
    try mkdir -m "$mode" "plans/dir$mode"
  done
  chmod 755 plans/sh
  find . -perm /6000
}
expect_FSO_003() {
  has_no_line "$INSIDE" '^\./' && has_line "$INSIDE" 'Operation not permitted' && host_has plans/sh &&
    says 'no mode beyond the owner' test -z "$(find "$HOME/.claude/plans" -name 'sh*' -perm /7077)"
}

# Files and directories that nobody may read, not even their owner: held or committed, never stuck.
attack_FSO_003b() {
  put plans/none.md 'nobody'
  mkdir plans/closed
  put plans/closed/in.md 'in'
  put "projects/$P/memory/none.md" 'nobody'
  try chmod 000 plans/none.md plans/closed/in.md plans/closed "projects/$P/memory/none.md" plans/p.md plans
  try chmod 755 plans
}
expect_FSO_003b() {
  host_has plans/none.md && host_has plans/closed/in.md && has_line "$HOME/.claude/plans/p.md" '^A plan' &&
    says 'the owner may read what came' test -z "$(find "$HOME/.claude/plans" ! -perm -0400)"
}

attack_FSO_005() {
  for name in plans/p.md settings.json .; do
    "$CALL" set-xattr "$name" security.capability 20
  done
}
expect_FSO_005() {
  has_line "$INSIDE" '^fsetxattr (EPERM|EOPNOTSUPP|EINVAL)' && has_no_line "$INSIDE" 'setxattr ok' && has_no_line "$INSIDE" '^names [1-9]'
}

attack_FSO_006() {
  for name in trusted.overlay.opaque security.selinux security.ima system.posix_acl_access \
    system.posix_acl_default user.plain com.apple.quarantine user.com.apple.quarantine user.DOSATTRIB; do
    "$CALL" set-xattr plans/p.md "$name" 28
    "$CALL" set-xattr plans "$name" 28
  done
}
expect_FSO_006() {
  has_line "$INSIDE" '^fsetxattr (EPERM|EOPNOTSUPP|EINVAL)' && has_no_line "$INSIDE" 'setxattr ok' && has_no_line "$INSIDE" '^names [1-9]'
}

attack_FSO_008() {
  "$CALL" xattr-flood plans/p.md 1000
}
expect_FSO_008() {
  has_line "$INSIDE" '^taken 0$'
}

attack_FSO_010() {
  put plans/mine
  for who in 65534 65534:65534 :65534 1:1; do
    try chown "$who" plans/p.md plans/mine plans
  done
  stat -c 'owner %u:%g %n' plans/p.md plans/mine
}
expect_FSO_010() {
  has_no_line "$INSIDE" '^0 chown' && has_no_line "$INSIDE" '^owner .*65534' && host_has plans/mine &&
    says 'the owner is the host'"'"'s' test -z "$(find "$HOME/.claude" ! -uid "$(id -u)")"
}

before_FSO_011() {
  find "$HOME/.claude/projects/$P" "$HOME/.claude/plans" -type d -exec chmod 700 {} + -o -exec chmod 600 {} +
}
attack_FSO_011() {
  put "projects/$P/memory/new.md"
  put plans/open.md
  mkdir -m 777 plans/wide
  put plans/wide/w.md
  try chmod -R 0777 "projects/$P" plans
}
expect_FSO_011() {
  host_has plans/wide/w.md && host_has "projects/$P/memory/new.md" &&
    says 'nothing is open to others' test -z "$(find "$HOME/.claude/projects/$P" "$HOME/.claude/plans" -perm /077)"
}

# The whole flood behind CLAUDEFS_TEST_LONG; else enough of it to see what one name costs.
before_FSO_013() { LIMIT=60; }
attack_FSO_013() {
  mkdir "projects/$P/x"
  "$CALL" many "projects/$P/x" 10000
  time stat -c %n settings.json
  rm -rf "projects/$P/x"
}
expect_FSO_013() {
  local made
  made=$(sed -n 's/^made //p' "$INSIDE")
  says "10000 were made, not $made" test "$made" -eq 10000 || return
  proven_by unit/view/test_view_limits inodes_beyond_the_quota_are_enospc \
    refusals_without_end_do_not_fill_the_journal
}

# Files that are held open, with names and without: the daemon's descriptors may run out, its service may not.
attack_FSO_013b() {
  ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"
  "$CALL" hold-open plans 6000 &
  wait
  put plans/after.md 'After.'
  cat plans/after.md
}
expect_FSO_013b() {
  has_line "$INSIDE" '^held [1-9][0-9]+' && has_line "$INSIDE" '^After' && host_has plans/after.md
}

attack_FSO_015() { put plans/new; }
expect_FSO_015() {
  proven_by_mount mount/test_mount_full_disk full_disk_is_enospc_and_keeps_what_was_acknowledged \
    no_name_is_made_or_lost_on_a_full_disk journal_of_a_full_disk_is_readable &&
    proven_by unit/journal/test_journal_writer_failure lack_of_space_appends_nothing_and_passes a_failed_sync_is_sticky_for_ever
}

attack_FSO_016() { put plans/new; }
expect_FSO_016() {
  proven_by commit/test_commit_no_space full_host_disk_stops_and_the_next_commit_finishes
}

attack_FSO_018() {
  put plans/mapped 'before before before'
  "$CALL" mmap-write plans/mapped MAPPED
  "$CALL" mmap-write settings.json EVIL
  "$CALL" mmap-write agents/reviewer.md EVIL
  "$CALL" mmap-write plans/p.md MAPPED
  cat plans/mapped
}
before_FSO_018() { keep_agents_shut; }
expect_FSO_018() {
  has_line "$INSIDE" '^open EROFS' && has_line "$INSIDE" '^MAPPED before' &&
    has_line "$HOME/.claude/plans/mapped" '^MAPPED' && has_line "$HOME/.claude/plans/p.md" '^MAPPED'
}

before_FSO_020() { keep_agents_shut; }
attack_FSO_020() {
  "$CALL" reopen agents/reviewer.md
  "$CALL" reopen settings.json
  "$CALL" reopen .claude.json
  cat agents/reviewer.md
}
expect_FSO_020() {
  has_no_line "$INSIDE" DIFFERS && has_line "$INSIDE" 'same refusal' && has_line "$INSIDE" '^An agent'
}

before_FSO_021() { keep_agents_shut; }
attack_FSO_021() {
  put plans/evil
  for target in agents/reviewer.md settings.json CLAUDE.md plans/p.md; do
    "$CALL" copy-into plans/evil "$target"
    "$CALL" copy-into /bin/true "$target"
  done
  cat agents/reviewer.md
}
expect_FSO_021() {
  has_no_line "$INSIDE" '^ficlone.* ok' && has_line "$INSIDE" '^open EROFS' && has_line "$INSIDE" '^An agent' &&
    has_line "$WORK/status.out" 'settings\.json'
}

attack_FSO_023() {
  for name in plans/p.md settings.json .credentials.json history.jsonl; do "$CALL" ioctls "$name"; done
}
expect_FSO_023() {
  has_line "$INSIDE" ' ioctl ENOTTY' && has_no_line "$INSIDE" ' ioctl ok'
}

attack_FSO_025() {
  "$CALL" hold-lock history.jsonl &
  sleep 0.5
  kill -9 $!
  wait
  "$CALL" hold-lock history.jsonl &
  sleep 0.5
  kill $!
  wait
}
# While a session holds its locks, it is reviewed and committed, and another session locks as it likes.
expect_FSO_025() {
  local holder
  says 'a killed holder lets go' test "$(grep -c '^flock ok' "$INSIDE")" -eq 2 || return
  serve "$(new_session)" "$WORK/first" || return
  printf '%s\n' 'Locked.' >"$WORK/first/plans/locked.md"
  for name in history.jsonl plans/locked.md .claude.json; do
    "$ATTACK_CALL" hold-lock "$WORK/first/$name" >>"$WORK/held" 2>&1 &
    stop_at_end $!
  done
  sleep 0.5
  holder=$SERVER
  says 'locks are held' test "$(grep -c '^flock ok' "$WORK/held")" -eq 3 || return
  says 'a commit goes through' timeout 20 "$REVIEW_PROGRAM" commit --all --project "$PROJECT" >"$WORK/held.commit" 2>&1 ||
    (cd "$PROJECT" && says 'a commit goes through' timeout 20 "$REVIEW_PROGRAM" commit --all) >"$WORK/held.commit" 2>&1 || { cat "$WORK/held.commit"; return 1; }
  host_has plans/locked.md || return
  serve "$(new_session)" "$WORK/second" || return
  says 'another session locks' timeout 5 flock -n "$WORK/second/history.jsonl" true || return
  end_server
  SERVER=$holder
  jobs -p | grep -vx "$holder" | xargs -r kill -9 2>/dev/null
  end_server
}

attack_FSO_026() {
  mkdir plans/w
  (cd plans/w && seq 5000 | xargs touch)
  # shellcheck disable=SC2046
  "$CALL" watch $(find plans/w -type f)
  rm -r plans/w
}
before_FSO_026() { LIMIT=30; }
expect_FSO_026() { has_line "$INSIDE" '^given [1-9]'; }

# What could hang a reader on the host does not exist in the view.
before_FSO_028() {
  mkfifo "$HOME/.claude/plans/pipe" "$HOME/.claude/projects/$P/pipe.jsonl"
}
attack_FSO_028() {
  local i
  for ((i = 0; i < 300; i++)); do
    timeout 5 cat plans/pipe "projects/$P/pipe.jsonl" >/dev/null 2>"$W/.agent/e" &
  done
  timeout 3 ls plans && echo 'others proceed'
  wait
  cat "$W/.agent/e"
  [ ! -e plans/pipe ] && echo absent
}
expect_FSO_028() {
  has_line "$INSIDE" '^others proceed' && has_line "$INSIDE" '^absent' && has_line "$INSIDE" 'No such file'
}

# The host's file shrinks, grows, goes and comes while it is read, mapped and copied up.
before_FSO_028b() {
  head -c 3000000 /dev/zero | tr '\0' 'a' >"$HOME/.claude/plans/large.md"
  head -c 60000 /dev/zero | tr '\0' 'b' >"$HOME/.claude/plans/small.md"
  ignored='^(proj|\.local/state/claudefs|\.claude/plans/(large|small)\.md|\.claude/plans)(/|$)'
}
attack_FSO_028b() {
  local i real=$HOME/.claude/plans
  for ((i = 0; i < 40; i++)); do
    case $((i % 4)) in
    0) truncate -s $((i * 1000)) "$real/large.md" "$real/small.md" ;;
    1) head -c 2000000 /dev/zero >"$real/large.md" ;;
    2) rm -f "$real/large.md" && head -c 3000000 /dev/zero >"$real/large.md" ;;
    *) printf 'b' >>"$real/small.md" ;;
    esac
    sleep 0.02
  done &
  for ((i = 0; i < 20; i++)); do
    cat plans/large.md plans/small.md | wc -c
    "$CALL" mmap-write plans/small.md X
    printf 'tail\n' >>plans/large.md
  done >/dev/null 2>&1
  wait
  put plans/after.md 'After.'
}
expect_FSO_028b() { host_has plans/after.md; }

attack_FSO_030() { echo 'The session.' >>plans/p.md; }
host_FSO_030() { echo 'The host.' >>"$HOME/.claude/plans/p.md"; }
expect_FSO_030() {
  has_line "$HOME/.claude/plans/p.md" '^The host' && has_no_line "$HOME/.claude/plans/p.md" '^The session' &&
    has_line "$WORK/commit.code" '^3$'
}

attack_FSO_031() { echo 'The session.' >>plans/p.md; }
host_FSO_031() {
  touch -r "$HOME/.claude/plans/p.md" "$WORK/time"
  printf 'B plan.\n' >"$HOME/.claude/plans/p.md"
  touch -r "$WORK/time" "$HOME/.claude/plans/p.md"
}
expect_FSO_031() {
  has_line "$HOME/.claude/plans/p.md" '^B plan' && has_no_line "$HOME/.claude/plans/p.md" '^The session' &&
    has_line "$WORK/commit.code" '^3$'
}

attack_FSO_033() {
  for name in plans/p.md settings.json; do
    cp -p "$name" "$W/.agent/as-it-was"
    tr 'a-y' 'b-z' <"$W/.agent/as-it-was" >"$name"
    touch -r "$W/.agent/as-it-was" "$name"
    stat -c '%n %.Y' "$name"
  done
}
expect_FSO_033() {
  has_line "$WORK/status.out" 'plans/p\.md' && has_line "$WORK/status.out" '"settings\.json"' &&
    has_line "$WORK/log.out" 'settings\.json'
}

attack_FSO_035() {
  local other=/srv/somebody/else
  for line in "{\"display\":\"evil\",\"project\":\"$other\"}" \
    "{\"display\":\"evil\",\"project\":\"$W\",\"project\":\"$other\"}" \
    "{\"display\":\"evil\",\"project\":\"$other\",\"project\":\"$W\"}" \
    '{"display":"evil"}' "{\"display\":\"evil\",\"project\":[\"$W\"]}" "{\"display\":\"evil\",\"Project\":\"$W\"}" \
    "{\"display\":\"evil\",\"project\":\"$W/..\"}" "{\"display\":\"evil\",\"project\":\"$W/../../..$other\"}" \
    "{\"display\":\"evil\",\"project\":\"$W\"} {\"project\":\"$other\"}" 'evil' ''; do
    cp history.jsonl "$W/.agent/history"
    printf '%s\n' "$line" >>history.jsonl
  done
}
expect_FSO_035() {
  has_no_line "$HOME/.claude/history.jsonl" evil && has_line "$HOME/.claude/history.jsonl" '"mine"'
}

attack_FSO_036() {
  stat -f -c 'free %f of %b, block %S' .
  "$CALL" holes plans/huge 9000
  "$CALL" holes plans/real 64
  sync plans/real
  stat -f -c 'free %f of %b, block %S' .
  rm plans/huge
}
expect_FSO_036() {
  local before after
  before=$(sed -n 's/^free \([0-9]*\) .*/\1/p' "$INSIDE" | head -n 1)
  after=$(sed -n 's/^free \([0-9]*\) .*/\1/p' "$INSIDE" | tail -n 1)
  has_line "$INSIDE" '^fallocate ENOSPC' && has_line "$INSIDE" '^write-far ENOSPC' &&
    says 'no more is taken than is counted' test "$(du -sm "$(newest_session)" | cut -f 1)" -lt 100 &&
    says "64 MiB are counted ($before, $after)" test "$((before - after))" -ge 16384
}

# Much of nothing: what is a hole in the session costs the host's disk nothing either.
attack_FSO_036b() {
  try truncate -s 200M plans/hole.md
  try truncate -s 200M "projects/$P/memory/hole.md"
  stat -c 'size %s %n' plans/hole.md
}
expect_FSO_036b() {
  says 'no disk was taken' test "$(du -sk "$HOME" | cut -f 1)" -lt 100000
}

attack_FSO_038() {
  mkdir plans/c
  "$CALL" churn plans/c 4 1000
  rmdir plans/c && echo empty
}
before_FSO_038() { LIMIT=60; }
expect_FSO_038() {
  has_line "$INSIDE" '^churn failed 0' && has_line "$INSIDE" '^empty' &&
    proven_by unit/view/test_view_threads
}

attack_FSO_040() {
  try fusermount3 -u "$M"
  try fusermount3 -uz "$M"
  try umount "$M"
  try umount -l "$M"
  for file in /sys/fs/fuse/connections/*/abort /proc/sys/kernel/sysrq; do try sh -c "echo 1 >$file"; done
  for dir in /proc/[0-9]*; do
    grep -aq claudefs-mount "$dir/cmdline" && kill -9 "${dir#/proc/}" && echo killed
  done
  put plans/alive 'Still here.'
}
expect_FSO_040() {
  has_no_line "$INSIDE" '^0 (fusermount3|umount|sh)' && has_no_line "$INSIDE" '^killed' && host_has plans/alive || return
  serve "$(new_session)" "$WORK/dead" || return
  end_server KILL 2>/dev/null
  says 'a dead mount is not a directory' test "$(code_of touch "$WORK/dead/x")" -ne 0 || return
  says 'it says so' grep -q 'not connected' "$WORK/code.out" || return
  umount -l "$WORK/dead" 2>/dev/null || fusermount3 -uz "$WORK/dead"
  says 'nothing was under it' test -z "$(ls -A "$WORK/dead")"
}

attack_FSO_041() {
  try unshare -Urm mount -t tmpfs none "$M"
  try unshare -m true
  try unshare -U true
  try mount -t tmpfs none "$M"
  try mount --bind /tmp "$M"
  grep -F " $M " /proc/self/mountinfo
}
expect_FSO_041() {
  has_no_line "$INSIDE" '^0 (unshare|mount)' && has_line "$INSIDE" 'fuse\.claudefs claudefs'
}

fso_attacks() {
  attack FSO-001 mount
  attack FSO-003 mount
  attack FSO-003b mount
  attack FSO-005 mount
  attack FSO-006 mount
  attack FSO-008 mount
  attack FSO-010 mount
  attack FSO-011 mount
  attack FSO-013 mount
  attack FSO-013b mount
  attack FSO-015 mount
  attack FSO-016 mount
  attack FSO-018 mount
  attack FSO-020 mount
  attack FSO-021 mount
  attack FSO-023 mount
  attack FSO-025 mount
  attack FSO-026 mount
  attack FSO-028 mount
  attack FSO-028b mount
  attack FSO-030 mount
  attack FSO-031 mount
  attack FSO-033 mount
  attack FSO-035 run
  attack FSO-036 mount
  attack FSO-036b mount
  attack FSO-038 mount
  attack FSO-040 run
  attack FSO-041 run
}

# With the rules opened wide the mapped write reaches the host; a daemon that is gone is noticed.
before_FSO_C01() { open_wide; }
attack_FSO_C01() { "$CALL" mmap-write settings.json '{"hooks"'; }
attack_FSO_C02() { kill -9 "$(pgrep -f "claudefs-mount .* $M\$" | head -n 1)"; }
expect_FSO_C02() { umount -l "$WORK/view" 2>/dev/null || fusermount3 -uz "$WORK/view"; }

# Point 4 of the oracle, by a daemon that does what these names say (faulty_daemon.c), and by an attack that
# does not end.
attack_FSO_C03() { stat take-memory; }
attack_FSO_C04() { stat take-files; }
attack_FSO_C05() { stat say-error; }
before_FSO_C06() { LIMIT=2; }
attack_FSO_C06() { sleep 30; }

fso_control() {
  must_be_unsafe FSO-C01 mount '\.claude/settings\.json: changed'
  must_be_unsafe FSO-C02 mount 'the daemon died'
  MOUNT_PROGRAM=$CLAUDEFS_BUILD/tests/attack/faulty-daemon
  must_be_unsafe FSO-C03 mount 'the daemon used [0-9]+ KB of memory'
  must_be_unsafe FSO-C04 mount 'the daemon holds [0-9]+ files, [0-9]+ before the attack'
  must_be_unsafe FSO-C05 mount 'a sanitizer reported'
  must_be_unsafe FSO-C06 mount 'the attack took longer than 2 seconds'
}
