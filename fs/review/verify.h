/* SPDX-License-Identifier: MIT */
/* Walks everything that a session consists of: journal chain and consistency, every live object
 * against its seal, every receipt with its pre-images. */
#ifndef CLAUDEFS_REVIEW_VERIFY_H
#define CLAUDEFS_REVIEW_VERIFY_H

#include <stdint.h>

#include "fs/review/replay.h"

struct verify_report {
	enum journal_state journal;
	uint64_t offset; /* where the journal was cut off or is damaged */
	uint64_t records;
	uint64_t objects;
	uint64_t receipts;
	uint64_t unfinished; /* commits that were cut short: no damage, the next commit ends them */
	uint64_t problems;
};

/* problem (may be NULL) is called with one terminal-safe line for each thing that does not verify.
 * A torn tail is told in the report and is no problem: a crash leaves one. Returns 0 (see
 * report.problems), -ENOENT, -EPROTONOSUPPORT or -errno. */
int verify_session(int session_fd, const char *session_id,
		   void (*problem)(const char *text, void *arg), void *arg,
		   struct verify_report *ret);

#endif
