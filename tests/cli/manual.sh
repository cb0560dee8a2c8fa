# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The manual page and the help say what the tables say: commands, options, exit codes.
set -u
# shellcheck disable=SC1091
. "${CLAUDEFS_SOURCE:?}/tests/cli/lib.sh"

page=$CLAUDEFS_SOURCE/docs/man/claudefs.1.scd
call --json help
ok 'help --json is strict' "$CHECK" json <"$OUT"
cp "$OUT" "$WORK/help.json"
names=()
for ((i = 0; i < $(value commands.#); i++)); do
  names+=("$(value "commands.$i.name")")
done
ok 'the commands are in alphabetical order' equal "$(printf '%s\n' "${names[@]}" | LC_ALL=C sort)" \
  "$(printf '%s\n' "${names[@]}")"
ok 'the manual has exactly these commands' equal "$(printf '%s\n' "${names[@]}")" \
  "$(sed -n '/^# COMMANDS/,/^# EXIT/p' "$page" | grep -oE '^\*[a-z]+\*' | tr -d '*')"
ok 'and the shape of the JSON of each' equal "$(printf '%s\n' "${names[@]}")" \
  "$(sed -n '/^The commands:/,/^# ENV/p' "$page" | grep -oE '^[a-z]+ ' | tr -d ' ')"

# options JSON_PATH: each option's name.
options() {
  local n
  for ((n = 0; n < $("$CHECK" get "$1.#" <"$WORK/help.json"); n++)); do
    "$CHECK" get "$1.$n.name" <"$WORK/help.json"
  done
}
# section NAME: what the manual says of a command.
section() {
  sed -n "/^\*$1\*/,/^\*[a-z]*\*/p" "$page" | sed '1b;/^\*[a-z]*\*/d'
}
for ((i = 0; i < ${#names[@]}; i++)); do
  for option in $(options "commands.$i.options"); do
    section "${names[i]}" >"$OUT"
    ok "the manual tells --$option of ${names[i]}" shows "^"$'\t'"(\*-.\*, )?\*--$option\*"
  done
  call help "${names[i]}"
  ok "help of ${names[i]} begins with its usage" shows "^usage: claudefs ${names[i]}"
  cp "$OUT" "$WORK/text"
  call "${names[i]}" --help
  ok "${names[i]} --help is the same" cmp "$OUT" "$WORK/text"
done
sed -n '/^# OPTIONS/,/^# COMMANDS/p' "$page" >"$OUT"
for option in $(options options); do
  ok "the manual tells the global option --$option" contains "$OUT" "*--$option*"
done

# "EXIT_NO_SESSION = 4," against "|  4" followed by ":  NO\_SESSION".
codes() {
  sed -nE 's/^\tEXIT_([A-Z_]+) = ([0-9]+),.*/\2 \1/p' "$CLAUDEFS_SOURCE/fs/base/message.h"
}
ok 'the manual has exactly the exit codes of the programs' equal "$(codes)" \
  "$(sed -n '/^# EXIT/,/^# JSON/p' "$page" | sed 's/[\\]//g' | sed -nE '/^\|  [0-9]/{N;s/^\|  ([0-9]+)\n:  (.*)/\1 \2/p}')"
if command -v scdoc >/dev/null; then
  ok 'scdoc takes it' scdoc <"$page"
fi
# claudefs-run(1): every option that its help prints from its table, and no option that the table has not.
run_page=$CLAUDEFS_SOURCE/docs/man/claudefs-run.1.scd
"$CLAUDEFS_BUILD/launcher/claudefs-run" --help >"$OUT"
told=$(sed -n '/^# OPTIONS/,/^# THE SANDBOX/p' "$run_page" | grep -E '^\*-' | grep -oE '\*--[a-z-]+\*' | tr -d '*')
ok 'the manual of claudefs-run tells options' test "$(wc -l <<<"$told")" -gt 10
for option in $(grep -oE '^  --[a-z-]+' "$OUT" | tr -d ' '); do
  ok "the manual of claudefs-run tells $option" grep -qxF -e "$option" <<<"$told"
done
for option in $told; do
  ok "claudefs-run knows $option" grep -qrF "\"$option" "$CLAUDEFS_SOURCE/launcher"
done
# claudefs-rules(5) and claudefs-journal(5): the words of the formats.
words_of() {
  sed -nE "s/^.*case $2[A-Z_]*: return \"([a-z-]+)\";.*/\1/p; s/^.*\[$2[A-Z_]*\] = \"([a-z_-]+)\".*/\1/p" "$CLAUDEFS_SOURCE/$1" | sort -u
}
rules_page=$CLAUDEFS_SOURCE/docs/man/claudefs-rules.5.scd
for word in $(words_of fs/policy/rules.c RULE_) path read write merge filter why; do
  ok "claudefs-rules(5) tells $word" grep -qE "^"$'\t'"*\*$word\*" "$rules_page"
done
ok 'it knows the words of the code' test "$(words_of fs/policy/rules.c RULE_ | wc -l)" -ge 12
ok 'and has the hazards' equal "$(sed -nE 's/.*= \{ "(HZ-[A-Z]+)", "(.*)" \},/\1 \2/p' "$CLAUDEFS_SOURCE/fs/review/hazards.c" | tr '[:upper:]' '[:lower:]')" \
  "$(sed -nE '/^\*HZ-/{N;s/^\*(HZ-[A-Z]+)\*\n\t(.*)\.$/\1 \2/p}' "$rules_page" | tr '[:upper:]' '[:lower:]')"
journal_page=$CLAUDEFS_SOURCE/docs/man/claudefs-journal.5.scd
# shellcheck disable=SC2016
types=$(sed -nE 's/^\| [0-9]+ \| `([a-z_]+)` \| .*\|.*\|$/\1/p' <(sed -n '/^### Records/,/^## How/p' "$CLAUDEFS_SOURCE/docs/JOURNAL-FORMAT.md"))
ok 'the format has records' test "$(wc -w <<<"$types")" -eq 17
for type in $types; do
  ok "claudefs-journal(5) tells $type" grep -qE "^(\*[a-z_]+\*, )*\*$type\*" "$journal_page"
done
if command -v scdoc >/dev/null; then
  for file in claudefs-run.1 claudefs-rules.5 claudefs-journal.5; do
    ok "scdoc takes $file" scdoc <"$CLAUDEFS_SOURCE/docs/man/$file.scd"
  done
fi
call --version
ok 'the version is told' shows '^claudefs [0-9]+\.[0-9]+\.[0-9]+$'
call --help
ok 'the overview lists every command' equal "$(printf '%s\n' "${names[@]}")" \
  "$(sed -n '/^commands:/,/^options:/p' "$OUT" | grep -oE '^  [a-z]+' | tr -d ' ')"
finish
