/* SPDX-License-Identifier: MIT */
/* A file without a name, for what a review reads and does not keep in memory. */
#ifndef CLAUDEFS_REVIEW_SCRATCH_FILE_H
#define CLAUDEFS_REVIEW_SCRATCH_FILE_H

#include "fs/journal/content_store.h"

/* Beside the objects (store may be NULL), which are copied fastest there; in the directory for
 * temporary files where that can only be read: a crashed session's, in a backup. Returns the fd,
 * open O_RDWR (caller closes), or -errno. */
int scratch_file_open(struct content_store *store);

#endif
