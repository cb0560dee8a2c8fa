/* SPDX-License-Identifier: MIT */
/* Lines at the end of a host file that others may be appending to: exactly once, also over crashes.
 */
#ifndef CLAUDEFS_COMMIT_APPEND_H
#define CLAUDEFS_COMMIT_APPEND_H

#include "fs/commit/host_file.h"

/* Applies a PLAN_APPEND entry, or finishes one that was begun. Returns 0 (settled) or -errno. */
int append_apply(struct target *target);

/* True (1) if source's [from, from + size) stands in fd at offset; 0 or -errno. */
int append_is_block_at(int fd, uint64_t offset, int source, uint64_t from, uint64_t size);

/* How much of block (block_len bytes) is in region already. Pure. *ret_end: the offset in region
 * behind the longest beginning of block that is there. Returns its length: block_len: all of it is
 * there; less, with *ret_end == region_len: the beginning ends the region. */
size_t append_find(const char *region, size_t region_len, const char *block, size_t block_len,
		   size_t *ret_end);

#endif
