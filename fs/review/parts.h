/* SPDX-License-Identifier: MIT */
/* A change as parts that a person decides about by name: the keys of a file that is merged by key,
 * the new records of a transcript. Each part has a SHA-256 of what is shown of it, and a decision
 * counts as long as that is the same: another part may change meanwhile. (Hunks have no names:
 * hunks.h.) */
#ifndef CLAUDEFS_REVIEW_PARTS_H
#define CLAUDEFS_REVIEW_PARTS_H

#include "fs/review/key_changes.h"
#include "fs/review/review.h"

#define RECORD_SHOWN_MAX (64u << 10) /* bytes of a record that are shown at most */

struct part {
	/* A key: as key_change_append_name(). A record: its uuid; "#" and 12 hexadecimal digits of
	 * its SHA-256 if it has none, or if another one before it has the same. */
	char *name;
	struct digest digest; /* of what is shown */
	bool may_be_decided;  /* else it never leaves, is in conflict, or is there already */
	bool asks;            /* goes by approval only; not by itself */
	bool asks_again;      /* it would go by itself, and was rejected once */
	enum decision_verdict verdict; /* what the person decided, if it counts */
	bool has_lapsed;               /* it was decided, and has changed since */
	/* Of a key. */
	const struct key_change *key;
	/* Of a record. */
	const char *foreign; /* static: the field by which it is not this project's; else NULL */
	bool has_text;       /* parts_read_text() */
	uint64_t text_offset;
	size_t size;
	struct digest content;
};

struct parts;

/* DECISION_KEY, DECISION_RECORD; DECISION_WHOLE: it has no parts with names. */
enum decision_scope parts_scope(const struct change *change);

/* Those of a change (*ret, ret_); with_text: to be shown (what is shown is kept in a file without a
 * name: memory is some 300 bytes for each part). decisions (NULL: none) are what was
 * decided. Returns 0, -ENOTSUP (it has none), -EBADMSG, -ESTALE, -EAGAIN, -E2BIG, -ENOMEM or
 * another -errno. */
int parts_of_change(const struct review *review, const struct change *change,
		    const struct decisions *decisions, bool with_text, struct parts **ret);
void parts_free(struct parts *parts);
void cleanup_parts_free(struct parts **parts);
#define cleanup_parts __attribute__((cleanup(cleanup_parts_free)))

/* Keys: in the order, and by the numbers, of key_changes.h. Records: those that the host lacks, in
 * the order of the session's file. Borrowed. */
size_t parts_count(const struct parts *parts);
const struct part *parts_get(const struct parts *parts, size_t index);
const struct key_changes *parts_keys(const struct parts *parts); /* NULL: they are records */

/* The first bytes of a record, RECORD_SHOWN_MAX at most (*ret, ret_, NUL added). Returns 0,
 * -ENODATA (nobody wanted them) or -errno. */
int parts_read_text(const struct parts *parts, const struct part *part, char **ret,
		    size_t *ret_len);

/* change_digest() of the very bytes that the parts were taken from: a running session may write
 * between two readings. Returns 0 or -ENOMEM. */
int parts_digest(const struct parts *parts, const struct change *change, struct digest *ret);

/* The part that a person means: by its name; a key also by its names joined with dots, a record by
 * the beginning of its name (at least 4 bytes). Records with the same bytes are one. Returns 0,
 * -ENOENT or -ENOTUNIQ. */
int parts_find(const struct parts *parts, const char *name, size_t *ret);

/* How many of which kind: for struct change. */
void parts_sum(const struct parts *parts, struct change_parts *ret);

/* What of decisions counts for a key, or for a record (its line, without the newline), as it is
 * now; whether it asks is what the review's own decisions say. Returns 0 or -errno. */
int parts_judge_key(const struct review *review, const struct change *change,
		    const struct key_change *key, const struct decisions *decisions,
		    struct part_verdict *ret);

/* The same for records one after another: needs to know which uuids there were. */
struct record_names;
/* NULL: out of memory, or no random numbers. */
struct record_names *record_names_new(void);
void record_names_free(struct record_names *names);
void cleanup_record_names_free(struct record_names **names);
#define cleanup_record_names __attribute__((cleanup(cleanup_record_names_free)))
int parts_judge_record(const struct review *review, const struct change *change,
		       struct record_names *names, const char *line, size_t len,
		       const struct decisions *decisions, struct part_verdict *ret);

#endif
