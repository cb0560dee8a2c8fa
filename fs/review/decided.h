/* SPDX-License-Identifier: MIT */
/* Joins the changes with what the person decided about them. */
#ifndef CLAUDEFS_REVIEW_DECIDED_H
#define CLAUDEFS_REVIEW_DECIDED_H

#include "fs/review/review.h"

/* Reads the decisions and sets change->decision (and ->digest) of every change. What never leaves,
 * is held or is in conflict is decided by nobody: a decision from before has lapsed there.
 * Returns 0 or -errno. */
int decided_join(struct review *review);

#endif
