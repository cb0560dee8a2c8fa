# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# bash completion for claudefs-run, from its own help, which is printed from its table of options.
_claudefs_run() {
  local line option argument previous=${COMP_WORDS[COMP_CWORD - 1]} current=${COMP_WORDS[COMP_CWORD]}
  local -a options=() values=()
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $line =~ ^\ \ (--[a-z-]+)\ ?([^ ]*)\ + ]] || continue
    option=${BASH_REMATCH[1]}
    argument=${BASH_REMATCH[2]}
    options+=("$option")
    [[ $option == "$previous" && $argument == *'|'* ]] && IFS='|' read -ra values <<<"$argument"
  done < <(claudefs-run --help 2>/dev/null)
  if [ "${#values[@]}" -eq 0 ] && [[ $current == -* ]]; then
    values=("${options[@]}")
  fi
  for option in "${values[@]}"; do
    [[ $option == "$current"* ]] && COMPREPLY+=("$option")
  done
  [ "${#values[@]}" -gt 0 ] || compopt -o default 2>/dev/null
  return 0
}
complete -F _claudefs_run claudefs-run
