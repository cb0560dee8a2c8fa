/* SPDX-License-Identifier: MIT */
#include "fs/base/program_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

static char *path_of(int fd)
{
	cleanup_free char *target = (char *)calloc(1, PATH_MAX + 1);
	char link[32];
	ssize_t len;

	if (!target)
		return NULL;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, target, PATH_MAX);
	if (len < 0 || len >= PATH_MAX)
		return NULL;
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
	return path_of(fd);
}

char *directory_canonical(const char *path)
{
	cleanup_fd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : path_of(fd);
}

char *program_on_path(const char *name)
{
	const char *cursor = getenv("PATH");

	while (cursor && *cursor) {
		int len = (int)strcspn(cursor, ":");
		cleanup_free char *path = NULL;
		char *found;

		if (cursor[0] == '/') {
			if (asprintf(&path, "%.*s/%s", len, cursor, name) < 0)
				return NULL;
			found = program_canonical(path);
			if (found)
				return found;
		}
		cursor += len + (cursor[len] == ':');
	}
	return NULL;
}
