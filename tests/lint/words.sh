#!/bin/sh
# SPDX-License-Identifier: MIT
# Nothing in the tree names a package registry's host or a path of somebody's machine, and nothing is
# left for later in a comment. Proves itself on planted words first.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/source_files.sh"

# The brackets keep this file from finding itself.
hosts='npm[j]s\.|yarn[p]kg\.|py[p]i\.|python[h]osted\.|crates\.[i]o|proxy\.gol[a]ng|deb\.deb[i]an|registry\.[a-z0-9-]+\.[a-z]'
paths='(^|[^A-Za-z0-9_.$}-])/([w]ork|[r]oot)([^A-Za-z0-9_-]|$)|/tmp/(w|c[c])/'
later='\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b|\bn[o]t (yet )?implemented\b|\b[u]nimplemented\b'

# find_in ROOT PATTERN GLOB...
find_in() {
  fi_root=$1 fi_pattern=$2
  shift 2
  source_files "$fi_root" "$@" | (cd "$fi_root" && xargs -r grep -nHIE "$fi_pattern" /dev/null)
}

check() {
  bad=0
  ! find_in "$1" "$hosts" '*' '.ci/*' || { echo "^ a registry's host name"; bad=1; }
  ! find_in "$1" "$paths" '*' '.ci/*' || { echo "^ a path of one machine"; bad=1; }
  ! find_in "$1" "$later" '*.c' '*.h' '*.sh' '*.mjs' '*.md' '*.json' '*.build' bootstrap || { echo "^ left for later"; bad=1; }
  ! find_in "$1" '\b[s]tub\b' 'fs/*' 'init/*' 'launcher/*' 'preload/*' || { echo "^ a stub in product code"; bad=1; }
  return $bad
}

plant=$(mktemp -d)
trap 'rm -rf "$plant"' EXIT
mkdir "$plant/fs"
for words in 'registry.npm''js.org' '/wo''rk/main' 'cd /ro''ot' '// TO''DO: later' 'a st''ub'; do
  printf '%s\n' "$words" >"$plant/fs/a.c"
  ! check "$plant" >/dev/null || { echo "the check is blind to: $words"; exit 1; }
done
printf '%s\n' '/workspace' 'a/root/b' '/rooted' >"$plant/fs/a.c"
check "$plant" || { echo "the check refuses what is allowed"; exit 1; }

check "$here/../.."
