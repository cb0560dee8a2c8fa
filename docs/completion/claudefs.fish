# SPDX-License-Identifier: MIT
# fish completion for claudefs: the program itself says what may stand there, as VALUE<TAB>DESCRIPTION,
# which is fish's own form. fish quotes what it puts on the line.
function __claudefs_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | string unescape)
    set -e words[1]
    for line in (claudefs complete -- $words "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            printf '%s\n' $line
        end
    end
end
complete -c claudefs -f -a '(__claudefs_complete)'
