/* SPDX-License-Identifier: MIT */
/* What a review holds; private to fs/review. */
#ifndef CLAUDEFS_REVIEW_REVIEW_STATE_H
#define CLAUDEFS_REVIEW_REVIEW_STATE_H

#include "fs/journal/content_store.h"
#include "fs/review/receipt.h"
#include "fs/review/review.h"
#include "fs/review/still.h"

struct review {
	struct review_options options;
	struct replay *replay;
	struct receipts *receipts;
	struct decisions *decisions; /* NULL: without a key */
	size_t forged;
	struct content_store *store; /* NULL: the session has no objects */
	struct still *still;         /* NULL: the session has ended, nobody writes to them */
	int root_fd;                 /* of the host's ~/.claude; -1: there is none */
	struct change *changes;
	size_t count;
	size_t size;
	size_t committed;
};

#endif
