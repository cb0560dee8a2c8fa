/* SPDX-License-Identifier: MIT */
/* The merge that is none: one side may have changed, else it is a conflict. Pure. */
#ifndef CLAUDEFS_MERGE_REPLACE_H
#define CLAUDEFS_MERGE_REPLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/hash.h"

/* One side's content at a name. */
struct merge_side {
	bool exists;
	uint64_t size;
	struct hash hash;
};

enum merge_outcome {
	MERGE_UNCHANGED, /* the host has theirs already, or theirs is the base */
	MERGE_APPLY,     /* the host still has the base: theirs goes there */
	MERGE_CONFLICT,  /* both changed */
};

enum merge_outcome merge_replace(const struct merge_side *base, const struct merge_side *host,
				 const struct merge_side *theirs);

#endif
