#!/bin/sh
# SPDX-License-Identifier: MIT
# Every #include of our own headers points down the table in layers.table. The test proves itself
# first: planted violations, one of each kind, must be found.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/source_files.sh"

# check ROOT: prints each violation; fails if there was one.
check() {
  # shellcheck disable=SC2016  # awk's own variables
  product_files "$1" | (cd "$1" && xargs -r awk -v table="$here/layers.table" '
    function layer_of(path) {
      if (path ~ /^fs\//) { split(path, part, "/"); return "fs/" part[2] }
      sub(/\/.*/, "", path)
      return path
    }
    BEGIN {
      while ((getline line < table) > 0) {
        if (line ~ /^#/ || line !~ /:/) continue
        split(line, side, ":")
        gsub(/[ \t]/, "", side[1])
        known[side[1]] = 1
        n = split(side[2], word, " ")
        for (i = 1; i <= n; i++) allowed[side[1], "fs/" word[i]] = 1
      }
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
      split($0, quoted, "\"")
      target = quoted[2]
      from = layer_of(FILENAME)
      to = layer_of(target)
      if (!(from in known)) why = "folder is not in layers.table"
      else if (target !~ /\// || target ~ /^\.\.?\//) why = "include by full path from the root"
      else if (to == from || target ~ /^rules\//) next
      else if (!(to in known)) why = "target is not in layers.table"
      else if ((from, to) in allowed) next
      else why = from " may not use " to
      printf "%s:%d: \"%s\": %s\n", FILENAME, FNR, target, why
      bad = 1
    }
    END { exit bad }')
}

plant=$(mktemp -d)
trap 'rm -rf "$plant"' EXIT
expect_found() {
  mkdir -p "$plant/$(dirname "$1")"
  printf '#include "%s"\n' "$2" >"$plant/$1"
  if check "$plant" >/dev/null; then
    echo "the check is blind: $1 including $2 was not found"
    exit 1
  fi
  rm "$plant/$1"
}
expect_found fs/base/a.c fs/policy/rules.h
expect_found fs/view/a.c fs/review/change_set.h
expect_found fs/mount/a.h fs/commit/plan.h
expect_found fs/cli/a.c fs/mount/reply.h
expect_found fs/new_layer/a.c fs/base/fd.h
expect_found launcher/a.c fs/view/view.h
expect_found init/a.c launcher/plan.h
expect_found preload/a.c fs/base/fd.h
expect_found fs/policy/a.c ../journal/record.h
mkdir -p "$plant/fs/review"
printf '#include "fs/base/fd.h"\n' >"$plant/fs/review/a.c"
check "$plant" || { echo "the check refuses what is allowed"; exit 1; }

check "$here/../.."
