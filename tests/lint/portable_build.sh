#!/bin/sh
# SPDX-License-Identifier: MIT
# Review and commit compile and start with FUSE, seccomp and libcap switched off, as on macOS.
# Usage: portable_build.sh SOURCE_DIR
set -eu
# Not optimised: what is shown is what compiles, links and is called; the other builds have the rest.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
env -u CFLAGS meson setup "$work/build" "$1" -Dmount=disabled -Dinit=disabled -Dtests=false -Dwerror=true \
  -Doptimization=0 -Ddebug=false
env -u MAKEFLAGS meson compile -C "$work/build"
claudefs=$work/build/fs/cli/claudefs
HOME=$work "$claudefs" --version
for library in fuse seccomp libcap; do
  ! ldd "$claudefs" | grep "$library" || { echo "claudefs is linked to $library"; exit 1; }
done
# The parts of claudefs-run that are to run on macOS, too, call nothing that only Linux has.
only_linux='accept4|close_range|dup3|epoll_[a-z0-9]+|eventfd|fanotify_init|fsopen|getrandom|inotify_[a-z0-9]+|memfd_create|mount|openat2|pidfd_[a-z]+|pipe2|prctl|renameat2|setfsuid|setns|signalfd|statx|syscall|unshare|umount2'
# linux_calls ARCHIVE...: what is called of it.
linux_calls() {
  nm --undefined-only "$@" 2>/dev/null | grep -wE "U ($only_linux)"
}
printf 'int prctl(int option, ...); int planted(void); int planted(void) { return prctl(4, 0); }\n' >"$work/planted.c"
cc -c -o "$work/planted.o" "$work/planted.c"
ar rcT "$work/planted.a" "$work/planted.o"
linux_calls "$work/planted.a" >/dev/null || { echo "a planted call was not found"; exit 1; }
for library in portable apple; do
  [ -e "$work/build/liblauncher_$library.a" ] || { echo "launcher_$library was not built"; exit 1; }
  ! linux_calls "$work/build/liblauncher_$library.a" || { echo "launcher_$library calls what macOS has not"; exit 1; }
done
for program in fs/mount/claudefs-mount init/claudefs-init launcher/claudefs-run; do
  [ ! -e "$work/build/$program" ] || { echo "$program was built though it is switched off"; exit 1; }
done
