/* SPDX-License-Identifier: MIT */
/* What a commit is going to do, as it lies in receipts/<n>/intent.json before the first of it is
 * done, and what became of each entry. The intent alone, with the objects and the new-<k> files,
 * must be enough to finish the commit after its process is gone. */
#ifndef CLAUDEFS_COMMIT_INTENT_H
#define CLAUDEFS_COMMIT_INTENT_H

#include "fs/base/json.h"
#include "fs/commit/commit.h"
#include "fs/review/receipt.h"

#define INTENT_TEMP_SIZE 48u /* bytes of ".claudefs-<32 hexadecimal digits>.tmp" with the NUL */

/* What stood at the name before. */
struct intent_before {
	bool exists;
	bool is_directory;
	bool is_kept; /* pre-<k> holds its bytes */
	uint32_t mode;
	uint64_t size;
	uint64_t mtime_ns;
	struct hash hash; /* of pre-<k> */
};

/* What stands there afterwards. */
struct intent_after {
	bool exists;
	bool is_directory;
	bool is_sampled;
	struct journal_identity identity;
	struct hash hash;
};

struct intent_entry {
	char *path;
	enum plan_action action;
	char temp[INTENT_TEMP_SIZE]; /* name beside the target; unpredictable */
	struct change_base base;
	uint64_t mtime_ns;
	uint32_t mode;
	bool has_mode; /* mode is what the entry gets; else as the file that is replaced, or 0600 */
	bool any_base; /* APPEND: whatever the file holds */
	bool is_partial; /* some edits of a change: see struct committed */
	bool keeps_base; /* some records of a change: the same */
	bool is_kept;    /* KEEP: the same */

	/* What of the session is committed with it: see struct committed. */
	uint64_t object;
	uint64_t prefix;
	uint64_t size;
	struct hash object_hash;

	/* base-<k> is there: see struct committed. */
	bool has_base;
	uint64_t base_size;
	struct hash base_hash;

	/* The bytes to write: new-<k> if is_new, else the object's first content_size bytes. */
	bool is_new;
	uint64_t content_size;
	struct hash content_hash; /* never sampled */

	/* From the log; of a CUT, known before. */
	bool has_started; /* APPEND: the offset is recorded. CUT: the lines may be gone */
	uint64_t append_offset;
	bool append_newline; /* a newline goes first */
	bool is_done;
	enum commit_status status;
	char reason[200];
	int error;
	struct intent_before before;
	struct intent_after after;
};

struct intent {
	uint64_t host_dev;
	uint64_t host_ino;
	uint64_t time_ns;
	uint64_t undoes;  /* the receipt that is undone; 0: a commit */
	uint64_t part_of; /* the first receipt of the commit that this is a part of; 0: this one */
	struct intent_entry *entries;
	size_t count;
	size_t size;
};

void intent_done(struct intent *intent);
#define cleanup_intent __attribute__((cleanup(intent_done)))

/* A new entry at the end, with path copied and a random temporary name. NULL: out of memory, or no
 * random numbers. Valid until the next one. */
struct intent_entry *intent_add(struct intent *intent, const char *path, enum plan_action action);

/* Durable. seal: of the receipt (receipt.h). Returns 0 or -errno. */
int intent_write(const struct intent *intent, int receipt_fd, const struct receipt_seal *seal);
/* Distrusts the file; without a seal (NULL: for tests) it may be anybody's. Returns 0, -ENOENT
 * (none), -EBADMSG, -EPROTONOSUPPORT or -errno. */
int intent_read(int receipt_fd, const struct receipt_seal *seal, struct intent *ret);
/* The same of receipt.json: what was done, as far as undo needs it. */
int intent_read_receipt(int receipt_fd, const struct receipt_seal *seal, struct intent *ret);

/* What became of an entry, as JSON for the log and the receipt (ret_); NULL: out of memory. */
json_t *intent_result_to_json(const struct intent_entry *entry, size_t index);
/* Returns 0 or -EBADMSG. */
int intent_result_from_json(const json_t *json, struct intent_entry *entry);

/* What stood at an entry's name, in the same forms. */
json_t *intent_before_to_json(const struct intent_before *before, size_t index);
int intent_before_from_json(const json_t *json, struct intent_before *ret);

/* receipt.json: durable, the end of the commit. */
int intent_write_receipt(const struct intent *intent, int receipt_fd,
			 const struct receipt_seal *seal);

#endif
