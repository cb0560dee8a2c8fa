/* SPDX-License-Identifier: MIT */
/* Identity decides, not text: the walk goes up by "..", and each step finds its name by inode. */
#include "fs/host/host_alias.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/text.h"

/* rest beneath parent; either may be "". */
static int join(const char *parent, const char *rest, char **ret)
{
	struct text text = { 0 };

	text_append(&text, parent);
	if (*parent && *rest)
		text_append(&text, "/");
	text_append(&text, rest);
	*ret = text_steal(&text);
	return *ret ? 0 : -ENOMEM;
}

/* Puts the name of child in the directory before rest. Returns 0, -ENOENT (a mount point has
 * another inode in its parent) or another -errno. */
static int prepend_name(int parent_fd, const struct stat *child, char **rest)
{
	cleanup_fd int fd = fd_open_at(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	char *longer = NULL;
	int r;

	if (!dir)
		return -ENOENT;
	(void)steal_fd(&fd);
	while ((errno = 0, entry = readdir(dir)) != NULL) {
		struct stat st;

		if (entry->d_ino != child->st_ino || strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    fstatat(parent_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_dev != child->st_dev || st.st_ino != child->st_ino)
			continue;
		r = join(entry->d_name, *rest, &longer);
		if (r < 0)
			return r;
		free(*rest);
		*rest = longer;
		return 0;
	}
	return errno != 0 ? -errno : -ENOENT;
}

static const struct host_origin *find_origin(const struct host_origin *origins, size_t count,
					     const struct stat *st, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (origins[i].dev != (uint64_t)st->st_dev ||
		    origins[i].ino != (uint64_t)st->st_ino)
			continue;
		if (!origins[i].name || (name && strcmp(origins[i].name, name) == 0))
			return &origins[i];
	}
	return NULL;
}

int host_alias_find(int dir_fd, const char *name, const struct host_origin *origins, size_t count,
		    char **ret)
{
	cleanup_fd int at = -1;
	cleanup_free char *rest = strdup(name ? name : "");
	bool is_lost = false;

	if (!rest)
		return -ENOMEM;
	for (unsigned int depth = 0; depth < HOST_ALIAS_DEPTH_MAX; depth++) {
		int from = at >= 0 ? at : dir_fd;
		const struct host_origin *origin;
		cleanup_fd int up = -1;
		struct stat st;
		struct stat above;
		int r;

		if (fstat(from, &st) < 0)
			return -errno;
		origin = find_origin(origins, count, &st, depth == 0 ? name : NULL);
		if (origin && origin->name) {
			*ret = strdup(origin->path);
			return *ret ? 0 : -ENOMEM;
		}
		if (origin)
			return is_lost ? -ENOENT : join(origin->path, rest, ret);
		up = fd_open_at(from, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
		if (up < 0)
			return up == -EACCES ? 0 : up;
		if (fstat(up, &above) < 0)
			return -errno;
		if (above.st_dev == st.st_dev && above.st_ino == st.st_ino)
			return 0; /* the root of the machine */
		r = is_lost ? 0 : prepend_name(up, &st, &rest);
		if (r < 0 && r != -ENOENT)
			return r;
		is_lost = is_lost || r < 0;
		cleanup_close_fd(&at);
		at = steal_fd(&up);
	}
	return -ENOENT;
}
