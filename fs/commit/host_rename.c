/* SPDX-License-Identifier: MIT */
#include "fs/commit/host_rename.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/fs.h>
#include <sys/syscall.h>
#endif

#ifdef __linux__
static int rename_with(int dir_fd, const char *from, const char *to, unsigned int flags)
{
	if (syscall(SYS_renameat2, dir_fd, from, dir_fd, to, flags) < 0)
		return errno == EINVAL || errno == ENOSYS ? -ENOTSUP : -errno;
	return 0;
}
#define FLAG_NEW  RENAME_NOREPLACE
#define FLAG_SWAP RENAME_EXCHANGE
#else
static int rename_with(int dir_fd, const char *from, const char *to, unsigned int flags)
{
	return renameatx_np(dir_fd, from, dir_fd, to, flags) < 0 ? -errno : 0;
}
#define FLAG_NEW  RENAME_EXCL
#define FLAG_SWAP RENAME_SWAP
#endif

int host_rename_new(int dir_fd, const char *from, const char *to)
{
	int r = rename_with(dir_fd, from, to, FLAG_NEW);

	if (r != -ENOTSUP)
		return r;
	/* link(2) does not overwrite either. */
	if (linkat(dir_fd, from, dir_fd, to, 0) < 0)
		return -errno;
	return unlinkat(dir_fd, from, 0) < 0 ? -errno : 0;
}

int host_rename_swap(int dir_fd, const char *from, const char *to)
{
	return rename_with(dir_fd, from, to, FLAG_SWAP);
}
