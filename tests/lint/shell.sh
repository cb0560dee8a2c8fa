#!/bin/sh
# SPDX-License-Identifier: MIT
# Shellcheck over every shell script, with or without suffix, and node's syntax check over the rest.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/source_files.sh"
need_tool shellcheck
need_tool node
cd "$here/../.."
source_files . '*.sh' bootstrap .ci/run | xargs -r shellcheck -x -P SCRIPTDIR -S style -e SC1091,SC2015
source_files . '*.mjs' | while IFS= read -r name; do
  node --check "$name" || exit 1
done
