/* SPDX-License-Identifier: MIT */
#include "fs/git/workspace_restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/beneath.h"
#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/path_name.h"

bool workspace_may_restore(const struct workspace_change *change)
{
	if (change->before)
		return change->before->type == WORKSPACE_FILE && change->before->is_kept &&
		       (!change->after || change->after->type != WORKSPACE_REPOSITORY);
	switch (change->after->type) {
	case WORKSPACE_FILE: return change->after->size <= WORKSPACE_KEEP_MAX;
	case WORKSPACE_SYMLINK:
	case WORKSPACE_OTHER: return true;
	case WORKSPACE_REPOSITORY: return false;
	}
	return false;
}

/* Is it still what the session left? What is there is kept before it goes. */
static int check_and_keep(int parent_fd, const char *name, int session_fd,
			  const struct workspace_entry *after)
{
	cleanup_workspace_entry struct workspace_entry now = { 0 };
	cleanup_free char *content = NULL;
	struct stat info;
	size_t len = 0;
	int r;

	if (!after)
		return fstatat(parent_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 ? -ESTALE : 0;
	r = workspace_entry_read(parent_fd, name, &now, &content, &len);
	if (r == -ENOENT)
		return -ESTALE;
	if (r < 0)
		return r;
	if (!workspace_entry_is_untouched(&now, after))
		return -ESTALE;
	return content ? workspace_content_keep(session_fd, now.id, content, len) : 0;
}

/* The directory of path, made where the session removed it. */
static int open_parent(int project_fd, const char *path, const char **ret_base)
{
	int fd = beneath_open_parent(project_fd, path, ret_base);
	cleanup_free char *parent = NULL;
	cleanup_fd int above = -1;
	const char *base = NULL;

	if (fd != -ENOENT)
		return fd;
	parent = path_parent(path);
	if (!parent)
		return -ENOMEM;
	if (parent[0] == '\0')
		return -ENOENT;
	above = open_parent(project_fd, parent, &base);
	if (above < 0)
		return above;
	if (mkdirat(above, base, 0755) < 0 && errno != EEXIST)
		return -errno;
	return beneath_open_parent(project_fd, path, ret_base);
}

static int put_back(int parent_fd, const char *name, int session_fd,
		    const struct workspace_entry *before)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ before->mtime_ns / 1000000000, before->mtime_ns % 1000000000 },
	};
	cleanup_free char *data = NULL;
	cleanup_fd int fd = -1;
	size_t len = 0;
	int r = workspace_content_read(session_fd, before, &data, &len);

	if (r < 0)
		return r;
	/* The parent is O_PATH, which cannot be synced. */
	fd = openat(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fd_replace_file_at(fd, name, data, len, before->mode & 0777);
	if (r == 0)
		(void)utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW);
	return r;
}

int workspace_restore(int project_fd, int session_fd, const struct workspace_change *change)
{
	const char *base = NULL;
	cleanup_fd int parent_fd = -1;
	int r;

	if (!workspace_may_restore(change))
		return -EOPNOTSUPP;
	parent_fd = open_parent(project_fd, change->entry->path, &base);
	if (parent_fd < 0)
		return parent_fd;
	r = check_and_keep(parent_fd, base, session_fd, change->after);
	if (r < 0)
		return r;
	if (change->before)
		return put_back(parent_fd, base, session_fd, change->before);
	return unlinkat(parent_fd, base, 0) < 0 ? -errno : 0;
}
