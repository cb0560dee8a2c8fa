# SPDX-License-Identifier: MIT
# Compares two outputs of manifest_of_tree and prints every difference that no approval explains.
#   awk -v ignored=REGEX -v approved=REGEX -f oracle.awk BEFORE AFTER
# ignored: paths that are the test's own. approved: paths where regular files and directories may come,
# change and go, without set-id bits, links and attributes. Everything else must be the same in every
# column, and absent if it was absent; only a directory in which something may be approved may change its
# own size, link count and mtime. Exit code 1: there are differences.
BEGIN {
	FS = "\t"
}
function complain(path, what) {
	printf "%s: %s\n", path, what
	bad = 1
}
# A directory whose entries may change.
function masked(line,	column) {
	split(line, column, FS)
	if (column[2] != "d" || !(column[1] ~ approved || column[1] in parents))
		return line
	return column[1] FS column[2] FS column[3] FS column[4] FS column[6] FS column[9]
}
BEGIN {
	parents[".claude"]
	parents[".claude/projects"]
	parents[".claude/" own_parent]
}
FNR == 1 {
	file++
}
$1 ~ ignored {
	next
}
file == 1 {
	before[$1] = $0
	next
}
{
	seen[$1]
	if ($1 in before && masked(before[$1]) == masked($0))
		next
	if ($1 !~ approved)
		complain($1, $1 in before ? "changed:\n  " before[$1] "\n  " $0 : "created:\n  " $0)
	else if ($2 != "f" && $2 != "d")
		complain($1, "not a regular file or directory: " $2)
	else if ($3 !~ /^0/)
		complain($1, "set-id or sticky bits: " $3)
	else if ($2 == "f" && $5 != 1)
		complain($1, "has " $5 " names")
	else if ($9 ~ / /)
		complain($1, "has extended attributes: " $9)
}
END {
	for (path in before) {
		if (!(path in seen) && path !~ approved)
			complain(path, "removed")
	}
	exit bad
}
