# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2119,SC2154
# JNL: the journal's integrity, replay, and death at any instant. The session is an ordinary one; what is
# done to its journal is done on the host, where an attacker who could do it would have to be.
# shellcheck source=tests/attack/second_view.sh
[ -z "${ATTACK_DIR:-}" ] || . "$ATTACK_DIR/second_view.sh"

some_work() {
  put plans/one 'One.'
  put plans/two 'Two.'
  mv plans/two plans/three
  echo more >>plans/p.md
  sync plans/p.md
}

# verify_session: prints the exit code of `claudefs verify`; what it says is in $WORK/code.out.
verify_session() {
  (cd "$PROJECT" && code_of timeout 20 "$REVIEW_PROGRAM" verify)
}

attack_JNL_001() { some_work; }
# Cut at each of the last bytes: a torn tail, never damage, and never another state than a shorter one.
expect_JNL_001() {
  local journal size cut
  journal=$(newest_session)/journal
  cp "$journal" "$WORK/journal"
  size=$(stat -c %s "$journal")
  for ((cut = 1; cut <= 400; cut += 7)); do
    head -c "$((size - cut))" "$WORK/journal" >"$journal"
    says "a cut of $cut bytes verifies" test "$(verify_session)" -eq 0 || { cat "$WORK/code.out"; return 1; }
  done
  proven_by unit/journal/test_journal_damage a_cut_at_any_byte_yields_the_whole_records_before_it \
    zeros_in_place_of_the_last_blocks_are_a_torn_tail
}

attack_JNL_003() { some_work; }
expect_JNL_003() {
  local journal size at
  journal=$(newest_session)/journal
  cp "$journal" "$WORK/journal"
  size=$(stat -c %s "$journal")
  for ((at = 0; at < size - 400; at += size / 40)); do
    cp "$WORK/journal" "$journal"
    printf '\x%02x' "$(($(od -An -tu1 -j "$at" -N 1 "$WORK/journal") ^ 4))" >"$WORK/hex"
    # shellcheck disable=SC2059
    printf "$(cat "$WORK/hex")" | dd of="$journal" bs=1 seek="$at" conv=notrunc status=none
    says "a flipped bit of byte $at is found" test "$(verify_session)" -eq 5 || { cat "$WORK/code.out"; return 1; }
  done
  proven_by unit/journal/test_journal_damage a_flip_of_any_bit_is_named_and_what_precedes_it_kept forged_frames_are_damage
}

attack_JNL_005() { some_work; }
expect_JNL_005() {
  local one other
  one=$(newest_session)
  serve "$(new_session)" "$WORK/view2" || return
  printf 'Other.\n' >"$WORK/view2/plans/other"
  end_server
  other=$(newest_session)
  says 'there are two sessions' test "$one" != "$other" || return
  cp "$other/journal" "$WORK/journal"
  # The whole journal of another session, then its records behind one's own.
  cp "$one/journal" "$other/journal"
  says 'a journal of another session is refused' test "$(verify_session)" -eq 5 || { cat "$WORK/code.out"; return 1; }
  { cat "$WORK/journal"; tail -c 600 "$one/journal"; } >"$other/journal"
  says 'records of another session are refused' test "$(verify_session)" -eq 5 || { cat "$WORK/code.out"; return 1; }
  proven_by unit/journal/test_journal_journal a_journal_of_another_session_is_refused \
    a_record_of_another_session_does_not_verify
}

# Records said twice, left out, or in another order.
attack_JNL_005b() { some_work; }
expect_JNL_005b() {
  local journal size
  journal=$(newest_session)/journal
  cp "$journal" "$WORK/journal"
  size=$(stat -c %s "$journal")
  { cat "$WORK/journal"; tail -c 300 "$WORK/journal"; } >"$journal"
  says 'what is said twice is refused' test "$(verify_session)" -eq 5 || { cat "$WORK/code.out"; return 1; }
  { cat "$WORK/journal"; cat "$WORK/journal"; } >"$journal"
  says 'a journal behind itself is refused' test "$(verify_session)" -eq 5 || { cat "$WORK/code.out"; return 1; }
  { head -c $((size / 2)) "$WORK/journal"; tail -c +$((size / 2 + 201)) "$WORK/journal"; } >"$journal"
  says 'a gap is found' test "$(verify_session)" -eq 5 || { cat "$WORK/code.out"; return 1; }
  { tail -c +$((size / 2 + 1)) "$WORK/journal"; head -c $((size / 2)) "$WORK/journal"; } >"$journal"
  says 'halves in another order are refused' test "$(verify_session)" -eq 5 || { cat "$WORK/code.out"; return 1; }
}

