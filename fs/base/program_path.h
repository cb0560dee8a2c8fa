/* SPDX-License-Identifier: MIT */
/* Where a program or a directory of the host lies. */
#ifndef CLAUDEFS_BASE_PROGRAM_PATH_H
#define CLAUDEFS_BASE_PROGRAM_PATH_H

/* The kernel's name of an executable regular file (ret_), links followed, or NULL with errno. */
char *program_canonical(const char *path);
/* The same of a directory. */
char *directory_canonical(const char *path);

/* The path (ret_) of the first executable called name on PATH, links followed, or NULL. Relative
 * entries of PATH are skipped. */
char *program_on_path(const char *name);

#endif
