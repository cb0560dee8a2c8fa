# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# bash completion for claudefs: the program itself says what may stand there. Candidates may be names that
# a hostile session chose: they are only ever data here (no eval, no compgen -W, which would expand
# them), and are quoted when they are put on the line.
_claudefs() {
  local line value word glue='' last='' begun=''
  local -a words=()
  COMPREPLY=()
  # bash takes "push:1" for three words, and wants back what stands behind the last colon.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    # Not words[-1]: the bash of macOS knows none.
    if [[ -n $glue || $word == : ]] && [ "${#words[@]}" -gt 0 ]; then
      last+=$word
      words[${#words[@]} - 1]=$last
    else
      last=$word
      words+=("$word")
    fi
    glue=${word##*[!:]}
  done
  [[ $COMP_WORDBREAKS != *:* || $last != *:* ]] || begun=${last%:*}:
  # As typed, with backslashes; the program compares names.
  words=("${words[@]//\\/}")
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o default 2>/dev/null
      continue
    fi
    printf -v value '%q' "${line%%$'\t'*}"
    COMPREPLY+=("${value#"$begun"}")
  done < <(claudefs complete -- "${words[@]}" 2>/dev/null)
}
complete -F _claudefs claudefs
