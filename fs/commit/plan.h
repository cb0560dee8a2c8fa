/* SPDX-License-Identifier: MIT */
/* Which pending changes a commit applies, in which order, and why the others stay. Writes nothing
 * and takes no lock: `commit -n` is a plan that is printed. */
#ifndef CLAUDEFS_COMMIT_PLAN_H
#define CLAUDEFS_COMMIT_PLAN_H

#include "fs/review/key_changes.h"
#include "fs/review/review.h"

struct plan_entry;

/* What the person chose now; decisions from before are in the changes. REVIEW_NEVER_LEAVES,
 * REVIEW_HELD and REVIEW_CONFLICT are beyond any choice. What was rejected stays, unless it is
 * named by its own path in only. */
struct commit_choice {
	bool approve_all;        /* --all: everything that may be approved */
	const char *const *only; /* --only: these names, and what is beneath them; NULL: no limit */
	size_t only_count;
	bool only_approves; /* to be named in only is to be approved */
	/* commit -i: true approves the change, as it was when its digest was entry->digest; or of
	 * it the entry->chosen edits (malloc'd, taken), or the parts that entry->answers (taken)
	 * approve, whatever is returned. NULL: nobody is asked. Only for
	 * REVIEW_NEEDS_APPROVAL changes that nothing above approves, and that the person has not
	 * decided about before, or not about all of it. */
	bool (*is_approved)(const struct change *change, struct plan_entry *entry, void *arg);
	/* Of a file that is merged by key: what becomes of a key that asks, or is in conflict.
	 * NULL: what asks goes if the file is approved by the above, and conflicts stay. Keys that
	 * never leave are beyond any choice here too. */
	enum json_key_choice (*choose_key)(const struct change *change,
					   const struct key_change *key, void *arg);
	void *arg;
	/* Conflicts to settle: the session's side takes the place of what the host has, or the
	 * host's stays and counts as settled (of a transcript only the records in conflict stay
	 * behind). If there are any, nothing else is committed. */
	const struct change *const *theirs;
	size_t theirs_count;
	const struct change *const *ours;
	size_t ours_count;
};

enum plan_action {
	PLAN_MKDIR,   /* parents first */
	PLAN_CREATE,  /* a new file */
	PLAN_REPLACE, /* another content for a file whose host side is still the base */
	PLAN_APPEND,  /* lines at the end of a file, whatever else the host gained */
	PLAN_CUT,     /* undo only: the same lines taken out again */
	PLAN_DELETE,
	PLAN_RMDIR, /* children first */
	PLAN_KEEP,  /* the host's side stays, and the session's is settled */
};

struct plan_entry {
	const struct change *change; /* borrowed from the review */
	enum plan_action action;
	/* Theirs: what the host has and loses, in place of change->base. */
	bool has_base;
	struct change_base base;
	/* It was approved as it was then (change_digest.h): checked once more when it is prepared.
	 */
	bool is_bound;
	struct digest digest;
	bool is_by_key; /* only some of its keys are written (key_changes.h); these come last */
	/* The person decided about its keys or records one by one: what was rejected stays, what
	 * was approved goes, in each case as far as it is what was shown. */
	bool by_parts;
	/* What was answered just now, about all of them; NULL: what was decided before counts.
	 * Owned by the plan. */
	struct decisions *answers;
	bool takes_asked;     /* the keys that ask; by_parts: the parts that nobody decided about */
	bool forces;          /* and those that are in conflict (theirs) */
	bool drops_conflicts; /* of a transcript: records in conflict stay behind (ours), and with
				 by_parts the rejected ones: all of it is settled */
	/* Only these edits of it (hunks.h), by number; the others stay pending. NULL: all of it.
	 * Owned by the plan. */
	bool *chosen;
	size_t chosen_count;
};

/* A change that stays pending, or of which something does, although the choice covered it. */
struct plan_rest {
	const struct change *change;
	const char *reason; /* borrowed from the plan; one line */
	bool is_open;       /* it waits for the person's word (what the plan takes does not) */
};

struct commit_plan;

/* The review must outlive the plan. Returns 0, -ENOENT (*ret_missing, borrowed from the choice,
 * names nothing that is pending) or -ENOMEM. */
int commit_plan_new(const struct review *review, const struct commit_choice *choice,
		    struct commit_plan **ret, const char **ret_missing);
void commit_plan_free(struct commit_plan *plan);
void cleanup_commit_plan_free(struct commit_plan **plan);
#define cleanup_commit_plan __attribute__((cleanup(cleanup_commit_plan_free)))

/* Of an entry that is by key: what becomes of a key. The plan keeps the choice's callbacks: they
 * must outlive it. */
enum json_key_choice commit_plan_choose_key(const struct commit_plan *plan,
					    const struct plan_entry *entry,
					    const struct key_change *key);

/* Of an entry that is by_parts and not by key: whether a record of it goes. names: of the records
 * before it. Returns 1, 0 or -errno. */
struct record_names;
int commit_plan_takes_record(const struct commit_plan *plan, const struct plan_entry *entry,
			     struct record_names *names, const char *line, size_t len);

/* In the order of application. Borrowed. */
size_t commit_plan_count(const struct commit_plan *plan);
const struct plan_entry *commit_plan_get(const struct commit_plan *plan, size_t index);

size_t commit_plan_rest_count(const struct commit_plan *plan);
const struct plan_rest *commit_plan_rest_get(const struct commit_plan *plan, size_t index);

const struct review *commit_plan_review(const struct commit_plan *plan);

/* "mkdir", "create", "replace", "append", "cut", "delete", "rmdir", "keep". */
const char *plan_action_name(enum plan_action action);

#endif
