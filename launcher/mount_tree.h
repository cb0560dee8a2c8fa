/* SPDX-License-Identifier: MIT */
/* Makes the mounts of a plan in the caller's own mount namespace. Runs in the set-up processes
 * only; every failure is one line on stderr and -1, for there is nobody to hand an error to. */
#ifndef CLAUDEFS_LAUNCHER_MOUNT_TREE_H
#define CLAUDEFS_LAUNCHER_MOUNT_TREE_H

#include "launcher/plan.h"

/* What is handed to claudefs-run; -1: not made. */
struct mount_tree {
	int root;     /* the new root, a tmpfs attached over "/" */
	int fuse;     /* the open /dev/fuse behind the view */
	int terminal; /* the master side of a pseudo-terminal of the sandbox */
	int slave;
};

/* Everything but /proc. Nothing of the host is covered: the new root lies over "/", which no
 * absolute path sees before mount_tree_enter(). Returns 0 or -1. */
int mount_tree_build(const struct plan *plan, bool has_terminal, struct mount_tree *ret);

/* In the first process of the new pid namespace: mounts /proc, forbids further user namespaces,
 * makes the tree the root, lets go of the host's, and makes the new one read-only. */
int mount_tree_enter(const struct mount_tree *tree);

#endif
