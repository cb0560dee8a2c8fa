/* SPDX-License-Identifier: MIT */
/* Hazards for a person: what to look at before anything else. */
#ifndef CLAUDEFS_REVIEW_PRINT_HAZARDS_H
#define CLAUDEFS_REVIEW_PRINT_HAZARDS_H

#include "fs/review/print_status.h"
#include "fs/review/review.h"

/* "! HZ-HOOK SessionStart runs ...", a line for each hazard of one change; nothing if it has none.
 * Returns 0 or -ENOMEM. */
int print_hazards(const struct change *change, const struct print_style *style, FILE *stream);

/* Those of the whole review under a title of their own, the changes that could come home first;
 * long lists are cut, and say so. Returns 0 or -ENOMEM. */
int print_all_hazards(const struct review *review, const struct print_style *style, FILE *stream);

#endif
