/* SPDX-License-Identifier: MIT */
#include "fs/review/host_look.h"

#include <errno.h>
#include <fcntl.h>

#include "fs/base/beneath.h"
#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/host/host_parent.h"
#include "fs/journal/sample.h"

#define LOOK_TRIES 8 /* at a name that another program keeps replacing */

int host_has_content(int fd, uint64_t size, const struct hash *hash, bool is_sampled)
{
	return host_has_content_at(fd, 0, size, hash, is_sampled);
}

int host_has_content_at(int fd, uint64_t offset, uint64_t size, const struct hash *hash,
			bool is_sampled)
{
	struct hash found;
	bool found_sampled = false;
	int r;

	if (hash_is_zero(hash))
		return 0;
	r = journal_hash_content_at(fd, offset, size, &found, &found_sampled);
	if (r == -ENODATA)
		return 0;
	if (r < 0)
		return r;
	return found_sampled == is_sampled && hash_is_equal(&found, hash);
}

/* The identity differs: a touched or replaced file may hold the same bytes all the same. */
static int look_inside(int dir_fd, const char *name, const struct change_base *base,
		       struct host_look *look)
{
	uint64_t size = base->identity.size;
	cleanup_fd int fd = -1;
	struct stat st;
	int r;

	if ((uint64_t)look->st.st_size < size)
		return 0;
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == ENXIO ? -EAGAIN : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_ino != look->st.st_ino || st.st_dev != look->st.st_dev || !S_ISREG(st.st_mode))
		return -EAGAIN;
	r = host_has_content(fd, size, &base->host_hash, base->is_host_sampled);
	if (r <= 0)
		return r;
	/* A sample says nothing of the middle: it is good enough to append behind it, not to
	 * replace it. */
	look->is_base = (uint64_t)st.st_size == size && !base->is_host_sampled;
	look->has_grown = !look->is_base;
	return 0;
}

/* -EAGAIN: another entry has taken its place between two calls. */
static int look_once(int dir_fd, const char *name, const struct change_base *base,
		     struct host_look *ret)
{
	struct host_look look = { 0 };
	struct journal_identity identity;
	int r = 0;

	if (fstatat(dir_fd, name, &look.st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return -errno;
		look.is_base = !base->exists;
		*ret = look;
		return 0;
	}
	look.exists = true;
	if (base->exists && base->is_directory) {
		look.is_base = S_ISDIR(look.st.st_mode);
	} else if (base->exists && S_ISREG(look.st.st_mode)) {
		identity = journal_identity_of(&look.st);
		look.is_base = journal_identity_is_equal(&identity, &base->identity);
		if (!look.is_base)
			r = look_inside(dir_fd, name, base, &look);
	}
	if (r < 0)
		return r;
	*ret = look;
	return 0;
}

int host_look_at(int dir_fd, const char *name, const struct change_base *base,
		 struct host_look *ret)
{
	int r = -EAGAIN;

	for (unsigned int i = 0; r == -EAGAIN && i < LOOK_TRIES; i++)
		r = look_once(dir_fd, name, base, ret);
	return r;
}

/* A parent that is a symlink says ENOTDIR, as a file does: tells them apart. */
static int explain_parent(int root_fd, const char *path)
{
	cleanup_free char *parent = path_parent(path);
	struct stat st;

	if (!parent)
		return -ENOMEM;
	if (beneath_stat(root_fd, parent, &st) == 0 && S_ISLNK(st.st_mode))
		return -ELOOP;
	return -ENOTDIR;
}

int host_look_beneath(int root_fd, const char *config_path, const char *path,
		      const struct change_base *base, struct host_look *ret)
{
	cleanup_fd int dir_fd = -1;
	const char *name = NULL;

	if (config_path && host_parent_is_config(path))
		dir_fd = host_parent_open(root_fd, config_path, path, &name);
	else
		dir_fd = beneath_open_parent(root_fd, path, &name);
	if (dir_fd == -ENOENT) {
		*ret = (struct host_look){ .is_base = !base->exists };
		return 0;
	}
	if (dir_fd == -ENOTDIR)
		return explain_parent(root_fd, path);
	if (dir_fd < 0)
		return dir_fd;
	return host_look_at(dir_fd, name, base, ret);
}
