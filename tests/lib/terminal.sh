# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A real terminal for interactive programs: tmux on a socket of the test's own. Sourced by bash after
# home.sh and claude.sh.

need_terminal() {
  need_tool tmux
}

terminal() {
  tmux -S "$WORK/tmux" -f /dev/null "$@"
}

# terminal_start DIR COMMAND...: in a 120x40 terminal; its exit code goes to $WORK/terminal.code. The
# server of the terminal before may be about to end ("server exited unexpectedly"): then once more.
terminal_start() {
  local dir=$1 command try
  shift
  printf -v command '%q ' "$@"
  rm -f "$WORK/terminal.code"
  for try in 1 2 3 4 5; do
    terminal new-session -d -x 120 -y 40 -c "$dir" "$command; echo \$? >$WORK/terminal.code" && return 0
    sleep "0.$try"
  done
  return 1
}

terminal_screen() {
  terminal capture-pane -p 2>/dev/null | grep -av '^ *$'
}

# lacks_on_screen PATTERN: for ok.
lacks_on_screen() {
  ! terminal_screen | grep -aE -e "$1"
}

# terminal_wait PATTERN [SECONDS]: until the screen shows an extended regular expression.
terminal_wait() {
  local i
  for ((i = 0; i < ${2:-30} * 5; i++)); do
    terminal_screen | grep -qaE -e "$1" && return 0
    [ ! -s "$WORK/terminal.code" ] || break
    sleep 0.2
  done
  echo "the terminal never showed: $1"
  terminal_screen
  return 1
}

# terminal_text TEXT: as a person types, without Enter. terminal_type: with it; the pause keeps the text
# from counting as a paste.
terminal_text() {
  terminal send-keys -l -- "$1"
}
terminal_type() {
  terminal_text "$1"
  sleep 0.5
  terminal send-keys Enter
}

terminal_key() {
  terminal send-keys "$@"
}

# terminal_answer KEY PATTERN: presses the key, until the screen shows the pattern. A key that changed
# nothing is pressed again: what was typed just before may make it part of a paste, and a dialog that has
# just appeared does not listen yet, so that nobody confirms it by accident.
terminal_answer() {
  local i before
  for ((i = 0; i < 6; i++)); do
    sleep 1
    before=$(terminal_screen)
    terminal_key "$1"
    terminal_wait "$2" 4 >/dev/null && return 0
    [ "$(terminal_screen)" = "$before" ] || break
  done
  terminal_wait "$2" 30
}

# terminal_end [SECONDS]: waits for the program's end; its exit code is the result.
terminal_end() {
  local i
  for ((i = 0; i < ${1:-30} * 5; i++)); do
    # As in terminal_answer: an Enter may have been lost.
    [ $((i % 25)) -ne 24 ] || terminal send-keys Enter 2>/dev/null
    [ -s "$WORK/terminal.code" ] && return "$(cat "$WORK/terminal.code")"
    sleep 0.2
  done
  echo "the program in the terminal did not end"
  terminal_screen
  terminal kill-server
  return 124
}
