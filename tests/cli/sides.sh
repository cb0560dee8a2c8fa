# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# `commit --theirs` and `--ours`: conflicts that the person settles; and what may not be settled so.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

claude=$HOME/.claude
fresh() {
  rm -rf "$claude"
  mkdir -p "$claude/plans"
  for name in p q gone kept lost; do
    printf 'old %s\n' "$name" >"$claude/plans/$name.md"
  done
  make_session <<END
write plans/p.md theirs\sp\n
write plans/q.md theirs\sq\n
write plans/lost.md theirs\slost\n
write plans/new.md theirs\snew\n
write plans/data.json {\n
write plans/fine.md fine\n
rm plans/gone.md
rm plans/kept.md
END
  printf 'ours p\n' >"$claude/plans/p.md"
  printf 'ours q\n' >"$claude/plans/q.md"
  printf 'ours gone\n' >"$claude/plans/gone.md"
  printf 'ours kept\n' >"$claude/plans/kept.md"
  printf 'ours new\n' >"$claude/plans/new.md"
  printf '{}\n' >"$claude/plans/data.json"
  rm "$claude/plans/lost.md"
}
# host NAME...: what the host has there, in a line.
host() {
  local name texts=()
  for name; do
    texts+=("$(cat "$claude/plans/$name" 2>/dev/null || echo none)")
  done
  echo "${texts[*]}"
}

fresh
call status
ok 'all are conflicts' shows '^conflicts \(7\)'
ok 'and status says how they are settled' shows 'next: claudefs diff'
call commit --theirs plans/p.md -n
ok 'a dry run says what would be replaced' shows 'would +replace +plans/p\.md'
call commit --theirs plans/p.md
ok 'theirs is what the session wrote' equal 'theirs p' "$(host p.md)"
ok 'nothing else is committed with it' equal none "$(host fine.md)"
call undo
ok 'what the host had can be had back' equal 'ours p' "$(host p.md)"
call status
ok 'then it is a conflict again' shows 'modified +plans/p\.md'
call commit --theirs plans/p.md --theirs plans/gone.md --theirs plans/new.md --theirs plans/lost.md
ok 'files removed, made on both sides, or gone on the host' equal 'theirs p none theirs new theirs lost' \
  "$(host p.md gone.md new.md lost.md)"
call commit --theirs plans/data.json
ok 'what could not be committed anyway cannot take the place' says 13 "plans/data\.json: the session's side cannot be applied; 'claudefs commit --ours' drops it"
ok 'so the host keeps its own' equal '{}' "$(host data.json)"
call commit --ours 'plans/*'
ok 'ours is what the host has' equal 'ours q ours kept {}' \
  "$(host q.md kept.md data.json)"
ok 'it says keep' shows 'applied +keep +plans/q\.md'
call status
ok 'no conflict is left' hides '^conflicts'
ok 'what is settled is not pending' hides 'plans/q\.md'
call commit --all
ok 'nor committed by --all' equal 'ours q ours kept {} fine' \
  "$(host q.md kept.md data.json fine.md)"
call undo --list
ok 'the settling has a receipt' shows ' commit +3 changes'
number=$(grep -E ' commit +3 changes' "$OUT" | cut -d' ' -f1)
call undo "$number"
call status
ok 'its undo makes them conflicts again' shows '^conflicts \(3\)'
call verify
ok 'the session verifies' equal 0 "$CODE"

fresh
call commit --ours plans/fine.md
ok 'what is no conflict is told' says 2 'commit: plans/fine\.md: is not in conflict'
call commit --ours plans/none.md
ok 'and what is nothing' says 2 'commit: plans/none\.md: nothing is pending there'
call commit --theirs plans/p.md --all
ok 'sides go with nothing else' says 2 '--theirs and --ours only settle conflicts'
rm "$claude/plans/q.md"
mkdir "$claude/plans/q.md"
call commit --theirs plans/q.md
ok 'a directory in the place of a file is not replaced' says 3 'plans/q\.md: in conflict: the host has a directory there; carry it over by hand'
finish
