/* SPDX-License-Identifier: MIT */
/* The one way in which claudefs opens a path of more than one component: beneath a pinned
 * directory, never through a symlink, a magic link or another mount. Uses openat2(2) where the
 * kernel has it, else a walk of single components with O_NOFOLLOW (RESOLVE_NO_XDEV is then checked
 * by st_dev). */
#ifndef CLAUDEFS_BASE_BENEATH_H
#define CLAUDEFS_BASE_BENEATH_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Opens a state path (path_name.h; "" is root_fd itself, reopened) beneath root_fd (borrowed).
 * O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK and O_NOCTTY are always added; flags may hold O_CREAT|O_EXCL.
 * Paths longer than PATH_MAX are walked in pieces.
 * Returns the fd (caller closes) or -errno: -ELOOP (a symlink on the way or at the end; with
 * O_DIRECTORY a symlink at the end may also be -ENOTDIR), -EXDEV (a mount point or an escape),
 * -ENOENT, -ENOTDIR, -EINVAL (not a valid state path), ... */
int beneath_open(int root_fd, const char *path, int flags, mode_t mode);

/* Opens the parent directory of path (O_PATH on Linux). *ret_base (borrowed) points to the last
 * component in path. path "" is -EINVAL. Returns the fd or -errno. */
int beneath_open_parent(int root_fd, const char *path, const char **ret_base);

/* lstat beneath root_fd. Returns 0 or -errno. */
int beneath_stat(int root_fd, const char *path, struct stat *ret);

/* Makes every later call in this process take the fallback walk, as on a kernel without openat2.
 * For tests of that path. */
void beneath_disable_openat2(void);

#endif
