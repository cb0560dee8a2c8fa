/* SPDX-License-Identifier: MIT */
/* libgit2, set up once for this layer. */
#ifndef CLAUDEFS_GIT_LIBRARY_H
#define CLAUDEFS_GIT_LIBRARY_H

#include <stdbool.h>

/* Starts libgit2 with empty search paths for configuration: nothing of the person's or the
 * machine's git configuration is ever read, and none of it can run anything. False: it does not
 * start. */
bool git_library_is_ready(void);

#endif