# Whatever the session calls its files, an approval is not one of them.
attack_JNL_006() {
  put plans/forged.md 'Approved, surely.'
  for name in approvals approvals.json plans/forged.md.approved .claudefs/approve receipts/1/receipt.json \
    journal manifest.json "projects/$P/memory/approved" "receipts/intent" .approved; do
    mkdir -p "$(dirname "$name")"
    put "$name" '{"approve":["plans/forged.md","**"],"verdict":"auto","all":true}'
  done
}
host_JNL_006() {
  review_says plain commit
  [ ! -e "$HOME/.claude/plans/forged.md" ] || complain 'an approval of the session counted'
  ! find "$(newest_session)" -path '*/objects' -prune -o -type f -print0 | xargs -0 grep -al 'Approved, surely' ||
    complain 'content outside of objects/'
}
expect_JNL_006() { host_has plans/forged.md && host_lacks approvals && host_lacks receipts; }

attack_JNL_008() {
  put plans/honest 'What was written.'
  put plans/longer 'What was written.'
  put plans/gone 'What was written.'
}
before_JNL_008() { VERIFY_CODES='[05]' COMMIT_CODES='[0-9]|13'; }
host_JNL_008() {
  local file objects=0
  for file in "$(newest_session)"/objects/*; do
    grep -q 'What was written' "$file" || continue
    objects=$((objects + 1))
    case $objects in
    1) printf 'What was forged!!\n' >"$file" ;;
    2) printf 'more\n' >>"$file" ;;
    *) rm "$file" ;;
    esac
  done
  [ "$objects" -eq 3 ] || complain "the objects were not found"
}
expect_JNL_008() {
  host_lacks plans/honest && host_lacks plans/longer && host_lacks plans/gone && has_line "$WORK/verify.code" '^5$'
}

# In the place of contents: links to secrets, what hangs a reader, what is no file.
attack_JNL_008b() {
  for name in link fifo directory device hard; do put "plans/$name" 'What was written.'; done
  put plans/honest 'Honest.'
}
before_JNL_008b() { VERIFY_CODES='[05]' COMMIT_CODES='[0-9]|13'; }
host_JNL_008b() {
  local file objects=0
  for file in "$(newest_session)"/objects/*; do
    grep -q 'What was written' "$file" || continue
    objects=$((objects + 1))
    rm "$file"
    case $objects in
    1) ln -s "$HOME/.ssh/id_dummy" "$file" ;;
    2) mkfifo "$file" ;;
    3) mkdir "$file" ;;
    4) mknod "$file" c 1 5 2>/dev/null || ln -s /dev/zero "$file" ;;
    *) ln "$HOME/.ssh/id_dummy" "$file" ;;
    esac
  done
  [ "$objects" -eq 5 ] || complain "the objects were not found"
  review_says forged verify
  code_is forged 5
  for name in link fifo directory device hard; do
    review_says shown show "plans/$name"
    review_says shown diff "plans/$name"
  done
}
expect_JNL_008b() {
  rm "$HOME/.local/state/claudefs/sessions/"*/objects/* 2>/dev/null
  for name in link fifo directory device hard; do host_lacks "plans/$name" || return; done
  host_has plans/honest
}

attack_JNL_010() { some_work; }
expect_JNL_010() {
  local id
  id=$(new_session)
  serve "$id" "$WORK/view2" || return
  mkdir "$WORK/view3"
  says 'a second daemon is refused' test "$(code_of timeout 10 "$MOUNT_PROGRAM" --foreground --session "$id" "$WORK/view3")" -eq 9 ||
    { cat "$WORK/code.out"; return 1; }
  printf 'Kept.\n' >"$WORK/view2/plans/kept"
  says 'the first one goes on' grep -q Kept "$WORK/view2/plans/kept" || return
  end_server
  says 'nor is it served again' test "$(code_of timeout 10 "$MOUNT_PROGRAM" --foreground --session "$id" "$WORK/view3")" -eq 9 || return
  says 'the journal is whole' test "$(verify_session)" -eq 0
}

# The session's own files replaced by what hangs or leads away: refused by name, at once.
attack_JNL_010b() { some_work; }
expect_JNL_010b() {
  local dir name kind command
  dir=$(newest_session)
  mkdir "$WORK/view4"
  for name in journal manifest.json objects; do
    for kind in fifo link directory huge; do
      mv "$dir/$name" "$WORK/kept"
      case $kind in
      fifo) mkfifo "$dir/$name" ;;
      link) ln -s "$HOME/victim/precious" "$dir/$name" ;;
      directory) mkdir "$dir/$name" ;;
      huge) truncate -s 1T "$dir/$name" ;;
      esac
      for command in status verify log 'commit --all' sessions; do
        # shellcheck disable=SC2086
        (cd "$PROJECT" && timeout 20 "$REVIEW_PROGRAM" $command </dev/null >"$WORK/said" 2>&1)
        says "$command with $name as $kind ends" test $? -ne 124 || return
        says "$command tells nothing of it" test "$(grep -c CANARY "$WORK/said")" -eq 0 || return
      done
      says "a daemon with $name as $kind ends" test "$(code_of timeout 20 "$MOUNT_PROGRAM" --foreground --session "$(basename "$dir")" "$WORK/view4")" -ne 124 || return
      rm -r "${dir:?}/$name"
      mv "$WORK/kept" "$dir/$name"
    done
  done
  says 'the session is as it was' test "$(verify_session)" -eq 0 || { cat "$WORK/code.out"; return 1; }
}

attack_JNL_011() { some_work; }
expect_JNL_011() {
  CLAUDEFS_TEST_ROUNDS=10 proven_by_mount crash/test_daemon_kill acknowledged_writes_survive_a_kill_at_any_instant \
    lost_content_would_be_noticed
}

attack_JNL_013() { some_work; }
expect_JNL_013() {
  proven_by crash/test_commit_kill killed_at_every_call_it_is_finished_by_the_next \
    a_file_neither_old_nor_new_would_be_noticed
}

# The daemon's threads stop one after the other. A request that one of them has taken before cannot be given
# up by its client (fuse: "Either request is already in userspace ... Wait it out"), so all must have.
wait_stopped() {
  local i
  for ((i = 0; i < 100; i++)); do
    cat /proc/"$1"/task/*/status | grep '^State:' | grep -qv '^State:[[:space:]]*T' || return 0
    sleep 0.1
  done
  return 1
}

