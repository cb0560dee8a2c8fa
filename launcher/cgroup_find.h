/* SPDX-License-Identifier: MIT */
/* Where a control group with a given controller may be made. */
#ifndef CLAUDEFS_LAUNCHER_CGROUP_FIND_H
#define CLAUDEFS_LAUNCHER_CGROUP_FIND_H

#include <stdbool.h>

/* Opens the directory in which a group of our own has this controller: with version 1 the caller's
 * own group, with version 2 the nearest one above it that hands the controller on to its children
 * (a group with processes of its own may not). Returns the directory, -ENOENT (no hierarchy has the
 * controller) or -errno. */
int cgroup_find(const char *controller, bool *ret_is_unified);

#endif
