/* SPDX-License-Identifier: MIT */
#include "init/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

#define NAME ".claudefs-environment"

int private_file_write(int home_fd, const char *data, size_t len)
{
	cleanup_fd int fd =
		openat(home_fd, NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd_write_all(fd, data, len);
}

int private_file_take(int home_fd, char **ret, size_t *ret_len)
{
	int r = fd_read_file_at(home_fd, NAME, PRIVATE_FILE_MAX, ret, ret_len);

	if (r == 0 && unlinkat(home_fd, NAME, 0) < 0)
		r = -errno;
	return r;
}
