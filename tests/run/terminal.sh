#!/bin/bash
# SPDX-License-Identifier: MIT
# A terminal outside is a terminal inside: its name, size, resizing, keys, and its state afterwards.
# shellcheck disable=SC2016  # the scripts are for shells inside
. "$(dirname "$0")/run_lib.sh"
need_terminal
make_run_home
export TEST_TERM=screen

# in_terminal SCRIPT: starts it in a sandbox in a terminal, then shows the outer terminal's settings.
in_terminal() {
  local -a command
  mapfile -t command < <(printf '%s\n' "${AS[@]}" env -i "HOME=$HOME" PATH=/usr/bin:/bin TERM=screen \
    "$PROGRAMS/launcher/claudefs-run" --runtime native --network none --commit never "$PROJECT" --exec bash --norc -c)
  terminal_start "$PROJECT" bash -c '"$@"; code=$?; read -rt "${HOLD:-0}" x; stty -a | tr " ;" "\n\n" |
    grep -xE -- "-?(icanon|echo|isig|opost|icrnl)" >'"$WORK"'/settings; exit $code' bash "${command[@]}" "$1"
}
chmod 777 "$WORK"

in_terminal 'tty; stty size; exit 5'
ok 'the exit code passes through a terminal' equal 5 "$(code terminal_end)"
in_terminal 'tty; stty size; tty </dev/tty; read -r x'
ok 'the terminal has a name inside' terminal_wait '^/dev/pts/0$'
ok 'it has the size of the outer one' terminal_wait '^40 120$'
ok 'it is the controlling terminal' terminal_wait '^/dev/tty$'
terminal_type x
ok 'a typed line arrives' equal 0 "$(code terminal_end)"
settings='isig icanon echo icrnl opost'
sorted() {
  tr -s ' ' '\n' <<<"$1" | sort | tr '\n' ' '
}
ok 'the outer terminal is as before' equal "$(sorted "$settings")" "$(sorted "$(cat "$WORK/settings")")"

# A read that times out in the middle of a line has taken its beginning: it is put together again. The size is asked
# for again and again, since the kernel signals just before it stores it.
in_terminal 'trap "resized=1" WINCH; echo waiting; while :; do [ -z "$resized" ] || stty size; read -rt 0.1 x; y=$y$x; [ "$y" = end ] && exit 0; done'
ok 'a program waits' terminal_wait waiting
terminal resize-window -x 99 -y 33
ok 'a new window size arrives' terminal_wait '^33 99$'
terminal_type end
ok 'and it goes on' equal 0 "$(code terminal_end)"

in_terminal 'trap "echo interrupted; exit 7" INT; echo waiting; while :; do sleep 0.1; done'
ok 'a program waits for Ctrl-C' terminal_wait waiting
terminal_key C-c
ok 'Ctrl-C reaches it as a signal' equal 7 "$(code terminal_end)"

in_terminal 'stty raw -echo; echo waiting; kill -SEGV $$'
terminal_end >/dev/null
ok 'a crash inside is 139' equal 139 "$(cat "$WORK/terminal.code")"
ok 'and leaves the outer terminal as before' equal "$(sorted "$settings")" "$(sorted "$(cat "$WORK/settings")")"

in_terminal 'stty raw -echo; echo $$ waiting; sleep 4321'
ok 'a program sleeps' terminal_wait waiting
pid=$(ours | while read -r p; do grep -q run "/proc/$p/comm" && echo "$p"; done | head -n 1)
kill -TERM "$pid"
terminal_end >/dev/null
ok 'SIGTERM to claudefs-run leaves the outer terminal as before' equal "$(sorted "$settings")" "$(sorted "$(cat "$WORK/settings")")"

HOLD=30 in_terminal 'stty raw -echo; echo $$ waiting; sleep 4321'
ok 'a program sleeps again' terminal_wait waiting
pid=$(ours | while read -r p; do grep -q run "/proc/$p/comm" && echo "$p"; done | head -n 1)
ok 'meanwhile the outer terminal is raw' contains <(stty -a -F "$(terminal display -p '#{pane_tty}')") -icanon
tty=$(terminal display -p '#{pane_tty}')
kill -KILL "$pid"
# Here the shell does not do it (only an interactive one would): it is still reading.
ok 'kill -9 of claudefs-run leaves nothing of it' wait_until none_of_ours
ok 'and the outer terminal is no longer raw' wait_until sh -c 'stty -a -F "$1" | grep -qE "(^| )icanon"' sh "$tty"
terminal_type x
terminal_end >/dev/null
ok 'but as before' equal "$(sorted "$settings")" "$(sorted "$(cat "$WORK/settings")")"

in_terminal 'kill -STOP $$; echo awake; read -r x'
ok 'a stopped agent is woken: nobody else could' terminal_wait awake
terminal_type x
terminal_end >/dev/null

mapfile -t seq < <(printf '%s\n' "${AS[@]}" env -i "HOME=$HOME" PATH=/usr/bin:/bin TERM=screen \
  "$PROGRAMS/launcher/claudefs-run" --runtime native --network none --commit never "$PROJECT" --exec seq 50000)
terminal_start "$PROJECT" bash -c '"$@" 2>/dev/null; read -r x' bash "${seq[@]}"
ok 'much output arrives to its end, although the program is gone' terminal_wait '^50000$'
terminal_type x
terminal_end >/dev/null

# The last bytes are read after the program's end was: a stopped claudefs-run sees both at once.
HOLD=30 in_terminal 'echo begun; until [ -e write ]; do sleep 0.1; done; seq 1000 1500'
ok 'a program is about to write' terminal_wait begun
pid=$(ours | while read -r p; do grep -q run "/proc/$p/comm" && echo "$p"; done | head -n 1)
kill -STOP "$pid"
touch "$PROJECT/write" && own
# has_ended: its first process is one that only claudefs-run can collect.
has_ended() {
  local child
  for child in $(pgrep -P "$pid" -x claudefs-init); do
    grep -q '^State:.Z' "/proc/$child/status" && return 0
  done
  return 1
}
ok 'it wrote and ended, while claudefs-run could not read' wait_until has_ended
ok 'so nothing of it is to be seen' lacks_on_screen '^1[0-9]{3}$'
kill -CONT "$pid"
ok 'nothing is lost of what it wrote last' terminal_wait '^1500$'
terminal_type x
terminal_end >/dev/null

# A shell may take its terminal as the controlling one by itself; other programs do not.
mapfile -t dd < <(printf '%s\n' "${AS[@]}" env -i "HOME=$HOME" PATH=/usr/bin:/bin TERM=screen \
  "$PROGRAMS/launcher/claudefs-run" --runtime native --network none --commit never "$PROJECT" --exec dd if=/dev/tty of=/dev/null count=0)
terminal_start "$PROJECT" "${dd[@]}"
ok 'any program has it as the controlling terminal' equal 0 "$(code terminal_end)"

# --shell on a terminal.
mapfile -t shell < <(printf '%s\n' "${AS[@]}" env -i "HOME=$HOME" PATH=/usr/bin:/bin TERM=screen \
  "$PROGRAMS/launcher/claudefs-run" --runtime native --network none --commit never "$PROJECT" --shell)
terminal_start "$PROJECT" "${shell[@]}"
# shellcheck disable=SC2016
terminal_type 'echo "sandbox=$IS_SANDBOX job=$-"'
ok '--shell is an interactive shell in the sandbox' terminal_wait '^sandbox=1 job=.*i'
terminal_type 'exit 4'
ok 'and its exit code passes through' equal 4 "$(code terminal_end)"
finish
