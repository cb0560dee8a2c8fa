# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119
# Nothing from a journal, a file name, a content or an argument reaches the terminal raw: no control,
# C1, bidirectional, invisible or invalid byte, in text and in JSON, on stdout and on stderr.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

# The check itself sees what it is for.
for bytes in '\x1b[2J' '\x07' 'a\rb' '\x7f' '\xc2\x9b31m' '\xe2\x80\xae' '\xe2\x80\x8b' '\xf3\xa0\x80\x81' '\xff' '\xed\xa0\x80'; do
  # shellcheck disable=SC2059
  printf "x $bytes y\n" >"$OUT"
  ok "the check sees $bytes" not "$CHECK" safe <"$OUT"
done

nasty='a\x1b]0;owned\x07\x1b[2Jb\xc2\x9b31mc\xe2\x80\xaed\xe2\x80\x8be\xf3\xa0\x80\x81f\x7fg\xffh\ni'
PROJECT=$(printf '%s/proj\033[31m\342\200\256' "$HOME")
mkdir -p "$PROJECT" "$HOME/.claude/memory"
cd "$PROJECT" || exit 1
printf 'host \033[2J\n' >"$HOME/.claude/$(printf 'gone\033[1m')"
make_session --command "$(printf 'claude \033[5m')" <<END
process /usr/bin/cl\x1b[31maude 4711 claude\s\x1b[2J\s-p
write $nasty $nasty
write agent-memory/$nasty $nasty$nasty
append agent-memory/$nasty more$nasty
rm gone\x1b[1m
mv agent-memory/$nasty agent-memory/moved$nasty
refuse sym$nasty $nasty 1 to$nasty
refuse mknod skills/$nasty 9999
unsealed agent-memory/loose$nasty $nasty
crash
END
first=$ID
sed -i 's/"ended": null/"ended": "signal\\u001b[2J"/' "$SESSION_DIR/manifest.json"

safe() {
  local output
  for output in "$OUT" "$ERR"; do
    [ ! -s "$output" ] || "$CHECK" safe <"$output" || return 1
  done
}
for command in status 'status --all' sessions log diff 'diff --all' 'diff --stat --all' 'diff --name-only --all' verify; do
  # shellcheck disable=SC2086
  call $command
  ok "'$command' is safe" safe
  ok "'$command' succeeds" equal 0 "$CODE"
done
# What is escaped is seen, not dropped.
call log
ok 'an escape is shown as text' shows 'a\\x1b\]0;owned\\x07'
ok 'so is a bidirectional override' shows '\\u\{202e\}'
ok 'so is an invalid byte' shows '\\xff'
ok 'so is a newline in a name' shows 'h\\ni'

for command in status sessions 'diff --all' 'diff --stat --all' verify; do
  # shellcheck disable=SC2086
  call --json $command
  ok "'--json $command' is strict JSON in printable ASCII" "$CHECK" json <"$OUT"
done
call --json log
ok "'--json log' is so line by line" "$CHECK" json-lines <"$OUT"
call --json status
ok 'a name that is not UTF-8 has its exact bytes beside it' shows '"path_hex": "611b5d30'

path=$(printf "agent-memory/moved%b" "$nasty")
call --json show "$path"
ok "'--json show' of bytes is strict" "$CHECK" json <"$OUT"
ok 'as base64' value_is base64 encoding
call show "$path"
ok "show into a pipe gives the exact bytes" equal "$(printf "%b%bmore%b" "$nasty" "$nasty" "$nasty" | od -An -vtx1)" "$(od -An -vtx1 <"$OUT")"
call why "$path"
ok "why is safe" safe
call --json why "$path"
ok "'--json why' is strict" "$CHECK" json <"$OUT"

bad=$(printf 'x\033[2J\302\233\342\200\256\377')
for words in "$bad" "status $bad" "--$bad" "-$bad" "--session $bad status" "--color $bad status" "diff $bad" \
  "show $bad" "why ../$bad" "rules check $bad" "rules $bad" "help $bad" "commit --only $bad"; do
  # shellcheck disable=SC2086
  call $words
  ok "complaints are safe: ${words//[![:alnum:] -]/?}" "$CHECK" safe <"$ERR"
done
mkdir -p "$HOME/.config/claudefs/rules.d"
printf '[{"path": "a%s"]' "$bad" >"$HOME/.config/claudefs/rules.d/$bad.json"
call rules list
ok 'so are those about rule files' "$CHECK" safe <"$ERR"
call doctor
ok 'and doctor' safe
rm -r "$HOME/.config"

if command -v script >/dev/null; then
  # On a terminal: what show prints there is text, with colours as the only escapes.
  for command in "status" "log" "diff --all" "show $path"; do
    word=${command#show }
    if [ "$word" != "$command" ]; then words=(show "$word"); else read -ra words <<<"$command"; fi
    printf -v quoted '%q ' env TERM=xterm-256color "$CLAUDEFS" --no-pager --session "$first" "${words[@]}"
    SHELL=/bin/bash script -qec "$quoted" /dev/null </dev/null | tr -d '\r' >"$OUT"
    ok "on a terminal only colours are escapes: ${command%% *}" "$CHECK" safe color <"$OUT"
    ok "and what was planted is seen as text: ${command%% *}" shows '\\x1b\[(2J|31m)|host \\x1b'
  done
fi
finish
