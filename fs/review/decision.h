/* SPDX-License-Identifier: MIT */
/* What the person decided about changes of a session: decisions.json in its directory. Each
 * decision is bound to a SHA-256 of exactly what was shown (change_digest.h), and carries a tag
 * that only the host's side of this machine can make (state_key.h): the daemon beside the sandbox
 * can write the file, but cannot approve anything. What has no right tag is dropped and counted. */
#ifndef CLAUDEFS_REVIEW_DECISION_H
#define CLAUDEFS_REVIEW_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/base/digest.h"
#include "fs/session/state_key.h"

#define DECISIONS_VERSION  2u          /* 1 had no "asks" */
#define DECISIONS_FILE_MAX (64u << 20) /* bytes */
#define DECISIONS_MAX      100000u
#define DECISION_PART_MAX  4096u /* bytes of a part's name */

enum decision_verdict {
	DECISION_NONE,
	DECISION_APPROVED,
	DECISION_REJECTED,
};

/* What of a change it is about. */
enum decision_scope {
	DECISION_WHOLE,
	DECISION_HUNK,   /* part: the number of the edit (hunks.h) */
	DECISION_KEY,    /* part: the key's path */
	DECISION_RECORD, /* part: the record's name */
};

struct decision {
	const char *path; /* borrowed */
	enum decision_scope scope;
	const char *part;              /* borrowed; "" for the whole */
	enum decision_verdict verdict; /* DECISION_NONE: only asks is left of it */
	struct digest digest;          /* of what was shown */
	uint64_t time_ns;
	/* The person rejected it once: whatever the rules let go by themselves, this does not,
	 * until the decision is reset. */
	bool asks;
};

struct decisions;

/* key and session_id are borrowed for the life of the decisions. *ret_forged (may be NULL) counts
 * what had no right tag. Returns 0 (also where there is no file), -EBADMSG, -EPROTONOSUPPORT,
 * -ENOMEM or -errno. */
int decisions_read(int session_fd, const char *session_id, const struct state_key *key,
		   struct decisions **ret, size_t *ret_forged);
/* Empty ones, in memory only: they cannot be written. NULL: out of memory. */
struct decisions *decisions_new(void);
void decisions_free(struct decisions *decisions);
void cleanup_decisions_free(struct decisions **decisions);
#define cleanup_decisions __attribute__((cleanup(cleanup_decisions_free)))

size_t decisions_count(const struct decisions *decisions);
const struct decision *decisions_get(const struct decisions *decisions, size_t index);

/* One with a verdict; NULL: none. Borrowed until the next change of decisions. */
const struct decision *decisions_find(const struct decisions *decisions, const char *path,
				      enum decision_scope scope, const char *part);
/* What counts of what was decided about a part, if it is shown with this digest now. */
struct part_verdict {
	enum decision_verdict verdict; /* DECISION_NONE: none, or it has lapsed */
	bool has_lapsed;
	bool asks; /* it was rejected once: it does not go by itself */
};
struct part_verdict decisions_verdict(const struct decisions *decisions, const char *path,
				      enum decision_scope scope, const char *part,
				      const struct digest *digest);
/* True if there is one with a verdict, of that scope, for the path, whatever its part. */
bool decisions_has(const struct decisions *decisions, const char *path, enum decision_scope scope);
/* True if something of that scope was rejected once, and is not any more. */
bool decisions_asks(const struct decisions *decisions, const char *path, enum decision_scope scope);
/* How many of that scope reject, for whatever digests. */
size_t decisions_count_rejected(const struct decisions *decisions, const char *path,
				enum decision_scope scope);

/* Sets one (in place of one about the same part). Returns 0, -E2BIG, -ENAMETOOLONG or -ENOMEM. */
int decisions_set(struct decisions *decisions, const char *path, enum decision_scope scope,
		  const char *part, enum decision_verdict verdict, const struct digest *digest);
/* Forgets the one about that part: true if there was one. */
bool decisions_forget_part(struct decisions *decisions, const char *path, enum decision_scope scope,
			   const char *part);
/* Forgets all of the path. Returns how many. */
size_t decisions_forget(struct decisions *decisions, const char *path);
/* Makes room for other verdicts on the path: those of the scope, or of all, are forgotten but for
 * what was rejected once, which asks from then on. */
void decisions_set_aside(struct decisions *decisions, const char *path, enum decision_scope scope);
void decisions_set_aside_all(struct decisions *decisions, const char *path);
/* What was approved of the path until then does not count any more, and the path goes by approval
 * only: a commit of it was taken back. In memory only, never to be written. Returns 0, -E2BIG or
 * -ENOMEM. */
int decisions_expire(struct decisions *decisions, const char *path, uint64_t time_ns);

/* Durably. Returns 0 or -errno. */
int decisions_write(const struct decisions *decisions, int session_fd);

/* One writer at a time: read, change and write while the fd that this returns is open. -EBUSY:
 * another `claudefs` is deciding. */
int decisions_lock(int session_fd);

/* "approved", "rejected", "none": for JSON. */
const char *decision_verdict_name(enum decision_verdict verdict);

#endif
