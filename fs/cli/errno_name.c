/* SPDX-License-Identifier: MIT */
#include "fs/cli/errno_name.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* What the view refuses with. */
static const struct {
	uint32_t error;
	const char *name;
} names[] = {
	{ EACCES, "EACCES" },   { EBUSY, "EBUSY" },     { EDQUOT, "EDQUOT" },
	{ EEXIST, "EEXIST" },   { EFBIG, "EFBIG" },     { EINVAL, "EINVAL" },
	{ EIO, "EIO" },         { EMLINK, "EMLINK" },   { ENAMETOOLONG, "ENAMETOOLONG" },
	{ ENOENT, "ENOENT" },   { ENOSPC, "ENOSPC" },   { ENOSYS, "ENOSYS" },
	{ ENOTDIR, "ENOTDIR" }, { ENOTSUP, "ENOTSUP" }, { EPERM, "EPERM" },
	{ EROFS, "EROFS" },     { EXDEV, "EXDEV" },
};

const char *errno_name(uint32_t error, char buffer[ERRNO_NAME_SIZE])
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].error == error)
			return names[i].name;
	}
	(void)snprintf(buffer, ERRNO_NAME_SIZE, "error %" PRIu32, error);
	return buffer;
}
