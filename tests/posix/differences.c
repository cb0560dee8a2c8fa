/* SPDX-License-Identifier: MIT */
/* Where the view does not do what a plain directory does, and why. docs/TESTING.md lists the same.
 */
#include "tests/posix/transcript.h"

#define LINKS    "a link would reach, on the host, what its name does not say"
#define SPECIAL  "a device, FIFO or socket must never come home"
#define SET_ID   "a file that runs as its owner must never come home"
#define OWNERS   "what comes home belongs to the user: there is no other owner to give it to"
#define XATTRS   "capabilities and labels must never come home; nothing of Claude's needs attributes"
#define EXCHANGE "the journal speaks of one name at a time"
#define NO_ATIME \
	"access times do not move, as with noatime: the daemon's own reading would move them"
#define SHIFTING "the kernel passes no other modes of fallocate to FUSE"
#define QUOTA    "the session's quota ends before the largest file size does"
#define FOLLOWS  "follows from the line before it"

struct difference differences[] = {
	{ "allocation_that_moves_bytes: fallocate(*) = EOPNOTSUPP", SHIFTING, 0 },
	{ "exchange_is_refused: renameat2(*) = EINVAL", EXCHANGE, 0 },
	{ "extended_attributes: *xattr(*) = EOPNOTSUPP", XATTRS, 0 },
	{ "links_are_refused: link(\"f\", \"hard\") = EPERM", LINKS, 0 },
	{ "links_are_refused: lstat(*) = ENOENT", FOLLOWS, 0 },
	{ "links_are_refused: symlink(\"d\", \"h\") = EPERM", LINKS, 0 },
	{ "owners_cannot_be_changed: *chown(*) = EPERM, times: none", OWNERS, 0 },
	{ "owners_cannot_be_changed: st.st_uid = 0", FOLLOWS, 0 },
	{ "privileged_attributes: setxattr(*) = EOPNOTSUPP", XATTRS, 0 },
	{ "set_id_is_refused: *chmod(*) = EPERM", SET_ID, 0 },
	{ "set_id_is_refused: lstat(*) = ENOENT", FOLLOWS, 0 },
	{ "set_id_is_refused: mknod(*) = EPERM", SET_ID, 0 },
	{ "set_id_is_refused: open(*) = EPERM", SET_ID, 0 },
	{ "sizes: fallocate(fd, 0, *, 4096) = ENOSPC", QUOTA, 0 },
	{ "sizes: ftruncate(fd, *) = ENOSPC", QUOTA, 0 },
	{ "special_files_are_refused: bind_socket(\"sock\") = EPERM", SPECIAL, 0 },
	{ "special_files_are_refused: mkfifo(\"h\", 0600) = EPERM", SPECIAL, 0 },
	{ "special_files_are_refused: unlink(*) = ENOENT", FOLLOWS, 0 },
	{ "times_of_reading: *read(fd, buf, *) = ok, times: none", NO_ATIME, 0 },
	{ "times_of_refusals: chmod(*) = EPERM, times: none", SET_ID, 0 },
	{ "times_of_refusals: link(*) = EPERM, times: none", LINKS, 0 },
	{ "times_of_refusals: mkfifo(*) = EPERM, times: none", SPECIAL, 0 },
	{ "times_of_refusals: symlink(*) = EPERM, times: none", LINKS, 0 },
	{ NULL, NULL, 0 },
};
