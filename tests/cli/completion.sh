# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2119,SC2016,SC2034,SC2001
# The completions in real shells: bash, zsh and fish. What they offer is what the tables say, and names that
# a hostile session chose are offered as names: nothing of them runs, neither when they are offered nor
# when the line with them is.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"
need_tool zsh
need_tool fish
need_terminal
scripts=$CLAUDEFS_SOURCE/docs/completion
mkdir -p "$WORK/bin" "$HOME/.claude"
ln -s "$CLAUDEFS" "$WORK/bin/claudefs"
ln -s "$CLAUDEFS_BUILD/launcher/claudefs-run" "$WORK/bin/claudefs-run"
export PATH=$WORK/bin:$PATH

make_session <<'END'
write plans/plain.md x
write plans/two\swords.md x
write plans/$(touch\sPWNED).md x
write plans/`touch\sPWNED`.md x
write plans/;touch\sPWNED;.md x
write plans/"quote'.md x
write plans/back\\slash.md x
write plans/line\nbreak\ttab.md x
write plans/escape\x1b]0;x\x07.md x
write plans/hidden\xe2\x80\xae.md x
write -rf x
write settings.json {}
END
first=$ID
make_session <<'END'
write agent-memory/other.md x
END

# offered WORD...: the values, one per line.
offered() {
  claudefs complete -- "$@" | cut -f1
}
call --json help
cp "$OUT" "$WORK/help.json"
names=$(for ((i = 0; i < $(value commands.#); i++)); do value "commands.$i.name"; done)
ok 'every command is offered' equal "$names" "$(offered '')"
ok 'by its beginning' equal 'show' "$(offered sh)"
globals=$("$CHECK" get options.# <"$WORK/help.json")
for ((i = 0; i < $(wc -l <<<"$names"); i++)); do
  options=$(for ((n = 0; n < $("$CHECK" get "commands.$i.options.#" <"$WORK/help.json"); n++)); do
    "$CHECK" get "commands.$i.options.$n.name" <"$WORK/help.json"; done
  for ((n = 0; n < globals; n++)); do "$CHECK" get "options.$n.name" <"$WORK/help.json"; done)
  name=$(sed -n "$((i + 1))p" <<<"$names")
  ok "all options of $name are offered" equal "$(sed 's/^/--/' <<<"$options")" "$(offered "$name" --)"
done
ok 'sessions are offered for --session' equal "$(claudefs --json sessions | grep -oE '"id": "[^"]*"' | cut -d'"' -f4)" \
  "$(offered --session '')"
ok 'the paths are those of the session on the line' equal 'agent-memory/other.md' "$(offered diff agent-m)"
hostile=$(offered -s "$first" diff plans/)
ok 'plain names are offered, whatever they mean to a shell' equal 7 "$(grep -c . <<<"$hostile")"
ok 'no control, no line break, nothing hidden' "$CHECK" safe <<<"$hostile"
make_session <<END
save .claude.json {"numStartups":1,"theme":"dark","tipsHistory":{"\xe2\x80\xae":1,"\$(touch\sPWNED)":2},"mcpServers":{"x":1}}
write projects/$ENCODED/11111111-2222-3333-4444-555555555555.jsonl {"uuid":"aaaa0001"}\n
END
ok 'keys that may be decided about are offered, if they can be typed' equal \
  $'numStartups\ntheme\ntipsHistory["$(touch PWNED)"]' "$(offered -s "$ID" approve --key '')"
ok 'and records' equal 'aaaa0001' "$(offered -s "$ID" reject --record a)"
pushes=$HOME/.local/state/claudefs/push/$ID
mkdir -p "$pushes"
chmod -R go-w "$HOME/.local/state/claudefs/push"
for i in 1 2; do
  printf '{"version":1,"state":"held","time_ns":1,"remote":"o","target":"/srv/\\u001b[2J","refs":[]}' >"$pushes/$i.json"
done
ok 'pushes are offered' equal $'push:1\npush:2' "$(offered -s "$ID" show pu)"
ok 'to those that decide, too' equal $'push:1\npush:2' "$(offered -s "$ID" reject push:)"
ok 'whatever their target is called' "$CHECK" safe <<<"$(claudefs complete -- -s "$ID" show pu)"
# in_bash WORD...: what bash would put in the place of the last word.
in_bash() {
  bash -c '. "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _claudefs; echo "${COMPREPLY[@]}"' - "$scripts/claudefs.bash" "$@"
}
ok 'bash completes behind a colon' equal '1 2' "$(in_bash claudefs -s "$ID" show push : '')"
ok 'and a number there' equal '2' "$(in_bash claudefs -s "$ID" show push : 2)"
ok 'and in front of it' equal 'push:1 push:2' "$(in_bash claudefs -s "$ID" show pu)"
ok 'nothing that is an option' equal '' "$(offered -s "$first" diff -r)"
ok 'values of --color' equal 'always auto never' "$(offered --color '' | tr '\n' ' ' | sed 's/ $//')"
ok 'files for rules' equal ':files' "$(offered rules check x)"
ok 'nothing is said where there is nothing' equal '' "$(cd / && HOME=$WORK/empty claudefs complete -- diff '' 2>&1)"

# bash: the function as readline calls it, then the line that comes of it.
bash_offers() {
  bash --norc -c '. "$1/claudefs.bash"; . "$1/claudefs-run.bash"; shift; f=$1; shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "$f"; printf "%s\n" "${COMPREPLY[@]}"' bash "$scripts" "$@"
}
ok 'bash offers the commands' equal "$names" "$(bash_offers _claudefs claudefs '')"
bash_offers _claudefs claudefs -s "$first" diff plans/ >"$WORK/offers"
ok 'bash offers each path as one word of a line' equal "$hostile" \
  "$(while IFS= read -r line; do bash --norc -c "printf '%s\n' $line"; done <"$WORK/offers")"
ok 'bash offers what was typed with backslashes' equal 'plans/two\ words.md' \
  "$(bash_offers _claudefs claudefs -s "$first" diff 'plans/two\ w')"
help_options=$(claudefs-run --help | grep -oE '^  --[a-z-]+' | tr -d ' ')
ok 'claudefs-run has options' test "$(wc -l <<<"$help_options")" -gt 10
ok 'bash offers those of claudefs-run' equal "$help_options" "$(bash_offers _claudefs_run claudefs-run --)"
ok 'and their values' equal 'auto ask never' "$(bash_offers _claudefs_run claudefs-run --commit '' | tr '\n' ' ' | sed 's/ $//')"

# fish: as its own completion engine says.
fish_offers() {
  fish --no-config -c "source $scripts/claudefs.fish; source $scripts/claudefs-run.fish; complete -C \"\$argv[1]\"" "$1" | cut -f1
}
ok 'fish offers the commands' equal "$(sort <<<"$names")" "$(fish_offers 'claudefs ' | sort)"
ok 'fish offers the paths' equal "$(sort <<<"$hostile")" "$(fish_offers "claudefs -s $first diff plans/" | sort)"
ok 'fish offers the options of claudefs-run' equal "$(sort <<<"$help_options")" "$(fish_offers 'claudefs-run --' | sort)"
ok 'and their values' equal 'ask auto never' "$(fish_offers 'claudefs-run --commit ' | sort | tr '\n' ' ' | sed 's/ $//')"

# Interactive shells, as a person uses them: the candidate goes on the line, and the line is run.
cat >"$WORK/bin/argument" <<'END'
#!/bin/sh
printf '%s\n' "$@" >"$HOME/argument"
END
chmod +x "$WORK/bin/argument"
# typed SHELL-COMMAND...: completes, runs the line with `argument` for claudefs, and leaves.
typed() {
  local what=$1 letters=$2
  shift 2
  rm -f "$HOME/argument"
  TERM=screen terminal_start "$PROJECT" "$@"
  terminal_wait 'ready>' >/dev/null || return 1
  terminal_text "argument -s $first diff $letters"
  terminal_key Tab
  terminal_wait "$what" >/dev/null || { terminal_screen; terminal kill-server; return 1; }
  terminal_key Enter
  local i
  for ((i = 0; i < 100; i++)); do
    [ -s "$HOME/argument" ] && break
    sleep 0.1
  done
  terminal kill-server
  tail -n 1 "$HOME/argument"
}
cat >"$WORK/bashrc" <<END
. $scripts/claudefs.bash
complete -F _claudefs argument
bind 'set enable-bracketed-paste off'
PS1='ready> '
END
mkdir -p "$WORK/zsh"
cat >"$WORK/zsh/.zshrc" <<END
fpath=($scripts \$fpath)
autoload -Uz compinit
compinit -u -d $WORK/zcompdump
compdef _claudefs argument
unsetopt zle_bracketed_paste
PS1='ready> '
END
ok 'bash puts a substitution on the line as a name' equal 'plans/$(touch PWNED).md' \
  "$(typed 'PWNED' 'plans/\$' bash --rcfile "$WORK/bashrc" -i)"
ok 'zsh too' equal 'plans/$(touch PWNED).md' "$(typed 'PWNED' 'plans/\$' env ZDOTDIR="$WORK/zsh" zsh -i)"
ok 'zsh puts backquotes on the line as a name' equal 'plans/`touch PWNED`.md' \
  "$(typed 'PWNED' 'plans/\`' env ZDOTDIR="$WORK/zsh" zsh -i)"
ok 'zsh offers the options of claudefs-run' equal "$(sort <<<"$help_options")" "$(
  zsh -fc 'compadd() { print -rl -- ${(P)@[-1]} }
    words=(claudefs-run --); CURRENT=2; source '"$scripts"'/_claudefs-run' | sort)"
cp "$WORK/bin/argument" "$WORK/keep"
mkdir -p "$HOME/.config/fish"
cat >"$HOME/.config/fish/config.fish" <<END
source $scripts/claudefs.fish
complete -c argument -f -a '(__claudefs_complete)'
function fish_prompt; printf 'ready> '; end
function fish_greeting; end
END
ok 'fish too' equal 'plans/$(touch PWNED).md' "$(typed 'PWNED' 'plans/\$' fish)"
ok 'nothing of a name ever ran' equal '' "$(find "$TEST_ROOT" -name 'PWNED*' -not -path '*/objects/*')"

# Where each shell looks for them.
for file in share/bash-completion/completions/claudefs share/bash-completion/completions/claudefs-run \
  share/zsh/site-functions/_claudefs share/zsh/site-functions/_claudefs-run \
  share/fish/vendor_completions.d/claudefs.fish share/fish/vendor_completions.d/claudefs-run.fish; do
  ok "meson installs $file" grep -qF "/$file\"" "$CLAUDEFS_BUILD/meson-info/intro-installed.json"
done
finish
