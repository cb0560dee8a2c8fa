/* SPDX-License-Identifier: MIT */
/* Git's id of a content, by libgit2 (SHA-1 with collision detection): one that an agent can not aim
 * at, and that `git hash-object` prints too. */
#ifndef CLAUDEFS_GIT_OBJECT_ID_H
#define CLAUDEFS_GIT_OBJECT_ID_H

#include <stddef.h>
#include <stdint.h>

#define OBJECT_ID_SIZE     20u /* bytes */
#define OBJECT_ID_HEX_SIZE 41u /* characters with the NUL */

/* Returns 0 or -EIO (libgit2 does not start, or the content is a known collision). */
int object_id_of(const void *data, size_t len, uint8_t ret[OBJECT_ID_SIZE]);
void object_id_to_hex(const uint8_t id[OBJECT_ID_SIZE], char hex[OBJECT_ID_HEX_SIZE]);
/* Returns 0 or -EINVAL. */
int object_id_from_hex(const char *hex, uint8_t ret[OBJECT_ID_SIZE]);

#endif
