#!/bin/bash
# SPDX-License-Identifier: MIT
# The interactive CLI in a pseudo-terminal in the sandbox: screen, keys, a permission prompt, /exit; its
# prompt history arrives on the host, joined with what the host wrote meanwhile.
. "${CLAUDEFS_SOURCE:?}/tests/lib/load.sh"
need_claude
need_terminal
make_home
seed_home
start_api
# shellcheck disable=SC2034  # read by base_environment
TEST_TERM=screen-256color
# For an API key the interactive CLI asks first: the answers that the person gave on the host hold parts
# of keys, and are hidden.
# shellcheck disable=SC2034
TEST_CREDENTIAL=CLAUDE_CODE_OAUTH_TOKEN=dummy
mapfile -t environment < <(base_environment)
host_line='{"display":"before","pastedContents":{},"timestamp":1,"project":"'$PROJECT'","sessionId":"00000000-0000-4000-8000-000000000001"}'
printf '%s\n' "$host_line" >"$HOME/.claude/history.jsonl"

# The mode is named: newer versions answer permission prompts by themselves.
guard_home
terminal_start "$PROJECT" env -i "${environment[@]}" "$RUN_PROGRAM" --runtime native --network host "$PROJECT" \
  --permission-mode default
ok 'the CLI shows its prompt without asking questions' terminal_wait '^❯' 40
ok 'it sees the width of the terminal' test "$(terminal_screen | grep -ac '^─\{120\}$')" -ge 1
ok 'it does not complain of its installation' lacks_on_screen 'missing or broken|claude install'
terminal_text "[script:write file=$PROJECT/interactive.txt] please"
ok 'it asks before it writes' terminal_answer Enter 'Do you want to create'
meanwhile='{"display":"meanwhile","pastedContents":{},"timestamp":2,"project":"/elsewhere","sessionId":"00000000-0000-4000-8000-000000000002"}'
printf '%s\n' "$meanwhile" >>"$HOME/.claude/history.jsonl"
ok 'the answer is shown' terminal_answer Enter 'The file is written'
ok 'the file is in the project' equal 'written by the agent' "$(cat "$PROJECT/interactive.txt")"
terminal_text /exit
sleep 1
terminal_key Enter
ok '/exit ends it with 0' terminal_end 40
ok 'nothing is left on the alternate screen or of the sandbox' not pgrep -f "claudefs-mount.*$HOME"

history=$HOME/.claude/history.jsonl
ok 'the prompt is in the history on the host' contains "$history" interactive.txt
ok 'the line before the session is still there once' equal 1 "$(grep -cF -e "$host_line" "$history")"
ok 'the line that the host gained meanwhile is still there once' equal 1 "$(grep -cF -e "$meanwhile" "$history")"
ok 'no prompt is there twice' equal 1 "$(grep -cF 'interactive.txt' "$history")"
transcript=$(transcripts "$HOME/.claude" | tail -n 1)
ok 'the transcript is on the host' contains "$transcript" 'The file is written'
ok 'the journal verifies' review verify

# Once more, where the agent is interrupted by the person: Ctrl-C twice ends it too.
guard_home
terminal_start "$PROJECT" env -i "${environment[@]}" "$RUN_PROGRAM" --runtime native --network host "$PROJECT" \
  --permission-mode default
ok 'it starts again' terminal_wait '^❯' 40
terminal_key C-c
sleep 0.5
terminal_key C-c
ok 'Ctrl-C twice ends it' test "$(terminal_end 40; echo $?)" -ne 124
finish
