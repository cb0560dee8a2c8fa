/* SPDX-License-Identifier: MIT */
/* Net changes: what stands at each name at the end, less what the session found there, less what
 * commits have applied already. No verdicts yet. */
#ifndef CLAUDEFS_REVIEW_CHANGE_SET_H
#define CLAUDEFS_REVIEW_CHANGE_SET_H

#include "fs/review/review_state.h"

/* Fills review->changes (each zero where verdicts are concerned) from its replay, receipts and
 * store. Returns 0, -ENOMEM or -errno. */
int change_set_build(struct review *review);
void change_set_done(struct review *review);

/* Rehashes: 1 if [0, size) of a change's content is what base says the session had there, else 0,
 * or -errno. */
int change_set_begins_with_base(const struct review *review, const struct change *change);

#endif
