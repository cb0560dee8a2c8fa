/* SPDX-License-Identifier: MIT */
/* Reads the contents of changes and finds their hazards (hazards.h). */
#ifndef CLAUDEFS_REVIEW_CHANGE_HAZARDS_H
#define CLAUDEFS_REVIEW_CHANGE_HAZARDS_H

#include "fs/review/review.h"

/* Bytes read of one review: changes behind them are not looked at, and say so. */
#define HAZARD_READ_MAX (512u << 20)
#define HAZARDS_KEPT    20000u /* of one review; changes behind them keep one each */

/* Fills the hazards of every change. Returns 0 or -ENOMEM. */
int review_find_hazards(struct review *review);

#endif
