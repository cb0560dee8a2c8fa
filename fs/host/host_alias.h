/* SPDX-License-Identifier: MIT */
/* Does a place on the host have a name in the state already? A link of the user's that leads back
 * into ~/.claude, or to where another link leads, is a second name for what the rules may hide
 * under the first one. Private to fs/host. */
#ifndef CLAUDEFS_HOST_HOST_ALIAS_H
#define CLAUDEFS_HOST_HOST_ALIAS_H

#include <stddef.h>
#include <stdint.h>

#define HOST_ALIAS_DEPTH_MAX 256u /* directories between a place and the root of the machine */

/* A directory, or the file name in it, that has the state path path. */
struct host_origin {
	uint64_t dev;
	uint64_t ino;
	const char *name; /* NULL: the directory, and all beneath it */
	const char *path;
};

/* The state path (ret_; NULL: it has none) of name in dir_fd (both borrowed; name NULL: dir_fd
 * itself), by the nearest of the origins. Returns 0, -ENOENT (it has one that cannot be told) or
 * another -errno. */
int host_alias_find(int dir_fd, const char *name, const struct host_origin *origins, size_t count,
		    char **ret);

#endif
