/* SPDX-License-Identifier: MIT */
/* Where a program or a directory of the host lies. */
#ifndef CLAUDEFS_BASE_PROGRAM_PATH_H
#define CLAUDEFS_BASE_PROGRAM_PATH_H

/* The kernel's name (ret_) of what a descriptor (O_PATH suffices) is open on, or NULL with errno:
 * ENOENT if it has none any more, ENAMETOOLONG from PATH_MAX bytes on. */
char *fd_kernel_path(int fd);

/* The kernel's name of an executable regular file (ret_), links followed, or NULL with errno. */
char *program_canonical(const char *path);
/* The same of a directory. */
char *directory_canonical(const char *path);

/* The path (ret_) of the first executable called name on PATH, links followed, or NULL. Relative
 * entries of PATH are skipped. */
char *program_on_path(const char *name);
/* The same, but as it is called there: a shim that looks at its own name goes on working. */
char *program_as_named(const char *name);

#endif
