/* SPDX-License-Identifier: MIT */
/* Attributes as the session sees them: never the host's device, inode, link count, blocks or birth
 * time. */
#ifndef CLAUDEFS_VIEW_ATTR_H
#define CLAUDEFS_VIEW_ATTR_H

#include "fs/view/tree.h"

/* The node is pinned or otherwise kept; no lock held. fresh: a host stat of just now, or NULL (or
 * st_mode 0) to ask. Returns 0, -ENOENT or -errno. */
int attr_fill(struct view *view, struct node *node, const struct stat *fresh,
	      struct view_attr *ret);

/* The same, with the content's lock held. Files only. */
int attr_fill_file_locked(struct view *view, struct node *node, const struct stat *fresh,
			  struct view_attr *ret);

#endif
