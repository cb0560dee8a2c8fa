/* SPDX-License-Identifier: MIT */
#include "fs/base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/path_name.h"

#ifndef O_PATH
#define O_PATH O_RDONLY /* macOS: a plain directory fd does */
#endif

#define STEP (O_PATH | O_DIRECTORY)

static atomic_bool is_openat2_missing;

/* O_NONBLOCK: a planted FIFO must not hang us. openat2 refuses flags that mean nothing with O_PATH.
 */
static int with_safe_flags(int flags)
{
#ifdef __linux__
	if (flags & O_PATH)
		return flags | O_CLOEXEC | O_NOFOLLOW;
#endif
	return flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
}

void beneath_disable_openat2(void)
{
	atomic_store(&is_openat2_missing, true);
}

/* One component, walked by hand: the fallback. */
static int open_component(int dir_fd, const char *name, int flags, mode_t mode)
{
	cleanup_fd int fd = -1;
	struct stat parent;
	struct stat st;

	fd = openat(dir_fd, name, with_safe_flags(flags), mode);
	if (fd < 0)
		return -errno;
	if (fstat(dir_fd, &parent) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (parent.st_dev != st.st_dev)
		return -EXDEV;
	/* O_PATH|O_NOFOLLOW opens the link itself: openat2 would have said ELOOP. */
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	return steal_fd(&fd);
}

static int open_by_walk(int root_fd, const char *path, int flags, mode_t mode)
{
	cleanup_fd int dir_fd = -1;
	const char *cursor = path;
	const char *name;
	size_t len = 0;

	while ((name = path_next(&cursor, &len)) != NULL) {
		int from = dir_fd >= 0 ? dir_fd : root_fd;
		char component[PATH_NAME_MAX + 1];
		bool is_last = *cursor == '\0';
		int fd;

		memcpy(component, name, len);
		component[len] = '\0';
		fd = open_component(from, component, is_last ? flags : STEP, mode);
		/* openat(O_DIRECTORY|O_NOFOLLOW) says ENOTDIR for a symlink; openat2 says ELOOP. */
		if (fd == -ENOTDIR) {
			struct stat st;

			if (fstatat(from, component, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			    S_ISLNK(st.st_mode))
				fd = -ELOOP;
		}
		if (fd < 0)
			return fd;
		cleanup_close_fd(&dir_fd);
		dir_fd = fd;
	}
	return steal_fd(&dir_fd);
}

#ifdef __linux__
static int open_piece(int dir_fd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned int)with_safe_flags(flags),
		.mode = ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};
	long fd;

	/* EAGAIN: a rename somewhere raced with the beneath check (openat2(2)); a bounded number of
	 * tries. */
	for (int tries = 0; tries < 64; tries++) {
		fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	if (fd < 0)
		return -errno;
	return (int)fd;
}

static int reject_symlink(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISLNK(st.st_mode) ? -ELOOP : 0;
}

static int open_by_openat2(int root_fd, const char *path, int flags, mode_t mode)
{
	cleanup_fd int dir_fd = -1;
	cleanup_fd int fd = -1;
	int r;

	/* Whole components at a time, as many as fit into PATH_MAX. */
	while (strlen(path) >= PATH_MAX) {
		char piece[PATH_MAX];
		size_t len = PATH_MAX - 1;
		int next;

		while (path[len] != '/')
			len--;
		memcpy(piece, path, len);
		piece[len] = '\0';
		next = open_piece(dir_fd >= 0 ? dir_fd : root_fd, piece, STEP, 0);
		if (next < 0)
			return next;
		cleanup_close_fd(&dir_fd);
		dir_fd = next;
		path += len + 1;
	}
	fd = open_piece(dir_fd >= 0 ? dir_fd : root_fd, path, flags, mode);
	if (fd < 0)
		return fd;
	/* RESOLVE_NO_SYMLINKS lets a trailing link through where O_PATH|O_NOFOLLOW asked for the
	 * link itself; O_DIRECTORY does not. */
	r = (flags & (O_PATH | O_DIRECTORY)) == O_PATH ? reject_symlink(fd) : 0;
	return r < 0 ? r : steal_fd(&fd);
}
#endif

int beneath_open(int root_fd, const char *path, int flags, mode_t mode)
{
	if (!path_is_valid(path))
		return strlen(path) > PATH_BYTES_MAX ? -ENAMETOOLONG : -EINVAL;
	if (*path == '\0')
		return fd_open_at(root_fd, ".", flags | O_CLOEXEC | O_DIRECTORY, 0);
#ifdef __linux__
	if (!atomic_load(&is_openat2_missing)) {
		int fd = open_by_openat2(root_fd, path, flags, mode);

		if (fd != -ENOSYS)
			return fd;
		atomic_store(&is_openat2_missing, true);
	}
#endif
	return open_by_walk(root_fd, path, flags, mode);
}

int beneath_open_parent(int root_fd, const char *path, const char **ret_base)
{
	cleanup_free char *parent = NULL;
	int fd;

	if (*path == '\0')
		return -EINVAL;
	if (!path_is_valid(path))
		return strlen(path) > PATH_BYTES_MAX ? -ENAMETOOLONG : -EINVAL;
	parent = path_parent(path);
	if (!parent)
		return -ENOMEM;
	fd = beneath_open(root_fd, parent, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	*ret_base = path_base(path);
	return fd;
}

int beneath_stat(int root_fd, const char *path, struct stat *ret)
{
	cleanup_fd int dir_fd = -1;
	const char *base = NULL;

	if (*path == '\0')
		return fstat(root_fd, ret) < 0 ? -errno : 0;
	dir_fd = beneath_open_parent(root_fd, path, &base);
	if (dir_fd < 0)
		return dir_fd;
	return fstatat(dir_fd, base, ret, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}
