/* SPDX-License-Identifier: MIT */
#include "launcher/mount_call.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mount.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

static int configure(int context, const struct mount_option *options)
{
	for (; options->name; options++) {
		int r = options->value
				? fsconfig(context, FSCONFIG_SET_STRING, options->name,
					   options->value, 0)
				: fsconfig(context, FSCONFIG_SET_FLAG, options->name, NULL, 0);

		if (r < 0)
			return -1;
	}
	return fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

int mount_new(const char *type, const struct mount_option *options, uint64_t attributes)
{
	cleanup_fd int context = fsopen(type, FSOPEN_CLOEXEC);

	if (context < 0 || configure(context, options) < 0)
		return -1;
	return fsmount(context, FSMOUNT_CLOEXEC, (unsigned int)attributes);
}

int mount_open_tree(const char *path)
{
	return open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

int mount_open_tree_at(int dir, const char *name)
{
	return open_tree(dir, name,
			 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
}

int mount_restrict(int mount_fd, uint64_t attributes, bool is_recursive)
{
	struct mount_attr change = { .attr_set = attributes };

	return mount_setattr(mount_fd, "", AT_EMPTY_PATH | (is_recursive ? AT_RECURSIVE : 0),
			     &change, sizeof(change));
}

int mount_move(int mount_fd, int point)
{
	return move_mount(mount_fd, "", point, "",
			  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int mount_make_private(const char *path)
{
	return mount(NULL, path, NULL, MS_REC | MS_PRIVATE, NULL);
}

int mount_detach(const char *path)
{
	return umount2(path, MNT_DETACH);
}
