/* SPDX-License-Identifier: MIT */
#include "fs/merge/replace.h"

static bool is_same(const struct merge_side *a, const struct merge_side *b)
{
	if (!a->exists || !b->exists)
		return a->exists == b->exists;
	return a->size == b->size && hash_is_equal(&a->hash, &b->hash);
}

enum merge_outcome merge_replace(const struct merge_side *base, const struct merge_side *host,
				 const struct merge_side *theirs)
{
	if (is_same(theirs, base) || is_same(theirs, host))
		return MERGE_UNCHANGED;
	return is_same(host, base) ? MERGE_APPLY : MERGE_CONFLICT;
}
