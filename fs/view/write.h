/* SPDX-License-Identifier: MIT */
/* Changing a file's length; the rest of writing is in view.h. */
#ifndef CLAUDEFS_VIEW_WRITE_H
#define CLAUDEFS_VIEW_WRITE_H

#include "fs/view/tree.h"

/* Cuts or extends. Content lock held, content open as a writer. Returns 0, -ENOSPC, -EFBIG or
 * -errno. */
int write_truncate(struct view *view, struct node *node, uint64_t process, uint64_t size);

#endif
