/* SPDX-License-Identifier: MIT */
/* Files of the person's that are as good as rules: what they say is done, so nobody else may be
 * able to write them. */
#ifndef CLAUDEFS_LAUNCHER_OWN_FILE_H
#define CLAUDEFS_LAUNCHER_OWN_FILE_H

#include <stddef.h>

/* Reads a regular file that belongs to the caller or root and is writable by nobody else. *ret
 * (ret_, NUL added). Returns 0, -ENOENT, -EPERM (another's, or writable by others), -EINVAL (no
 * regular file), -EFBIG (over max bytes) or -errno. */
int own_file_read(const char *path, size_t max, char **ret, size_t *ret_len);

/* Says on stderr why one could not be read. */
void own_file_say(const char *path, int error);

#endif
