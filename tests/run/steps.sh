#!/bin/bash
# SPDX-License-Identifier: MIT
# claudefs-init's steps: their order, and that each fails closed outside a sandbox.
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
init=$CLAUDEFS_BUILD/init/claudefs-init

wanted='parent pid root view namespaces descriptors limits no-new-privileges capabilities landlock seccomp '
ok 'the steps of the native role are these, in this order' equal "$wanted" \
  "$("$init" --role native --list-steps | awk '{ printf "%s ", $1 }')"
error=$("$init" --role native --parent-fd 1 -- touch "/tmp/claudefs-steps-$$" 2>&1)
ok 'outside a sandbox nothing is started' equal 125 $?
ok 'and one line names the step' equal 1 "$(grep -c '^claudefs-init: step pid: .*nothing was started$' <<<"$error")"
ok 'the command did not run' test ! -e "/tmp/claudefs-steps-$$"
error=$(unshare --user --map-root-user --pid --fork --mount-proc "$init" --role native --parent-fd 1 -- true 2>&1)
ok 'in a pid namespace with a writable root it stops there' equal \
  'claudefs-init: step root: / is writable; nothing was started' "$error"
error=$("$init" --role native -- true 2>&1)
ok 'without claudefs-run it stops at once' equal 'claudefs-init: step parent: claudefs-run is gone; nothing was started' "$error"
ok 'an unknown role is a usage error' equal 2 "$("$init" --role other -- true 2>/dev/null; echo $?)"
finish
