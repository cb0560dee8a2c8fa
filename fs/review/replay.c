/* SPDX-License-Identifier: MIT */
#include "fs/review/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/review/replay_state.h"

/* Calls free_item for everything in the index. */
static void drain(struct hash_index *index, void (*free_item)(struct hash_link *link))
{
	for (size_t i = 0; i < index->size; i++) {
		struct hash_link *link = index->buckets[i];

		while (link) {
			struct hash_link *next = link->next;

			free_item(link);
			link = next;
		}
	}
	hash_index_done(index);
}

static void free_object(struct hash_link *link)
{
	struct replay_object_item *item = (struct replay_object_item *)link;

	free(item->object.prefix_path);
	free(item);
}

static void free_base(struct hash_link *link)
{
	struct replay_base_item *item = (struct replay_base_item *)link;

	free(item->base.path);
	free(item);
}

static void free_process(struct hash_link *link)
{
	struct replay_process_item *item = (struct replay_process_item *)link;

	free(item->process.exe);
	free(item->process.command);
	free(item);
}

void replay_free(struct replay *replay)
{
	if (!replay)
		return;
	entry_tree_done(&replay->tree);
	drain(&replay->objects, free_object);
	drain(&replay->bases, free_base);
	drain(&replay->processes, free_process);
	for (size_t i = 0; i < replay->refusal_count; i++) {
		free(replay->refusals[i].operation);
		free(replay->refusals[i].path);
		free(replay->refusals[i].to);
	}
	free(replay->refusals);
	free(replay);
}

void cleanup_replay_free(struct replay **replay)
{
	replay_free(*replay);
}

static int read_records(struct replay *replay, struct journal_reader *reader)
{
	for (;;) {
		struct journal_record record;
		const char *reason = NULL;
		int r;

		replay->offset = journal_reader_offset(reader);
		r = journal_reader_next(reader, &record);
		if (r < 0)
			return r;
		if (r == 0)
			break;
		r = replay_apply(replay, &record, &reason);
		if (r == -EBADMSG) {
			replay->state = JOURNAL_DAMAGED;
			replay->reason = reason;
			return 0;
		}
		if (r < 0)
			return r;
		replay->record_count++;
	}
	replay->offset = journal_reader_offset(reader);
	replay->state = journal_reader_state(reader, &replay->reason);
	return 0;
}

int replay_new(int session_fd, const char *session_id, struct replay **ret)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	cleanup_replay struct replay *replay = NULL;
	int r;

	r = journal_reader_open(session_fd, session_id, &reader);
	if (r < 0)
		return r;
	replay = calloc(1, sizeof(*replay));
	if (!replay)
		return -ENOMEM;
	r = entry_tree_init(&replay->tree);
	if (r == 0)
		r = hash_index_init(&replay->objects);
	if (r == 0)
		r = hash_index_init(&replay->bases);
	if (r == 0)
		r = hash_index_init(&replay->processes);
	if (r == 0)
		r = read_records(replay, reader);
	if (r < 0)
		return r;
	*ret = steal_ptr(&replay);
	return 0;
}

enum journal_state replay_state(const struct replay *replay, const char **ret_reason,
				uint64_t *ret_offset)
{
	if (ret_reason)
		*ret_reason = replay->reason;
	if (ret_offset)
		*ret_offset = replay->offset;
	return replay->state;
}

uint64_t replay_record_count(const struct replay *replay)
{
	return replay->record_count;
}

const struct replay_process *replay_process(const struct replay *replay, uint64_t number)
{
	struct hash_link *link = hash_index_find(&replay->processes, hash_index_key_number(number));

	for (; link; link = hash_index_find_next(link)) {
		struct replay_process_item *item = (struct replay_process_item *)link;

		if (item->process.number == number)
			return &item->process;
	}
	return NULL;
}

struct replay_object_item *replay_object_item(const struct replay *replay, uint64_t number)
{
	struct hash_link *link = hash_index_find(&replay->objects, hash_index_key_number(number));

	for (; link; link = hash_index_find_next(link)) {
		struct replay_object_item *item = (struct replay_object_item *)link;

		if (item->object.number == number)
			return item;
	}
	return NULL;
}

struct replay_base_item *replay_base_item(const struct replay *replay, const char *path, size_t len)
{
	struct hash_link *link = hash_index_find(&replay->bases, hash_index_key(path, len));

	for (; link; link = hash_index_find_next(link)) {
		struct replay_base_item *item = (struct replay_base_item *)link;

		if (strncmp(item->base.path, path, len) == 0 && item->base.path[len] == '\0')
			return item;
	}
	return NULL;
}

const struct replay_object *replay_object(const struct replay *replay, uint64_t number)
{
	const struct replay_object_item *item = replay_object_item(replay, number);

	return item ? &item->object : NULL;
}

const struct replay_base *replay_base(const struct replay *replay, const char *path)
{
	const struct replay_base_item *item = replay_base_item(replay, path, strlen(path));

	return item ? &item->base : NULL;
}

const struct replay_refusal *replay_refusals(const struct replay *replay, size_t *ret_count,
					     uint64_t *ret_total)
{
	*ret_count = replay->refusal_count;
	if (ret_total)
		*ret_total = replay->refusal_total;
	return replay->refusals;
}

static struct replay_entry entry_of(const struct entry_node *node, const char *path)
{
	return (struct replay_entry){
		.path = path,
		.object = node->object,
		.mode = node->mode,
		.seq = node->seq,
		.time_ns = node->time_ns,
		.process = node->process,
	};
}

int replay_each_entry(const struct replay *replay,
		      int (*each)(const struct replay_entry *entry, void *arg), void *arg)
{
	cleanup_text struct text path = { 0 };
	struct entry_node *node = replay->tree.root;

	while ((node = entry_tree_next(node, replay->tree.root, &path)) != NULL) {
		struct replay_entry entry;
		int r;

		if (path.is_failed)
			return -ENOMEM;
		if (!node->is_own)
			continue;
		entry = entry_of(node, path.data);
		r = each(&entry, arg);
		if (r != 0)
			return r;
	}
	return 0;
}

int replay_each_base(const struct replay *replay,
		     int (*each)(const struct replay_base *base, void *arg), void *arg)
{
	for (size_t i = 0; i < replay->bases.size; i++) {
		for (struct hash_link *link = replay->bases.buckets[i]; link; link = link->next) {
			int r = each(&((struct replay_base_item *)link)->base, arg);

			if (r != 0)
				return r;
		}
	}
	return 0;
}

int replay_each_object(const struct replay *replay,
		       int (*each)(const struct replay_object *object, void *arg), void *arg)
{
	for (size_t i = 0; i < replay->objects.size; i++) {
		for (struct hash_link *link = replay->objects.buckets[i]; link; link = link->next) {
			struct replay_object_item *item = (struct replay_object_item *)link;
			int r = item->node ? each(&item->object, arg) : 0;

			if (r != 0)
				return r;
		}
	}
	return 0;
}

bool replay_find_entry(const struct replay *replay, const char *path, struct replay_entry *ret)
{
	struct entry_node *node = entry_tree_find_path(&replay->tree, path);

	if (!node || !node->is_own)
		return false;
	*ret = entry_of(node, path);
	return true;
}
