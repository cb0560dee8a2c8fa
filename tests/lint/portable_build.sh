#!/bin/sh
# SPDX-License-Identifier: MIT
# Review and commit compile and start with FUSE, seccomp and libcap switched off, as on macOS.
# Usage: portable_build.sh SOURCE_DIR
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
env -u CFLAGS meson setup "$work/build" "$1" -Dmount=disabled -Dinit=disabled -Dtests=false -Dwerror=true
env -u MAKEFLAGS meson compile -C "$work/build"
claudefs=$work/build/fs/cli/claudefs
HOME=$work "$claudefs" --version
for library in fuse seccomp libcap; do
  ! ldd "$claudefs" | grep "$library" || { echo "claudefs is linked to $library"; exit 1; }
done
for program in fs/mount/claudefs-mount init/claudefs-init launcher/claudefs-run; do
  [ ! -e "$work/build/$program" ] || { echo "$program was built though it is switched off"; exit 1; }
done
