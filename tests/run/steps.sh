#!/bin/bash
# SPDX-License-Identifier: MIT
# claudefs-init's steps: their order, and that each fails closed outside a sandbox.
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
init=$CLAUDEFS_BUILD/init/claudefs-init

# steps_of ROLE: the names in their order, and which of them have a flag.
steps_of() {
  "$init" --role "$1" --list-steps | awk '{ printf "%s ", $1 }'
}
flagged() {
  "$init" --role "$1" --list-steps | awk -v flag="$2" 'index($2, flag) { printf "%s ", $1 }'
}
ok 'the steps of the native role are these, in this order' equal \
  'parent pid root view namespaces descriptors limits no-new-privileges capabilities landlock seccomp ' "$(steps_of native)"
ok 'the steps of the keeper are these, in this order' equal \
  'pid root privileges no-core up session sockets login fuse agent words attach identity no-new-privileges drop daemon ' "$(steps_of keeper)"
ok 'the steps of the agent are these, in this order' equal \
  'confinement root home workspace wait view environment descriptors limits landlock ' "$(steps_of agent)"
for role in agent keeper native; do
  ok "$role: every step must succeed" equal "$(steps_of $role)" "$(flagged $role must-succeed)"
  ok "$role: after the first step that takes something away come only such" equal '' \
    "$("$init" --role $role --list-steps | awk '/before-exec/ { taken = 1; next } taken { print $1 }')"
done
ok 'the keeper is root until it has attached the view' equal \
  'pid root privileges no-core up session sockets login fuse agent words attach identity ' "$(flagged keeper as-root)"
ok 'the agent never is' equal '' "$(flagged agent as-root)"
for words in '--role keeper --home /h --view /h/v -- true' '--role keeper --uid x --gid 1 --home /h --view /h/v -- true' \
  '--role agent --view /v -- true' '--role agent --home /h --view /h/v'; do
  # shellcheck disable=SC2086
  ok "$words is a usage error" equal 2 "$("$init" $words 2>/dev/null; echo $?)"
done
error=$("$init" --role agent --home "$PWD" --view "$PWD" -- true 2>&1)
ok 'as an agent with privileges nothing is started' equal 125 $?
ok 'and the step is named' equal 1 "$(grep -c '^claudefs-init: step confinement: .*; nothing was started$' <<<"$error")"
error=$("$init" --role keeper --uid 1 --gid 1 --home "$PWD" --view "$PWD" -- true 2>&1)
ok 'as a keeper that is not the first process nothing is started' equal 125 $?
error=$(unshare --pid --fork --mount-proc "$init" --role keeper --uid 1 --gid 1 --home "$PWD" --view "$PWD" -- true 2>&1)
ok 'as a keeper with a writable root it stops there' equal \
  'claudefs-init: step root: / is writable; nothing was started' "$error"
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
