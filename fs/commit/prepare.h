/* SPDX-License-Identifier: MIT */
/* Turns a plan into an intent that can be carried out without the review: digests of what is to be
 * written, the lines to append, the directories on the way. Reads the session and the host; writes
 * only to receipts/<n>. */
#ifndef CLAUDEFS_COMMIT_PREPARE_H
#define CLAUDEFS_COMMIT_PREPARE_H

#include "fs/commit/intent.h"

/* Tells of a planned change that cannot be carried out, and why. */
typedef void prepare_reject_fn(const struct plan_entry *entry, enum commit_status status,
			       const char *reason, void *arg);

/* Fills intent's entries. What cannot be prepared is left out and told to reject. Returns 0 or
 * -errno. */
int prepare_intent(const struct commit_plan *plan, int root_fd, int receipt_fd,
		   prepare_reject_fn *reject, void *arg, struct intent *intent);

#endif