attack_JNL_015() { some_work; }
expect_JNL_015() {
  local writer
  serve "$(new_session)" "$WORK/view2" || return
  printf 'Before.\n' >"$WORK/view2/plans/stopped"
  kill -STOP "$SERVER"
  says 'the daemon stands still' wait_stopped "$SERVER" || return
  (printf 'After.\n' >>"$WORK/view2/plans/stopped") &
  writer=$!
  cat "$WORK/view2/plans/hung" >/dev/null 2>&1 &
  sleep "${CLAUDEFS_TEST_LONG:+58}${CLAUDEFS_TEST_LONG:-2}"
  says 'a client that waits can be killed' kill -9 $! || return
  wait $! 2>/dev/null
  says 'the writer waits' kill -0 "$writer" || return
  kill -CONT "$SERVER"
  wait "$writer" || return
  says 'nothing was lost' test "$(tr '\n' ' ' <"$WORK/view2/plans/stopped")" = 'Before. After. ' || return
  end_server
  says 'the journal is whole' test "$(verify_session)" -eq 0
}

attack_JNL_016() { some_work; }
# No more address space at once, in the middle of the work: refusals, and then it goes on.
expect_JNL_016() {
  local i size
  serve "$(new_session)" "$WORK/view2" || return
  printf 'Before.\n' >"$WORK/view2/plans/kept"
  sync "$WORK/view2/plans/kept"
  for i in 0 64 256 1024; do
    size=$(awk '/^VmSize:/ { print $2 }' "/proc/$SERVER/status")
    prlimit --pid "$SERVER" "--as=$(((size + i) * 1024)):unlimited"
    mkdir -p "$WORK/view2/plans/d$i" 2>/dev/null
    seq 500 | sed "s|^|$WORK/view2/plans/d$i/f|" | xargs touch 2>/dev/null
    head -c 3000000 /dev/zero >"$WORK/view2/plans/z$i" 2>/dev/null
    ls -lR "$WORK/view2" >/dev/null 2>&1
    cat "$WORK/view2/history.jsonl" "$WORK/view2/.claude.json" >/dev/null 2>&1
    prlimit --pid "$SERVER" --as=unlimited:unlimited
    says "the daemon lives ($i)" kill -0 "$SERVER" || return
  done
  says 'what was acknowledged is there' grep -q Before "$WORK/view2/plans/kept" || return
  says 'and it goes on' test "$(code_of touch "$WORK/view2/plans/after")" -eq 0 || { cat "$WORK/code.out"; return 1; }
  end_server
  says 'the journal is whole' test "$(verify_session)" -eq 0
}

attack_JNL_018() { some_work; }
host_JNL_018() {
  local i
  # As a killed daemon leaves it: without the record that ends it.
  truncate -s -9 "$(newest_session)/journal"
  review_says first status --json
  for ((i = 0; i < 10; i++)); do
    review_says again status --json
    cmp -s "$WORK/first.out" "$WORK/again.out" || complain 'a replay gives another state'
  done
}
# That recovery may be killed at each of its calls is proven with JNL-013, by the same program.
expect_JNL_018() { host_has plans/three; }

jnl_attacks() {
  attack JNL-001 mount
  attack JNL-003 mount
  attack JNL-005 mount
  attack JNL-005b mount
  attack JNL-006 run
  attack JNL-008 mount
  attack JNL-008b mount
  attack JNL-010 mount
  attack JNL-010b mount
  attack JNL-011 mount
  attack JNL-013 mount
  attack JNL-015 mount
  attack JNL-016 mount
  attack JNL-018 mount
}

# A damaged journal and a forged object are found though nobody expects them.
attack_JNL_C01() { some_work; }
host_JNL_C01() {
  printf 'X' | dd of="$(newest_session)/journal" bs=1 seek=300 conv=notrunc status=none
}
attack_JNL_C02() { some_work; }
host_JNL_C02() {
  local file objects=0
  for file in "$(newest_session)"/objects/*; do printf 'Forged.\n' >"$file"; done
}

jnl_control() {
  must_be_unsafe JNL-C01 mount 'claudefs verify ended with 5'
  must_be_unsafe JNL-C02 mount 'claudefs verify ended with 5'
}
