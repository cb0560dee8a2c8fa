#!/bin/sh
# SPDX-License-Identifier: MIT
# A third-party library is known to one module only. Proves itself on planted violations first.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/source_files.sh"

# header (extended regular expression), then where it may be included (the same, from the start)
table='
jansson\.h|fs/base/json\.h
xxh.*\.h|fs/base/hash\.c
utf8proc\.h|fs/base/fold\.c
fuse.*\.h|fs/mount/
git2.*\.h|fs/review/text_diff\.c|fs/git/
openssl/.*\.h|fs/base/digest\.c
event2/.*\.h|init/gateway/
seccomp\.h|init/|fs/git/push_filter\.c
yaml\.h|fs/review/front_matter\.c
sys/capability\.h|init/
cmocka\.h|tests/
libsecret/.*\.h|launcher/secret_service_main\.c
'

check() {
  found=$(
    printf '%s\n' "$table" | while IFS='|' read -r header places; do
      [ -n "$header" ] || continue
      product_files "$1" |
        (cd "$1" && xargs -r grep -nHE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]${header}[>\"]") |
        grep -vE "^($places)" || :
    done
  )
  [ -z "$found" ] || printf 'third-party header outside its module:\n%s\n' "$found"
  [ -z "$found" ]
}

plant=$(mktemp -d)
trap 'rm -rf "$plant"' EXIT
expect_found() {
  mkdir -p "$plant/$(dirname "$1")"
  printf '#include <%s>\n' "$2" >"$plant/$1"
  if check "$plant" >/dev/null; then
    echo "the check is blind: $1 including $2 was not found"
    exit 1
  fi
  rm "$plant/$1"
}
expect_found fs/view/a.c fuse_lowlevel.h
expect_found fs/view/b.c fuse3/fuse_lowlevel.h
expect_found fs/cli/a.c git2.h
expect_found fs/review/b.c openssl/evp.h
expect_found fs/review/a.c git2/diff.h
expect_found fs/policy/a.c jansson.h
expect_found fs/review/b.c yaml.h
expect_found fs/journal/a.c xxhash.h
expect_found launcher/a.c seccomp.h
expect_found launcher/b.c sys/capability.h
expect_found launcher/credentials.c libsecret/secret.h

check "$here/../.."
