# SPDX-License-Identifier: MIT
# fish completion for claudefs-run, from its own help, which is printed from its table of options.
function __claudefs_run_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l options
    set -l values
    for line in (claudefs-run --help 2>/dev/null)
        set -l parts (string match -r -- '^  (--[a-z-]+) ?([^ ]*) +(.*)$' $line)
        or continue
        set -a options "$parts[2]"\t"$parts[4]"
        if test "$parts[2]" = "$words[-1]"; and string match -q -- '*|*' $parts[3]
            set values (string split '|' -- $parts[3])
        end
    end
    if set -q values[1]
        printf '%s\n' $values
    else if string match -q -- '-*' $current
        printf '%s\n' $options
    else
        __fish_complete_path "$current"
    end
end
complete -c claudefs-run -f -a '(__claudefs_run_complete)'
