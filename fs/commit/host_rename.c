/* SPDX-License-Identifier: MIT */
#include "fs/commit/host_rename.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
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

static bool is_one_file(int dir_fd, const char *a, const char *b)
{
	struct stat x;
	struct stat y;

	return fstatat(dir_fd, a, &x, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(dir_fd, b, &y, AT_SYMLINK_NOFOLLOW) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

int host_rename_new(int dir_fd, const char *from, const char *to)
{
	int r = rename_with(dir_fd, from, to, FLAG_NEW);

	if (r != -ENOTSUP)
		return r;
	/* link(2) does not overwrite either. */
	if (linkat(dir_fd, from, dir_fd, to, 0) < 0)
		return -errno;
	if (unlinkat(dir_fd, from, 0) == 0)
		return 0;
	r = -errno;
	/* With two names it would be nobody's to change any more. */
	if (is_one_file(dir_fd, from, to))
		(void)unlinkat(dir_fd, to, 0);
	return r;
}

int host_rename_swap(int dir_fd, const char *from, const char *to)
{
	return rename_with(dir_fd, from, to, FLAG_SWAP);
}
