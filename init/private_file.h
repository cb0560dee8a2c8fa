/* SPDX-License-Identifier: MIT */
/* How variables that may be secrets reach the agent's first process in its container: as a file in
 * its home, which is memory, written by the keeper before the view is attached, read and removed
 * by our own program before the agent's first instruction. So they are in no description of the
 * container and in no environment that `docker exec` inherits. */
#ifndef CLAUDEFS_INIT_PRIVATE_FILE_H
#define CLAUDEFS_INIT_PRIVATE_FILE_H

#include <stddef.h>

#define PRIVATE_FILE_MAX (256u << 10) /* bytes */

/* Makes the file in the home (borrowed fd). Returns 0 or -errno (-EEXIST: not ours). */
int private_file_write(int home_fd, const char *data, size_t len);

/* Reads the file and removes it. *ret (ret_) has a NUL behind its *ret_len bytes. Returns 0 or
 * -errno (-ENOENT: nobody wrote it). */
int private_file_take(int home_fd, char **ret, size_t *ret_len);

#endif
