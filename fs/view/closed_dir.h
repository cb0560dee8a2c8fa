/* SPDX-License-Identifier: MIT */
/* Directories in which the rules hide names. The host changes such a directory's times for hidden
 * names too (another project that is at work), so the session sees its own start instead, and later
 * times only as the names that it sees change. */
#ifndef CLAUDEFS_VIEW_CLOSED_DIR_H
#define CLAUDEFS_VIEW_CLOSED_DIR_H

#include "fs/view/node.h"

/* Puts the times to show in place of the host's (*st: the host's stat of directory path, which
 * shows through). Others than closed directories keep the host's. Namespace lock held. */
void closed_dir_times(struct view *view, struct node *dir, const char *path, struct stat *st);

#endif
