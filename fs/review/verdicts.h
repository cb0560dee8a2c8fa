/* SPDX-License-Identifier: MIT */
/* Joins net changes with what today's rules say of their names, what this host has there, and what
 * their contents are: each change gets its group and a reason. Fails closed: what cannot be judged
 * does not leave the session. */
#ifndef CLAUDEFS_REVIEW_VERDICTS_H
#define CLAUDEFS_REVIEW_VERDICTS_H

#include "fs/review/review_state.h"

/* Returns 0, -ENOMEM or -errno. */
int verdicts_join(struct review *review);

#endif
