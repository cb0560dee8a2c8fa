/* SPDX-License-Identifier: MIT */
/* How much a session may keep: bytes of content, and files and directories of its own. */
#ifndef CLAUDEFS_VIEW_QUOTA_H
#define CLAUDEFS_VIEW_QUOTA_H

#include <stdatomic.h>
#include <stdint.h>

#define QUOTA_BYTES_DEFAULT  (8ull << 30)
#define QUOTA_INODES_DEFAULT 200000ull

struct journal_writer;

struct quota {
	uint64_t bytes_max;
	uint64_t inodes_max;
	atomic_ullong bytes;
	atomic_ullong inodes;
	struct journal_writer *journal; /* borrowed: its length counts too */
};

/* Takes bytes and inodes, or neither: 0 or -ENOSPC. With 0 and 0: is there room for anything? */
int quota_take(struct quota *quota, uint64_t bytes, uint64_t inodes);
void quota_give(struct quota *quota, uint64_t bytes, uint64_t inodes);
uint64_t quota_bytes_used(struct quota *quota);

#endif
