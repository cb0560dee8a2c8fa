# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# All of the shell test library, in the order in which its parts need each other. Sourced by bash with
# CLAUDEFS_SOURCE and CLAUDEFS_BUILD set (meson does).

set -u
for part in source_files report home claude terminal; do
  # shellcheck disable=SC1090
  . "${CLAUDEFS_SOURCE:?}/tests/lib/$part.sh"
done
unset part
