# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# Colours, columns and the pager: on a terminal only, and only if nobody objects.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"
need_tool script
export SHELL=/bin/bash

mkdir -p "$HOME/.claude"
make_session <<END
write agent-memory/a.md hello\n
write CLAUDE.md x
END
escape=$'\033'
# on_terminal ENVIRONMENT... claudefs ARGUMENTS...: in a pseudo-terminal.
on_terminal() {
  local quoted
  printf -v quoted '%q ' env "$@"
  script -qec "stty cols ${COLS:-100}; $quoted" /dev/null </dev/null >"$OUT" 2>"$ERR"
}
call status
ok 'a pipe gets no colour' hides "$escape"
call --color=always status
ok 'unless asked for' shows "$escape\[1m"
on_terminal TERM=xterm "$CLAUDEFS" status
ok 'a terminal gets colour' shows "$escape\["
on_terminal TERM=xterm NO_COLOR=1 "$CLAUDEFS" status
ok 'but not with NO_COLOR' hides "$escape"
on_terminal TERM=dumb "$CLAUDEFS" status
ok 'nor a dumb one' hides "$escape"
on_terminal TERM=xterm "$CLAUDEFS" --color=never status
ok 'nor with --color=never' hides "$escape"
on_terminal TERM=xterm NO_COLOR=1 "$CLAUDEFS" status
ok 'no line is wider than the terminal' equal 0 "$(tr -d '\r' <"$OUT" | grep -c '^.\{101,\}$')"
COLS=60 on_terminal TERM=xterm NO_COLOR=1 "$CLAUDEFS" status
ok 'a long reason is cut with an ellipsis' shows '…'

for command in diff log 'show agent-memory/a.md'; do
  read -ra words <<<"$command"
  on_terminal TERM=xterm PAGER='sed s/^/paged:/' "$CLAUDEFS" "${words[@]}"
  ok "$command goes through the pager" shows '^paged:'
  on_terminal TERM=xterm PAGER='sed s/^/paged:/' "$CLAUDEFS" --no-pager "${words[@]}"
  ok "$command does not with --no-pager" hides '^paged:'
done
on_terminal TERM=xterm PAGER='sed s/^/wrong:/' GIT_PAGER='sed s/^/git:/' "$CLAUDEFS" diff
ok 'GIT_PAGER comes before PAGER' shows '^git:'
on_terminal TERM=xterm GIT_PAGER='sed s/^/wrong:/' CLAUDEFS_PAGER='sed s/^/own:/' "$CLAUDEFS" diff
ok 'CLAUDEFS_PAGER before both' shows '^own:'
for none in '' cat; do
  on_terminal TERM=xterm PAGER='sed s/^/wrong:/' GIT_PAGER="$none" "$CLAUDEFS" diff
  ok "a pager that is \"$none\" is none" hides 'wrong:'
  ok 'and the diff is there' shows 'hello'
done
# shellcheck disable=SC2016
on_terminal TERM=xterm PAGER='cat; echo "LESS=$LESS LV=$LV"' "$CLAUDEFS" diff
ok 'less is told to pass colours and to quit by itself' shows 'LESS=FRX LV=-c'
ok 'the diff is coloured in a pager' shows "$escape\\[32m\\+hello"
on_terminal TERM=xterm NO_COLOR=1 PAGER=cat\; "$CLAUDEFS" diff
ok 'and not with NO_COLOR' hides "$escape"
on_terminal TERM=xterm PAGER=/nonexistent/pager "$CLAUDEFS" diff
ok 'a pager that is not there is told by the shell, and hangs nothing' shows 'nonexistent'
need_tool less
on_terminal TERM=xterm "$CLAUDEFS" diff
ok 'with less, what fits is simply shown' shows 'hello'
on_terminal TERM=xterm PAGER='sed s/^/paged:/' "$CLAUDEFS" --json log
ok 'JSON is never paged' hides '^paged:'
on_terminal TERM=xterm PAGER='head -n 1' "$CLAUDEFS" log
ok 'a pager that is left early is no failure' equal 0 $?
PAGER='sed s/^/paged:/' call diff
ok 'a pipe is never paged' hides '^paged:'
"$CLAUDEFS" status >/dev/full 2>"$ERR"
CODE=$?
ok 'a full output is told' says 1 'standard output: No space left'
finish
