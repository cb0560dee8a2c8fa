#!/bin/sh
# SPDX-License-Identifier: MIT
# Spelling of what people read: comments, messages, documents. Test data holds wrong words on purpose.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/source_files.sh"
need_tool codespell
cd "$here/../.."
source_files . '*.c' '*.h' '*.sh' '*.mjs' '*.md' '*.scd' '*.json' '*.build' bootstrap | grep -v '^tests/.*\.json$' |
  xargs -r codespell
