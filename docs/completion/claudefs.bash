# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# bash completion for claudefs: the program itself says what may stand there. Candidates may be names that
# a hostile session chose: they are only ever data here (no eval, no compgen -W, which would expand
# them), and are quoted when they are put on the line.
_claudefs() {
  local line value
  local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  # As typed, with backslashes; the program compares names.
  words=("${words[@]//\\/}")
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o default 2>/dev/null
      continue
    fi
    printf -v value '%q' "${line%%$'\t'*}"
    COMPREPLY+=("$value")
  done < <(claudefs complete -- "${words[@]}" 2>/dev/null)
}
complete -F _claudefs claudefs
