/* SPDX-License-Identifier: MIT */
/* One net change of a session: what stands at one name at the end, compared with what the session
 * found there (or with what the last commit left there). Plain data; strings may hold any bytes and
 * must be made safe before they are printed. */
#ifndef CLAUDEFS_REVIEW_CHANGE_H
#define CLAUDEFS_REVIEW_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/digest.h"
#include "fs/journal/record.h"
#include "fs/policy/decide.h"
#include "fs/review/decision.h"
#include "fs/review/hazards.h"

enum change_kind {
	CHANGE_CREATE,      /* a file where there was nothing */
	CHANGE_MODIFY,      /* a file with another content */
	CHANGE_DELETE,      /* a file is gone */
	CHANGE_MKDIR,       /* a directory where there was nothing */
	CHANGE_RMDIR,       /* a directory is gone */
	CHANGE_TYPE_CHANGE, /* a file became a directory or the reverse: never applied by itself */
};

/* What review thinks of it; in the order in which they are shown within each group: deletions and
 * type changes first, then by path. */
enum review_group {
	REVIEW_WILL_COMMIT,    /* auto: committed without asking */
	REVIEW_NEEDS_APPROVAL, /* committed when approved */
	REVIEW_NEVER_LEAVES,   /* never leaves the session, whatever is approved */
	REVIEW_HELD,     /* cannot be applied as it is (not JSON, symlink in the way, damaged ...),
			    whatever is approved */
	REVIEW_CONFLICT, /* the host changed too, or two changes fall on one name */
};

/* What the person decided about it (decision.h), as far as it still counts. */
enum change_decision {
	CHANGE_UNDECIDED,
	CHANGE_APPROVED,
	CHANGE_REJECTED, /* stays, and is not asked about, until it changes */
	CHANGE_PARTLY,   /* some of its parts were decided */
	CHANGE_LAPSED,   /* decided once, and it or the host has changed since */
};

/* What the host must still be for the change to apply, and what the session found there. They
 * differ where a filter stood between, or where a commit united lines of both. */
struct change_base {
	bool exists;
	bool is_directory;
	bool is_commit;       /* as the last commit left it, not as the journal's BASE has it */
	bool was_host;        /* the host had it before the session */
	bool is_sampled;      /* hash: see sample.h */
	bool is_host_sampled; /* host_hash */
	bool has_gaps;        /* some records were committed since, not all before them */
	struct journal_identity identity; /* of the host's file */
	uint64_t found; /* bytes that the host's file had when the session found it; no commit moves
			   this */
	struct hash host_hash; /* of its identity.size bytes; zero: unknown */
	uint64_t size;         /* of the content as the session had it */
	struct hash hash;      /* of that; zero: unknown */
	uint64_t object;       /* copy of that; 0: none */
	uint64_t receipt; /* not 0: receipts/<receipt>/base-<receipt_entry> is that (see receipt.h)
			   */
	size_t receipt_entry;
};

/* Of a file that is merged by key (key_changes.h): how many changed keys there are of each fate. */
struct change_keys {
	size_t goes;
	size_t asks;
	size_t conflicts;
	size_t stays;
	size_t done;
};

/* What was decided about its parts by name (parts.h). */
struct change_parts {
	enum decision_scope scope; /* DECISION_WHOLE: nothing was */
	size_t approved;
	size_t rejected;
	size_t lapsed;     /* decided once, and changed since */
	size_t open;       /* that need approval, and about which nothing counts */
	size_t total;      /* that may be decided about */
	size_t asks_again; /* of the open ones: would go by themselves, and were rejected once */
};

struct change {
	char *path;
	enum change_kind kind;
	bool is_append_only; /* MODIFY: [0, base.size) is the base's content still */
	bool is_damaged;     /* the object is missing, or not what the journal says */
	bool is_moot;        /* the host is like that already: not listed */
	bool has_host_entry; /* the host has an entry of this name now */
	struct journal_identity host_identity; /* of that entry; zero: none */
	uint64_t object; /* content: [0, prefix) of the host's prefix_path, then the object */
	uint64_t prefix;
	char *prefix_path; /* NULL: no prefix */
	uint64_t size;     /* of the whole content */
	uint32_t mode;     /* as the session has it, type included */
	uint64_t mtime_ns;
	uint64_t time_ns; /* of the last record that made the change */
	uint64_t seq;     /* of that record */
	struct change_base base;
	const char *exe;     /* last writer; NULL: unknown */
	const char *command; /* its command line; NULL: unknown */
	uint32_t pid;        /* in the session; 0: unknown */

	/* The verdict of today's rules on this host. */
	enum review_group group;
	struct verdict verdict;
	char reason[200];           /* one line; terminal-safe */
	struct hazard_list hazards; /* empty until review_find_hazards() */
	/* REVIEW_CONFLICT: the person may settle it: the host's side stays (ours; of a transcript
	 * the host's records do, and those of the session that are not in conflict are added), or
	 * the session's takes its place (theirs). */
	bool may_keep_ours;
	bool may_take_theirs;
	/* How it would be applied: verdict.merge, but REPLACE where nothing else can be. */
	enum rule_merge merge;

	enum change_decision decision;
	/* REVIEW_WILL_COMMIT by the rules, but the person took a commit of it back, or rejected it
	 * once and that rejection does not stand for what it is now: REVIEW_NEEDS_APPROVAL. By key:
	 * nothing of it goes by itself. */
	bool asks_again;
	struct digest digest; /* what a decision about it is bound to (change_digest.h); only where
				 there is or was one */
	struct change_keys keys; /* for RULE_MERGE_JSON_KEYS */
	struct change_parts parts;
	/* CHANGE_PARTLY: the verdict on each edit (hunks.h); owned by the review. */
	enum decision_verdict *hunks;
	size_t hunk_count;
};

/* "create", "modify", ...: for people and JSON. */
const char *change_kind_name(enum change_kind kind);
/* "commit", "approval", "never", "held", "conflict": for JSON. */
const char *review_group_name(enum review_group group);
/* True if the person has not decided about all of it as it is. */
bool change_is_open(const struct change *change);
/* True if one of its edits has that verdict. */
bool change_has_hunk(const struct change *change, enum decision_verdict verdict);
/* "none", "approved", "rejected", "partly", "lapsed": for JSON. */
const char *change_decision_name(enum change_decision decision);

#endif
