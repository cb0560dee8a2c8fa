/* SPDX-License-Identifier: MIT */
/* Replays a journal to the state that it tells of: base entries per name, the tree of live entries,
 * objects, processes, refused operations. The journal is distrusted: a record that cannot follow
 * from those before it (a rename of a name that is not there, an object used twice, ...) ends the
 * replay like damage does; what came before it stays usable. Memory grows by a bounded amount per
 * record. */
#ifndef CLAUDEFS_REVIEW_REPLAY_H
#define CLAUDEFS_REVIEW_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/journal/reader.h"

#define REPLAY_REFUSALS_MAX 10000u /* kept; further ones are only counted */
#define REPLAY_ENTRIES_MAX  2000000u

struct replay;

struct replay_process {
	uint64_t number;
	uint32_t pid;
	uint32_t uid;
	char *exe;
	char *command;
};

/* The host entry of a name as the session found it. */
struct replay_base {
	char *path;
	struct journal_identity identity;
	uint64_t size;
	struct hash hash;
	uint64_t object; /* 0: none */
	uint64_t seq;    /* of the record that removed what was there last, else of BASE */
	uint64_t time_ns;
	uint64_t process;
	bool is_sampled;
	bool is_displaced; /* the host's entry no longer shows at this name */
};

struct replay_object {
	uint64_t number;
	char *prefix_path; /* name of the host file that the prefix is of */
	uint64_t prefix;
	uint64_t size;      /* of the file, as far as the journal tells */
	uint64_t low_water; /* lowest offset written or cut; UINT64_MAX: none */
	uint64_t seal_size;
	struct hash seal_hash;
	uint64_t process; /* the last writer */
	uint64_t seq;     /* of its last change */
	uint64_t time_ns;
	uint32_t mode;
	bool is_sealed; /* nothing was written since the last SEAL */
	bool is_sampled;
	bool was_named; /* has, or has had, a name */
};

struct replay_refusal {
	uint64_t seq;
	uint64_t time_ns;
	uint64_t process;
	uint32_t error;
	char *operation;
	char *path; /* NULL: none */
	char *to;   /* NULL: none */
};

/* A name that the session made its own. */
struct replay_entry {
	const char *path;                   /* borrowed during the call */
	const struct replay_object *object; /* NULL: a directory */
	uint32_t mode;
	uint64_t seq; /* of the record that put it there */
	uint64_t time_ns;
	uint64_t process;
};

/* Replays session_fd/journal. Returns 0 (also for a damaged one: see replay_state), -ENOENT (no
 * journal), -EPROTONOSUPPORT (newer format), -EBADMSG (no journal at all), -ENOMEM or -errno. */
int replay_new(int session_fd, const char *session_id, struct replay **ret);
void replay_free(struct replay *replay);
void cleanup_replay_free(struct replay **replay);
#define cleanup_replay __attribute__((cleanup(cleanup_replay_free)))

/* Why it ended. *ret_reason (borrowed; NULL if there is none), *ret_offset: of the record that was
 * not taken. A record that does not follow from those before counts as JOURNAL_DAMAGED. */
enum journal_state replay_state(const struct replay *replay, const char **ret_reason,
				uint64_t *ret_offset);
uint64_t replay_record_count(const struct replay *replay);

/* Lookups (borrowed; NULL: not there). */
const struct replay_process *replay_process(const struct replay *replay, uint64_t number);
const struct replay_object *replay_object(const struct replay *replay, uint64_t number);
const struct replay_base *replay_base(const struct replay *replay, const char *path);

/* Refused operations in order: the first REPLAY_REFUSALS_MAX; *ret_total counts all. */
const struct replay_refusal *replay_refusals(const struct replay *replay, size_t *ret_count,
					     uint64_t *ret_total);

/* Every live entry that is the session's own, parents first; every base (in no order); every object
 * that has a name. Stops at the first non-zero result and returns it. */
int replay_each_entry(const struct replay *replay,
		      int (*each)(const struct replay_entry *entry, void *arg), void *arg);
int replay_each_base(const struct replay *replay,
		     int (*each)(const struct replay_base *base, void *arg), void *arg);
int replay_each_object(const struct replay *replay,
		       int (*each)(const struct replay_object *object, void *arg), void *arg);

/* The live entry at path. False: the session has none of its own there. */
bool replay_find_entry(const struct replay *replay, const char *path, struct replay_entry *ret);

#endif
