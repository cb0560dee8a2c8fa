# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# The whole review as a person does it, in a real terminal of 80 and of 40 columns: status, diff, approve
# -p by hunk and by record, commit -i, undo; with names and contents that would like to speak to the terminal themselves.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/lib/terminal.sh"
need_tool tmux
export SHELL=/bin/bash PAGER=cat TERM=xterm-256color

claude=$HOME/.claude
own=projects/$ENCODED
# A title, a colour that stays, a cursor that jumps, a line that overwrites itself, a reversed name.
evil='\x1b]0;PWNED\x07\x1b[31mred\x1b[2J\x1b[H\rover\xe2\x80\xaewritten'
prepare() {
  rm -rf "$claude"
  mkdir -p "$claude/plans" "$claude/$own/memory"
  seq 1 30 >"$claude/plans/plan.md"
  local text
  text=$(seq 1 30 | sed "s/^3$/three $evil/; s/^25$/twenty-five/; s/ /\\\\s/g" | sed 's/$/\\n/' | tr -d '\n')
  make_session <<END
write plans/plan.md $text
write $own/memory/note.md remember\s$evil\n
write plans/$(printf 'n%.0s' {1..120}).md long\n
write agent-memory/a\xe2\x80\xaeb.md x\n
write CLAUDE.md evil\n
write $own/11111111-2222-3333-4444-555555555555.jsonl {"uuid":"aaaa0001","cwd":"/elsewhere","text":"\xe2\x80\xae\xc2\x9b31m"}\n{"uuid":"bbbb0002","cwd":"/elsewhere"}\n
END
}

# Lines that the terminal broke are one line.
terminal_screen() {
  terminal capture-pane -p -J 2>/dev/null | grep -av '^ *$'
}
# A shell of its own, so that the answers stand where a person types them.
# type_line TEXT PATTERN: types it with Enter, and waits until the screen shows the pattern.
type_line() {
  terminal_text "$1"
  terminal send-keys Enter
  terminal_wait "$2" 30
}
run() {
  terminal send-keys C-l
  type_line "clear; $1; echo done:\$?:" "${2:-done:[0-9]+:}"
}
# All bytes that the terminal was sent so far; none of the session's that it would act upon. (Its own
# colours, and those of clear, are others.)
tame() {
  lacks $'\x1b\\]0;PWNED|\x1b\\[31mred|\x1b\\[Hr|\xe2\x80\xae|\x07' "$WORK/raw"
}
title() {
  terminal display-message -p '#{pane_title}'
}

for columns in 80 40; do
  prepare
  terminal_start "$PROJECT" env "PS1=> " "PATH=$(dirname "$CLAUDEFS"):$PATH" bash --norc --noprofile -i
  terminal set-option -g window-size manual
  terminal resize-window -x "$columns" -y 150
  rm -f "$WORK/raw"
  terminal pipe-pane "cat >$WORK/raw"
  ok "$columns: the shell is there" terminal_wait '^>' 20
  ok "$columns: status tells what needs approval" run 'claudefs status' 'needs approval \(4\)'
  ok "$columns: and what to type next" terminal_wait 'next: claudefs diff' 10
  ok "$columns: diff shows the hunks" run 'claudefs diff' '\+twenty-five'
  ok "$columns: with the escapes as text" terminal_wait 'x1b\]0;PWNED' 10
  ok "$columns: nothing of it reached the terminal" tame
  ok "$columns: nor its title" not equal PWNED "$(title)"

  ok "$columns: approve -p asks" run 'claudefs approve -p plans/plan.md' '\(1/2\) approve this hunk'
  ok "$columns: ? helps" type_line '?' 'split|see the next open one'
  ok "$columns: n goes on" type_line n '\(2/2\) approve this hunk'
  ok "$columns: k goes back only to what is open" type_line k 'k: not here|\(2/2\)'
  ok "$columns: y ends it" type_line y '1 approved, 1 rejected'
  ok "$columns: status says so" run 'claudefs status' 'partly decided'
  ok "$columns: approve -p asks about records" run "claudefs approve -p $own/1*" '\(1/2\) approve this record'
  ok "$columns: g lists them" type_line g 'go to which one'
  ok "$columns: and goes to one" type_line 2 '\(2/2\) approve this record'
  ok "$columns: y takes that" type_line y '\(1/2\) approve this record'
  ok "$columns: n leaves the other" type_line n '1 approved, 1 rejected'
  ok "$columns: commit -i asks about the others" run 'claudefs commit -i' '\(1/2\) commit this change'
  ok "$columns: d shows it again" type_line d 'commit this change'
  ok "$columns: y takes one" type_line y '\(2/2\) commit this change'
  ok "$columns: q leaves the other" type_line q 'done:0:'
  ok "$columns: the approved hunk is on the host" equal twenty-five "$(sed -n 25p "$claude/plans/plan.md")"
  ok "$columns: the rejected one is not" equal 3 "$(sed -n 3p "$claude/plans/plan.md")"
  ok "$columns: the approved record is, alone" equal 'bbbb0002' \
    "$(grep -oE '(aaaa|bbbb)[0-9]+' "$claude/$own/11111111-2222-3333-4444-555555555555.jsonl")"
  ok "$columns: and nothing reached the terminal" tame
  ok "$columns: undo takes it back" run 'claudefs undo' 'undid [0-9] changes'
  ok "$columns: the plan is as it was" equal "$(seq 1 30)" "$(cat "$claude/plans/plan.md")"
  ok "$columns: discard asks" run 'claudefs discard' '\[y/N\]'
  ok "$columns: and n keeps all" type_line n 'nothing was discarded'
  ok "$columns: the end of the input is a no" run 'claudefs commit -i </dev/null' 'done:0:'
  # The control: what the session wrote, raw.
  ok "$columns: such bytes would be noticed" run "cat $SESSION_DIR/objects/*"
  ok "$columns: by the recording" not tame
  ok "$columns: and by the title" equal PWNED "$(title)"
  terminal_type exit
  ok "$columns: the shell ends" terminal_end 20
done
finish
