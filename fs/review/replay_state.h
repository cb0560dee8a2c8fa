/* SPDX-License-Identifier: MIT */
/* What a replay holds; private to replay.c and replay_record.c. */
#ifndef CLAUDEFS_REVIEW_REPLAY_STATE_H
#define CLAUDEFS_REVIEW_REPLAY_STATE_H

#include "fs/review/entry_tree.h"
#include "fs/review/replay.h"

struct replay_object_item {
	struct hash_link link;
	struct replay_object object;
	struct entry_node *node; /* NULL: nameless */
	bool is_retired;         /* materialised: its number may not come back */
};

struct replay_base_item {
	struct hash_link link;
	struct replay_base base;
};

struct replay_process_item {
	struct hash_link link;
	struct replay_process process;
};

struct replay {
	struct entry_tree tree;
	struct hash_index objects;
	struct hash_index bases;
	struct hash_index processes;
	struct replay_refusal *refusals;
	size_t refusal_count;
	size_t refusal_size;
	uint64_t refusal_total;
	uint64_t record_count;
	enum journal_state state;
	const char *reason;
	uint64_t offset;
	bool has_ended;
};

/* Applies one record. Returns 0, -EBADMSG (it does not follow from those before; *ret_reason,
 * static, says why) or -ENOMEM. */
int replay_apply(struct replay *replay, const struct journal_record *record,
		 const char **ret_reason);

struct replay_object_item *replay_object_item(const struct replay *replay, uint64_t number);
struct replay_base_item *replay_base_item(const struct replay *replay, const char *path,
					  size_t len);

#endif
