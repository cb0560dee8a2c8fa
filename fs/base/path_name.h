/* SPDX-License-Identifier: MIT */
/* State paths: names relative to the root of a `~/.claude`, as one string.
 *
 * A state path is "" (the root) or components joined by single '/', none of them empty, "." or
 * "..", none with a NUL. It never starts or ends with '/'. Bytes are otherwise free (a name need
 * not be UTF-8). */
#ifndef CLAUDEFS_BASE_PATH_NAME_H
#define CLAUDEFS_BASE_PATH_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define PATH_NAME_MAX 255u /* bytes of one component, as NAME_MAX of Linux file systems */
#define PATH_BYTES_MAX                                                             \
	16384u /* bytes of a state path: above PATH_MAX, since dirfds reach deeper \
		*/

/* True for one valid component of len bytes. */
bool path_name_is_valid(const char *name, size_t len);
bool path_is_valid(const char *path);

/* parent + "/" + name (ret_). Returns 0, -EINVAL (name not valid), -ENAMETOOLONG or -ENOMEM. */
int path_join(const char *parent, const char *name, char **ret);

/* The last component (borrowed, points into path; "" for the root). */
const char *path_base(const char *path);

/* The path without its last component (ret_; "" for a path of one component). NULL: out of memory.
 */
char *path_parent(const char *path);

/* True if path is ancestor itself or lies beneath it. The root is above everything. */
bool path_is_beneath(const char *path, const char *ancestor);

/* Steps through the components: *cursor starts as the path; returns the next component (borrowed,
 * NOT NUL-terminated, its length in *ret_len) or NULL at the end. */
const char *path_next(const char **cursor, size_t *ret_len);

#endif
