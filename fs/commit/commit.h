/* SPDX-License-Identifier: MIT */
/* The only code that writes to the host's ~/.claude.
 *
 * The root is opened once and pinned; it must be the directory that the session started with. Each
 * entry is written to a temporary file beside its target and moved into place, or appended under a
 * recorded offset; nothing else is ever written in place. What will be done is durable before the
 * first of it is done (receipts/<n>/intent.json), so that a commit killed at any instruction is
 * finished by the next one: each host file is old or new, an appended line is there exactly once.
 *
 * A caller opens a commit (which first finishes one that was cut short), then reviews, plans and
 * applies. */
#ifndef CLAUDEFS_COMMIT_COMMIT_H
#define CLAUDEFS_COMMIT_COMMIT_H

#include "fs/commit/plan.h"

struct commit;

enum commit_status {
	COMMIT_APPLIED,
	COMMIT_CONFLICT, /* the host changed: stays pending */
	COMMIT_LAPSED,   /* the session wrote again while it was committed: stays pending */
	COMMIT_SKIPPED,  /* e.g. a directory that is not empty on the host: stays pending */
	COMMIT_DAMAGED,  /* the object is not what the journal says: stays pending */
	COMMIT_FAILED,   /* the host refused (error): stays pending */
};

/* One entry that was dealt with. */
struct commit_event {
	size_t index; /* of the count entries of its receipt */
	size_t count;
	const char *path; /* borrowed during the call */
	enum plan_action action;
	enum commit_status status;
	const char *reason; /* one terminal-safe line, borrowed; NULL for COMMIT_APPLIED */
	int error;          /* COMMIT_FAILED: -errno */
	bool is_recovered;  /* belongs to a commit that was cut short */
};
typedef void commit_event_fn(const struct commit_event *event, void *arg);

struct commit_result {
	uint64_t receipt; /* number of the last one; 0: nothing was to be done, none was written */
	size_t applied;
	size_t conflicts;
	size_t skipped; /* SKIPPED and LAPSED */
	size_t damaged;
	size_t failed;
};

/* Pins the host root, takes the lock of the host state and finishes commits of this session that
 * were cut short (event is called for each of their entries; *ret_recovered, may be NULL, sums
 * them). Borrows session_fd and manifest. A root that did not exist when the session started is
 * made (0700) when the first entry is applied. Returns 0, -ESTALE (the root is missing or is not
 * the one of the session: EXIT_HOST_STATE), -EBUSY (another commit of this host state), -EBADMSG
 * (an intent does not verify), -ENOSPC, -EDQUOT or another -errno. */
int commit_open(int session_fd, const struct manifest *manifest, int state_fd,
		commit_event_fn *event, void *arg, struct commit_result *ret_recovered,
		struct commit **ret);
void commit_close(struct commit *commit);
void cleanup_commit_close(struct commit **commit);
#define cleanup_commit __attribute__((cleanup(cleanup_commit_close)))

/* Applies the plan, which was made of a review read after commit_open(). An entry that cannot be
 * applied stays pending and is reported; the rest goes on. A long plan (prepare.h) is carried out
 * in parts with a receipt each, so that neither memory nor a receipt grows with it.
 * Returns 0 (see *ret), or -ENOSPC, -EDQUOT, -EIO, ...: stopped; each host file is old or new, and
 * the next commit_open() finishes the rest. */
int commit_apply(struct commit *commit, const struct commit_plan *plan, commit_event_fn *event,
		 void *arg, struct commit_result *ret);

/* "applied", "conflict", "lapsed", "skipped", "damaged", "failed". */
const char *commit_status_name(enum commit_status status);

/* EXIT_OK, EXIT_CONFLICT, EXIT_DAMAGED or EXIT_FAULT: the gravest of what a result holds. */
int commit_exit_code(const struct commit_result *result);

#endif
