/* SPDX-License-Identifier: MIT */
/* Turns a plan into an intent that can be carried out without the review: digests of what is to be
 * written, the lines to append, the directories on the way. Reads the session and the host; writes
 * only to receipts/<n>. */
#ifndef CLAUDEFS_COMMIT_PREPARE_H
#define CLAUDEFS_COMMIT_PREPARE_H

#include "fs/commit/intent.h"

struct prepare_hooks {
	/* Tells of a planned change that cannot be carried out, or not wholly, and why. */
	void (*reject)(const struct plan_entry *entry, enum commit_status status,
		       const char *reason, void *arg);
	/* Before a file that is merged by key is read, which is then written as the first of the
	 * intent: takes what keeps others from it. Returns 0 or -errno (-EBUSY: they have it). */
	int (*lock)(const struct plan_entry *entry, void *arg);
	void *arg;
};

/* An intent must fit into one file (RECEIPT_FILE_MAX), and into memory, however much a session
 * changed. These are reached before the end of a long plan: the rest is another intent's. */
#define PREPARE_ENTRIES_MAX 1000u
#define PREPARE_BYTES_MAX   (16u << 20) /* of names; directories on the way count */

/* Fills intent's entries from *cursor on in the plan, and moves it past what was taken. What cannot
 * be prepared is left out and told. Returns 0 or -errno. */
int prepare_intent(const struct commit_plan *plan, size_t *cursor, int root_fd, int receipt_fd,
		   const struct prepare_hooks *hooks, struct intent *intent);

#endif
