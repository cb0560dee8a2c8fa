/* SPDX-License-Identifier: MIT */
#include "fs/base/program_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

char *fd_kernel_path(int fd)
{
	cleanup_free char *target = (char *)calloc(1, PATH_MAX + 1);
	char link[32];
	struct stat info;
	ssize_t len;

	if (!target || fstat(fd, &info) < 0)
		return NULL;
	/* The kernel would answer with a name that is no more. */
	if (info.st_nlink == 0) {
		errno = ENOENT;
		return NULL;
	}
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, target, PATH_MAX);
	if (len < 0)
		return NULL;
	if (len >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return steal_ptr(&target);
}

char *program_canonical(const char *path)
{
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return NULL;
	if (!S_ISREG(info.st_mode) || (info.st_mode & 0111) == 0) {
		errno = EACCES;
		return NULL;
	}
	return fd_kernel_path(fd);
}

char *directory_canonical(const char *path)
{
	cleanup_fd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : fd_kernel_path(fd);
}

/* The first of PATH that is a program: as it is called there, or by the kernel's name of it. */
static char *search(const char *name, bool is_canonical)
{
	const char *cursor = getenv("PATH");

	while (cursor && *cursor) {
		int len = (int)strcspn(cursor, ":");
		cleanup_free char *path = NULL;
		cleanup_free char *found = NULL;

		/* A relative entry would be searched in a project of the agent's. */
		if (cursor[0] == '/') {
			if (asprintf(&path, "%.*s/%s", len, cursor, name) < 0)
				return NULL;
			found = program_canonical(path);
			if (found)
				return is_canonical ? steal_ptr(&found) : steal_ptr(&path);
		}
		cursor += len + (cursor[len] == ':');
	}
	return NULL;
}

char *program_on_path(const char *name)
{
	return search(name, true);
}

char *program_as_named(const char *name)
{
	return search(name, false);
}
