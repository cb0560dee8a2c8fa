/* SPDX-License-Identifier: MIT */
/* The links are the user's own, kept outside the sandbox's reach: here, and only here, a path is
 * followed as the kernel follows it. */
#include "fs/host/host_link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

#define HOPS_MAX   40    /* links to links, as the kernel allows */
#define TARGET_MAX 4096u /* bytes of a link's text; Linux makes none longer */

#ifdef O_PATH
#define HOLD_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#else
#define HOLD_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#endif

void host_place_done(struct host_place *place)
{
	cleanup_close_fd(&place->fd);
	free(place->name);
	place->name = NULL;
}

static int read_link(int dir_fd, const char *name, char target[TARGET_MAX])
{
	ssize_t n = readlinkat(dir_fd, name, target, TARGET_MAX - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	/* Trailing slashes say "a directory", which is found out anyway. */
	while (n > 1 && target[n - 1] == '/')
		target[--n] = '\0';
	return n == 0 || n == (ssize_t)TARGET_MAX - 1 ? -ENOENT : 0;
}

/* One hop: from the link's text to the directory it names and the name in there; *ret_base is NULL
 * if the text ends in no name ("..", "/"), so that the place is the directory. */
static int step(int dir_fd, char *target, int *ret_fd, const char **ret_base)
{
	char *slash = strrchr(target, '/');
	const char *base = slash ? slash + 1 : target;
	const char *parent = slash ? target : ".";
	int fd;

	if (*base == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0) {
		parent = target;
		base = NULL;
	} else if (slash == target) {
		parent = "/";
	} else if (slash) {
		*slash = '\0';
	}
	fd = openat(dir_fd, parent, HOLD_FLAGS);
	if (fd < 0)
		return errno == ELOOP || errno == ENOTDIR ? -ENOENT : -errno;
	*ret_fd = fd;
	*ret_base = base;
	return 0;
}

static int hold(int dir_fd, const char *name, mode_t mode, struct host_place *ret)
{
	struct host_place place = { .fd = -1 };

	if (S_ISDIR(mode)) {
		place.fd = openat(dir_fd, name, HOLD_FLAGS | O_NOFOLLOW);
		if (place.fd < 0)
			return -errno;
	} else if (S_ISREG(mode)) {
		place.fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
		if (place.fd < 0)
			return -errno;
		place.name = strdup(name);
		if (!place.name) {
			host_place_done(&place);
			return -ENOMEM;
		}
	} else {
		return -ENOENT;
	}
	*ret = place;
	return 0;
}

int host_link_resolve(int dir_fd, const char *name, host_link_visit *visit, void *arg,
		      struct host_place *ret)
{
	char target[2][TARGET_MAX];
	cleanup_fd int at = -1;

	for (unsigned int hop = 0; hop < HOPS_MAX; hop++) {
		int from = at >= 0 ? at : dir_fd;
		struct stat st;
		int next = -1;
		int r;

		if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		if (!S_ISLNK(st.st_mode))
			return hold(from, name, st.st_mode, ret);
		/* name may point into the other buffer. */
		r = read_link(from, name, target[hop % 2]);
		if (r == 0)
			r = step(from, target[hop % 2], &next, &name);
		if (r < 0)
			return r;
		cleanup_close_fd(&at);
		at = next;
		r = visit(at, name, arg);
		if (r < 0)
			return r;
		if (!name) {
			*ret = (struct host_place){ .fd = steal_fd(&at) };
			return 0;
		}
	}
	return -ENOENT;
}
