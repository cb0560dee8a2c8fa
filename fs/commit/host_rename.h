/* SPDX-License-Identifier: MIT */
/* Renames within one directory that never overwrite what they have not seen. */
#ifndef CLAUDEFS_COMMIT_HOST_RENAME_H
#define CLAUDEFS_COMMIT_HOST_RENAME_H

/* from takes the free name to. Returns 0, -EEXIST or -errno. */
int host_rename_new(int dir_fd, const char *from, const char *to);

/* from and to, which both exist, change places. Returns 0, -ENOTSUP (not on this file system) or
 * -errno. */
int host_rename_swap(int dir_fd, const char *from, const char *to);

#endif
