/* SPDX-License-Identifier: MIT */
#include "fs/session/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"

int lock_take_host(int state_fd, uint64_t dev, uint64_t ino)
{
	cleanup_fd int dir_fd = -1;
	char name[48];

	if (mkdirat(state_fd, "locks", 0700) < 0 && errno != EEXIST)
		return -errno;
	dir_fd = openat(state_fd, "locks", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir_fd < 0)
		return -errno;
	(void)snprintf(name, sizeof(name), "%" PRIu64 "-%" PRIu64 ".lock", dev, ino);
	return lock_take(dir_fd, name);
}
