/* SPDX-License-Identifier: MIT */
/* The JSON of receipts (fs/review/receipt.h, fs/commit/done_log.h) without what differs from run to
 * run: random names, times, and the identity of files, of which it is said what stands there now.
 */
#ifndef CLAUDEFS_TESTS_STATE_JSON_H
#define CLAUDEFS_TESTS_STATE_JSON_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/base/hash.h"

/* One file, directories too. */
struct state_file {
	char *path; /* without random parts */
	uint64_t ino;
	uint64_t size;
	uint64_t mtime_ns;
	uint64_t ctime_ns;
	mode_t mode;
	nlink_t nlink;
	struct hash hash; /* of a regular file's content */
};

struct state_files {
	struct state_file *files;
	size_t count;
	size_t size;
};

const struct state_file *state_files_by_ino(const struct state_files *files, uint64_t ino);

/* What identities are compared with. */
struct state_facts {
	const struct state_files *start; /* of the scene */
	const struct state_files *now;
};

struct state_json;

struct state_json *state_json_new(void);
void state_json_free(struct state_json *json);

/* From now on temporary names are those of this intent.json (receipt 0: of none). What is no intent
 * has none. */
void state_json_learn(struct state_json *json, uint64_t receipt, const char *data, size_t len);
/* What a name ".claudefs-..." is for, or "temporary". Borrowed. */
const char *state_json_purpose(const struct state_json *json, const char *name);

/* The plain text of a file of that path, one JSON or (is_log) one per line. Borrowed until the next
 * call with that path. A torn line is said by its length. */
const char *state_json_text(struct state_json *json, const char *path, const char *data, size_t len,
			    bool is_log, const struct state_facts *facts);

#endif
