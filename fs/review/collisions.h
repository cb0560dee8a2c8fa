/* SPDX-License-Identifier: MIT */
/* Names that some host would take for one: two changes, or a change and what the host has, whose
 * names differ but fold to the same (fold.h). */
#ifndef CLAUDEFS_REVIEW_COLLISIONS_H
#define CLAUDEFS_REVIEW_COLLISIONS_H

#include "fs/review/review_state.h"

/* Moves changes that would be applied from their group to REVIEW_CONFLICT, with the reason.
 * Returns 0 or -errno. */
int collisions_mark(struct review *review);

#endif
