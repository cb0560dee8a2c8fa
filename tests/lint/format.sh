#!/bin/sh
# SPDX-License-Identifier: MIT
# .clang-format is the judge of layout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/source_files.sh"
need_tool clang-format
cd "$here/../.."
source_files . '*.c' '*.h' | xargs -r clang-format --dry-run -Werror
