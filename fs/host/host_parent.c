/* SPDX-License-Identifier: MIT */
#include "fs/host/host_parent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/beneath.h"
#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/path_name.h"

bool host_parent_is_config(const char *path)
{
	return strcmp(path, ".claude.json") == 0;
}

/* The way to it is the person's own, and was written down on the host when the session started:
 * links on it are followed, the file itself is not. */
static int open_config_parent(const char *config_path, const char **ret_name)
{
	const char *slash = strrchr(config_path, '/');
	cleanup_free char *parent = NULL;
	int fd;

	if (!slash || !path_name_is_valid(slash + 1, strlen(slash + 1)))
		return -EINVAL;
	parent = slash == config_path ? strdup("/")
				      : strndup(config_path, (size_t)(slash - config_path));
	if (!parent)
		return -ENOMEM;
	fd = fd_open_at(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd >= 0)
		*ret_name = slash + 1;
	return fd;
}

int host_parent_open(int root_fd, const char *config_path, const char *path, const char **ret_name)
{
	cleanup_free char *parent = NULL;
	int fd;

	if (config_path && host_parent_is_config(path))
		return open_config_parent(config_path, ret_name);
	if (root_fd < 0)
		return -ENOENT;
	if (*path == '\0')
		return -EINVAL;
	parent = path_parent(path);
	if (!parent)
		return -ENOMEM;
	fd = beneath_open(root_fd, parent, O_RDONLY | O_DIRECTORY, 0);
	if (fd >= 0)
		*ret_name = path_base(path);
	return fd;
}
