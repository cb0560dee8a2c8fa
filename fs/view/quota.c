/* SPDX-License-Identifier: MIT */
#include "fs/view/quota.h"

#include <errno.h>

#include "fs/journal/writer.h"

static int take(atomic_ullong *counter, uint64_t amount, uint64_t other, uint64_t max)
{
	unsigned long long used = atomic_load(counter);

	do {
		if (used > max || other > max - used || amount > max - used - other)
			return -ENOSPC;
	} while (!atomic_compare_exchange_weak(counter, &used, used + amount));
	return 0;
}

int quota_take(struct quota *quota, uint64_t bytes, uint64_t inodes)
{
	/* The journal cannot shrink, so what it holds is lost to contents. */
	int r = take(&quota->bytes, bytes, journal_writer_size(quota->journal), quota->bytes_max);

	if (r < 0)
		return r;
	r = take(&quota->inodes, inodes, 0, quota->inodes_max);
	if (r < 0)
		(void)atomic_fetch_sub(&quota->bytes, bytes);
	return r;
}

void quota_give(struct quota *quota, uint64_t bytes, uint64_t inodes)
{
	(void)atomic_fetch_sub(&quota->bytes, bytes);
	(void)atomic_fetch_sub(&quota->inodes, inodes);
}

uint64_t quota_bytes_used(struct quota *quota)
{
	return atomic_load(&quota->bytes) + journal_writer_size(quota->journal);
}
