#!/bin/sh
# SPDX-License-Identifier: MIT
# House rules that a pattern can see: no goto, no typedef of a struct (of a function is fine), no file that is a drawer for
# everything, no O_* open without O_CLOEXEC. Proves itself on planted violations first.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/source_files.sh"

# find_code ROOT PATTERN: in product code, comments at the start of a line left out.
find_code() {
  product_files "$1" | (cd "$1" && xargs -r grep -nHE "$2" /dev/null) |
    grep -vE '^[^:]+:[0-9]+:[[:space:]]*(/?\*|//)'
}

check() {
  bad=0
  ! find_code "$1" '^[[:space:]]*goto[[:space:]]' || { echo '^ goto: use the cleanup attributes'; bad=1; }
  ! find_code "$1" '^typedef (struct|union|enum)[^(]*$' || { echo '^ typedef: say struct'; bad=1; }
  # Named sets of flags hold it; descriptors 0 to 2 are there to be inherited.
  ! find_code "$1" '[^_a-z](open|openat)\(.*O_[A-Z]+.*\)' |
    grep -vE 'O_CLOEXEC|[A-Z]_FLAGS|OPEN_PLANTED|"/dev/null"' ||
    { echo '^ open without O_CLOEXEC'; bad=1; }
  ! product_files "$1" | grep -E '(^|/)(utils?|misc|common|helpers?)\.[ch]$' ||
    { echo '^ a drawer for everything: name what it is'; bad=1; }
  return $bad
}

plant=$(mktemp -d)
trap 'rm -rf "$plant"' EXIT
mkdir -p "$plant/fs/base"
for line in '	goto out;' 'typedef struct a { int b; } a_t;' '	fd = openat(dir, name, O_RDONLY);'; do
  printf '%s\n' "$line" >"$plant/fs/base/a.c"
  ! check "$plant" >/dev/null || { echo "the check is blind to: $line"; exit 1; }
done
printf '/* no goto */\n' >"$plant/fs/base/a.c"
check "$plant" || { echo "the check refuses what is allowed"; exit 1; }
cp "$plant/fs/base/a.c" "$plant/fs/base/util.c"
! check "$plant" >/dev/null || { echo "the check is blind to: util.c"; exit 1; }

check "$here/../.."
