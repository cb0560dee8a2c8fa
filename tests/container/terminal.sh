#!/bin/bash
# SPDX-License-Identifier: MIT
# A terminal outside is a terminal in the agent's container: its size, resizing, keys, and its state afterwards.
# shellcheck disable=SC2016
. "$(dirname "$0")/container_lib.sh"
need_terminal
make_container_home
inside true
export TEST_TERM=screen

in_terminal() {
  local -a command
  mapfile -t command < <(printf '%s\n' "${AS[@]}" env -i "HOME=$HOME" PATH=/usr/local/bin:/usr/bin:/bin TERM=screen \
    "${RUN_ENV[@]}" "$PROGRAMS/launcher/claudefs-run" --runtime docker --image-root "$TEST_ROOT_IMAGE" --commit never \
    "$PROJECT" --exec bash --norc -c)
  terminal_start "$PROJECT" bash -c '"$@"; code=$?; stty -a | tr " ;" "\n\n" |
    grep -xE -- "-?(icanon|echo|isig|opost|icrnl)" >'"$WORK"'/settings; exit $code' bash "${command[@]}" "$1"
}
chmod 777 "$WORK"

# A read that times out in the middle of a line has taken its beginning: it is put together again. The size is asked
# for again and again, since the kernel signals just before it stores it.
in_terminal 'trap "resized=1" WINCH; tty; stty size; while :; do [ -z "$resized" ] || stty size; read -rt 0.1 x; y=$y$x; [ "$y" = end ] && exit 6; done'
ok 'the agent has a terminal' terminal_wait '^/dev/pts/[0-9]+$'
ok 'of the size of the outer one' terminal_wait '^40 120$'
terminal resize-window -x 99 -y 33
ok 'a new window size arrives' terminal_wait '^33 99$'
terminal_type end
ok 'a typed line arrives, and the exit code comes back' equal 6 "$(code terminal_end)"
in_terminal 'trap "exit 7" INT; echo waiting; while :; do sleep 0.1; done'
ok 'a program waits' terminal_wait waiting
terminal_key C-c
ok 'Ctrl-C reaches it as a signal' equal 7 "$(code terminal_end)"
ok 'the outer terminal is as before' equal 'echo icanon icrnl isig opost' "$(sort "$WORK/settings" | xargs)"
finish
