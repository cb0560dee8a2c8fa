/* SPDX-License-Identifier: MIT */
/* The mount system calls by descriptor (fsopen, open_tree, move_mount, mount_setattr; Linux 5.12
 * and newer). Each returns 0 or a descriptor, or -1 with errno, as the calls themselves do. */
#ifndef CLAUDEFS_LAUNCHER_MOUNT_CALL_H
#define CLAUDEFS_LAUNCHER_MOUNT_CALL_H

#include <stdbool.h>
#include <stdint.h>

struct mount_option {
	const char *name;  /* NULL ends a list */
	const char *value; /* NULL: a flag */
};

/* A new, detached mount (O_CLOEXEC). attributes: MOUNT_ATTR_*. */
int mount_new(const char *type, const struct mount_option *options, uint64_t attributes);

/* A detached copy of what is mounted at path, with everything below; symlinks are followed. */
int mount_open_tree(const char *path);
/* The same for a name in dir; a symlink is not followed. */
int mount_open_tree_at(int dir, const char *name);

/* Adds attributes to a mount, and to everything below if is_recursive. */
int mount_restrict(int mount_fd, uint64_t attributes, bool is_recursive);

/* Attaches a detached mount over point (O_PATH). */
int mount_move(int mount_fd, int point);

int mount_make_private(const char *path);
int mount_detach(const char *path);

#endif
