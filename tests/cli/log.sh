# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# `claudefs log`: what happened, in order, also what was reverted later.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

mkdir -p "$HOME/.claude"
printf 'host\n' >"$HOME/.claude/CLAUDE.md"
make_session <<END
process /usr/bin/claude 10 claude
save .claude.json {}
write agent-memory/a.md one\n
process /usr/bin/bash 11 bash\s-c\sx
rm agent-memory/a.md
write CLAUDE.md other\n
chmod CLAUDE.md 0600
refuse link skills/x 1 skills/y
END
call log
ok 'log succeeds' equal 0 "$CODE"
ok 'a file that is gone again is here' shows 'create +agent-memory/a\.md'
ok 'in order' before 'create +agent-memory/a\.md' 'unlink +agent-memory/a\.md'
ok 'with the process that did it' shows 'claude\[10\] +create +agent-memory/a\.md'
ok 'the next process is told apart' shows 'bash\[11\] +unlink +agent-memory/a\.md'
ok 'a rename has both names' shows 'rename +\.claude\.json\.tmp\.77\.abcdef -> \.claude\.json$'
ok 'a write has size and offset' shows 'write +agent-memory/a\.md  4 B at 0'
ok 'a copied host file is told' shows 'copy_up +CLAUDE\.md'
ok 'a mode is told' shows 'set_attr +CLAUDE\.md  mode 0600'
ok 'a refusal has operation, both names and the error' shows 'refuse +link skills/x -> skills/y  EPERM'
ok 'each line has a time' equal 0 "$(grep -cvE '^20[0-9-]{8} [0-9:]{8}  ' "$OUT")"
ok 'records of the machinery are left out' hides ' (base|seal|process) '
call --json log
ok 'JSON is strict, line by line' "$CHECK" json-lines <"$OUT"
ok 'and has every record' shows '"type":"seal"'
ok 'a record that names only an object has the name it had' shows '"type":"seal","path":"agent-memory/a.md"'
ok 'numbers rise by one' equal "$(seq 1 "$(wc -l <"$OUT")" | tr '\n' ' ')" \
  "$(sed 's/^{"seq":\([0-9]*\),.*/\1/' "$OUT" | tr '\n' ' ')"
finish
