/* SPDX-License-Identifier: MIT */
#include "fs/git/person_file.h"

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
#include "fs/base/path_name.h"
#include "fs/base/program_path.h"

#ifdef O_PATH
#define SEARCH O_PATH /* a directory may be passed through that may not be listed */
#else
#define SEARCH O_RDONLY
#endif

/* One component at a time from a pinned directory: what is looked at is what is followed. */
struct walk {
	const char *project;
	int dir_fd;
	char *rest; /* of the path, from there */
	unsigned int links;
};

static void walk_done(struct walk *walk)
{
	cleanup_close_fd(&walk->dir_fd);
	free(walk->rest);
}

/* One whose path cannot be told may be. */
static bool is_in_project(const struct walk *walk)
{
	cleanup_free char *path = fd_kernel_path(walk->dir_fd);

	return !path || path_is_beneath(path + 1, walk->project + 1);
}

static int enter(struct walk *walk, const char *name)
{
	int fd = openat(walk->dir_fd, name, SEARCH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	(void)close(walk->dir_fd);
	walk->dir_fd = fd;
	return 0;
}

/* Goes on where the link leads to. */
static int follow(struct walk *walk, const char *name)
{
	char target[PATH_MAX];
	char *rest = NULL;
	ssize_t len;

	if (walk->links++ == PERSON_FILE_LINKS_MAX || is_in_project(walk))
		return -ELOOP;
	len = readlinkat(walk->dir_fd, name, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	if (asprintf(&rest, "%s/%s", target, walk->rest) < 0)
		return -ENOMEM;
	free(walk->rest);
	walk->rest = rest;
	return target[0] == '/' ? enter(walk, "/") : 0;
}

/* The next component (ret_); NULL: none is left, or no memory. */
static char *take_name(struct walk *walk)
{
	size_t begin = strspn(walk->rest, "/");
	size_t len = strcspn(walk->rest + begin, "/");
	char *name = len > 0 ? strndup(walk->rest + begin, len) : NULL;

	if (name)
		memmove(walk->rest, walk->rest + begin + len, strlen(walk->rest + begin + len) + 1);
	return name;
}

/* The fd, or -errno. */
static int open_last(const struct walk *walk, const char *name)
{
	/* O_NONBLOCK: a FIFO must not stop us. */
	cleanup_fd int fd = openat(walk->dir_fd, name,
				   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return -errno;
	return S_ISREG(info.st_mode) ? steal_fd(&fd) : -EINVAL;
}

/* Returns the fd, -EAGAIN (there is more to walk) or -errno. */
static int step(struct walk *walk)
{
	cleanup_free char *name = take_name(walk);
	struct stat info;
	int r;

	if (!name)
		return -EINVAL;
	if (fstatat(walk->dir_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISLNK(info.st_mode))
		r = follow(walk, name);
	else if (walk->rest[strspn(walk->rest, "/")] != '\0')
		r = enter(walk, name);
	else
		return open_last(walk, name);
	return r < 0 ? r : -EAGAIN;
}

int person_file_open(const char *path, const char *project)
{
	struct walk walk = { .project = project,
			     .dir_fd = open("/", SEARCH | O_DIRECTORY | O_CLOEXEC),
			     .rest = strdup(path) };
	int r = walk.dir_fd < 0 ? -EIO : -EAGAIN;

	if (!walk.rest)
		r = -ENOMEM;
	while (r == -EAGAIN)
		r = step(&walk);
	walk_done(&walk);
	return r;
}
