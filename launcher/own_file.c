/* SPDX-License-Identifier: MIT */
#include "launcher/own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"

int own_file_read(const char *path, size_t max, char **ret, size_t *ret_len)
{
	cleanup_fd int fd =
		fd_open_at(AT_FDCWD, path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
	struct stat info;

	if (fd < 0)
		return fd;
	if (fstat(fd, &info) < 0)
		return -errno;
	if (!S_ISREG(info.st_mode))
		return -EINVAL;
	if ((info.st_uid != getuid() && info.st_uid != 0) || (info.st_mode & 022))
		return -EPERM;
	return fd_read_file(fd, max, ret, ret_len);
}

void own_file_say(const char *path, int error)
{
	switch (error) {
	case -EPERM:
		message_error(
			"%s: must belong to you or root and be writable by nobody else: chmod "
			"go-w it",
			path);
		return;
	case -EFBIG: message_error("%s: larger than such a file may be", path); return;
	case -EINVAL: message_error("%s: not a regular file", path); return;
	default: message_error("%s: %s", path, strerror(-error));
	}
}
