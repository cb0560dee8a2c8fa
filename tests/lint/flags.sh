#!/bin/sh
# SPDX-License-Identifier: MIT
# The warning and hardening flags are really in the compile command, and bite: a format string that
# comes from the user must not compile. A misspelt or silently dropped flag fails here.
# Usage: flags.sh BUILD_DIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/source_files.sh"
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The command that compiles fs/base/text.c, without its input and output.
command_line=$(sed -n 's/^ *"command": "\(.*fs_base_text\.c\.o .*\|.*base\/text\.c\)",*$/\1/p' \
  "$build/compile_commands.json" | head -n 1 | sed 's/\\"/"/g; s/ -MD//g; s/ -M[QF] [^ ]*//g; s/ -o .*//')
[ -n "$command_line" ] || { echo "no compile command of fs/base/text.c in $build"; exit 1; }

compiles() {
  printf '%s\n' "$1" >"$work/a.c"
  (cd "$build" && sh -c "$command_line -o '$work/a.o' -c '$work/a.c'") >"$work/out" 2>&1
}
expect_refused() {
  ! compiles "$2" || { echo "$1: compiled, but must not"; exit 1; }
  grep -q "$3" "$work/out" || { echo "$1: refused for another reason:"; cat "$work/out"; exit 1; }
}

compiles '#include <stdio.h>
int show(const char *user);
int show(const char *user) { return printf("%s", user); }' || { cat "$work/out"; exit 1; }
# clang 14 does not look into the macro that _FORTIFY_SOURCE makes of printf.
case $command_line in
clang*) ;;
*) expect_refused 'printf(user)' '#include <stdio.h>
int show(const char *user);
int show(const char *user) { return printf(user); }' format- ;;
esac
expect_refused 'message_error(user)' '#include "fs/base/message.h"
void show(const char *user);
void show(const char *user) { message_error(user); }' format-
expect_refused 'undeclared function' 'int call(void);
int call(void) { return not_declared(); }' implicit-function-declaration
expect_refused 'missing return' 'int call(int a);
int call(int a) { if (a) return 1; }' return-type

for flag in -Wformat=2 -Wconversion -Wshadow -Wvla -Wswitch-enum -Wcast-qual -fstack-protector-strong; do
  case " $command_line " in
  *" $flag "*) ;;
  *) echo "flag is missing from the compile command: $flag"; exit 1 ;;
  esac
done
