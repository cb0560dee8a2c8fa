/* SPDX-License-Identifier: MIT */
/* Where a state path lies on the host for those who look at it by its own name, and write there:
 * the review, commit and undo. (host_tree.h is the view's eye, and follows the user's links.) */
#ifndef CLAUDEFS_HOST_HOST_PARENT_H
#define CLAUDEFS_HOST_HOST_PARENT_H

#include <stdbool.h>

/* Opens the directory that holds path: beneath root_fd (borrowed; -1: there is no root yet), but
 * for
 * ".claude.json", which is the file at config_path (absolute; NULL: it lies in the root). *ret_name
 * (borrowed, from path or config_path) is the entry's name in it. Returns the fd (caller closes;
 * not O_PATH: it can be synced) or -errno, as beneath_open() does; -ENOENT also without a root. */
int host_parent_open(int root_fd, const char *config_path, const char *path, const char **ret_name);

/* True for the state path that config_path says the place of. */
bool host_parent_is_config(const char *path);

#endif
