/* SPDX-License-Identifier: MIT */
#include "fs/review/change_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/review/content.h"
#include "fs/review/host_look.h"

static struct change_base base_from_journal(const struct replay_base *base)
{
	struct change_base result = { 0 };

	if (!base)
		return result;
	result = (struct change_base){
		.exists = true,
		.was_host = true,
		.is_directory = S_ISDIR(base->identity.mode),
		.identity = base->identity,
		.found = base->identity.size,
		.is_sampled = base->is_sampled,
		.size = base->size,
		.hash = base->hash,
		.object = base->object,
	};
	/* A filter let less through: the digest says nothing of the host's own bytes then. */
	if (base->identity.size == base->size) {
		result.host_hash = base->hash;
		result.is_host_sampled = base->is_sampled;
	}
	return result;
}

/* What a change of path is measured by: the last commit, else what the session found. */
static struct change_base base_of(const struct review *review, const char *path)
{
	struct change_base base = base_from_journal(replay_base(review->replay, path));
	const struct committed *committed = receipts_find(review->receipts, path);
	struct change_base result;

	base.has_gaps = receipts_has_gaps(review->receipts, path);
	if (!committed)
		return base;
	result = (struct change_base){
		.exists = committed->exists,
		.is_directory = committed->is_directory,
		.is_commit = true,
		.was_host = base.was_host,
		.found = base.found,
		.has_gaps = base.has_gaps,
		.is_host_sampled = committed->is_host_sampled,
		.identity = committed->identity,
		.host_hash = committed->host_hash,
		.size = committed->size,
	};
	if (committed->has_base) {
		result.receipt = committed->receipt;
		result.receipt_entry = committed->entry;
		result.size = committed->base_size;
		result.hash = committed->base_hash;
		/* As journal_hash_content() makes them. */
		result.is_sampled = result.size > JOURNAL_SAMPLE_ABOVE;
	} else if (committed->prefix == 0) {
		result.hash = committed->object_hash;
	}
	if (committed->is_partial || committed->is_kept) {
		/* What the host has now is in part the session's, in part its own. */
		result.is_commit = false;
		result.size = committed->identity.size;
		result.hash = committed->host_hash;
		result.is_sampled = committed->is_host_sampled;
	}
	return result;
}

/* 1 if the first base.size bytes are those that were committed, by what the receipt says of the
 * object. */
static int begins_with_committed(const struct review *review, const struct change *change)
{
	const struct committed *committed = receipts_find(review->receipts, change->path);
	cleanup_content struct content content = CONTENT_NONE;
	struct hash hash;
	cleanup_hash_stream struct hash_stream *stream = NULL;
	uint64_t len;
	off_t n;
	int r;

	if (!committed || committed->has_base || change->prefix != committed->prefix ||
	    (committed->prefix > 0 && committed->object != change->object) ||
	    change->size < committed->size)
		return 0;
	len = committed->size - committed->prefix;
	r = content_open_object(review, change->object, change->size - change->prefix, &content);
	if (r < 0)
		return r;
	stream = hash_stream_new();
	if (!stream)
		return -ENOMEM;
	n = hash_stream_update_fd(stream, content.tail_fd, (off_t)content.tail_offset, (off_t)len);
	if (n < 0)
		return (int)n;
	hash = hash_stream_digest(stream);
	return (uint64_t)n == len && hash_is_equal(&hash, &committed->object_hash);
}

int change_set_begins_with_base(const struct review *review, const struct change *change)
{
	const struct change_base *base = &change->base;
	const struct replay_object *object = replay_object(review->replay, change->object);
	cleanup_content struct content content = CONTENT_NONE;
	int r;

	if (!base->exists || base->is_directory || change->size < base->size)
		return 0;
	if (base->is_commit)
		return begins_with_committed(review, change);
	/* The prefix *is* the host's file of the base, if it was copied up under this name. */
	if (change->prefix > 0)
		return change->prefix >= base->size &&
		       strcmp(change->prefix_path, change->path) == 0;
	if (base->is_sampled && (!object || object->low_water < base->size))
		return 0;
	r = content_open_object(review, change->object, change->size, &content);
	if (r < 0)
		return r;
	return host_has_content_at(content.tail_fd, content.tail_offset, base->size, &base->hash,
				   base->is_sampled);
}

ANALYZER_LOSES_OWNERS
static struct change *new_change(struct review *review, const char *path, enum change_kind kind)
{
	struct change *change;

	if (review->count == review->size) {
		size_t size = review->size ? review->size * 2 : 64;
		struct change *grown = realloc(review->changes, size * sizeof(*grown));

		if (!grown)
			return NULL;
		review->changes = grown;
		review->size = size;
	}
	change = &review->changes[review->count];
	*change = (struct change){ .path = strdup(path), .kind = kind };
	if (!change->path)
		return NULL;
	review->count++;
	return change;
}
ANALYZER_KNOWS_OWNERS

static void attribute(const struct review *review, struct change *change, uint64_t number)
{
	const struct replay_process *process = number != 0 ? replay_process(review->replay, number)
							   : NULL;

	if (!process)
		return;
	change->exe = process->exe;
	change->command = process->command;
	change->pid = process->pid;
}

ANALYZER_LOSES_OWNERS
/* Size and time of a file from its object, which must agree with its seal. */
static int take_content(const struct review *review, const struct replay_object *object,
			struct change *change)
{
	struct stat st;
	int r;

	change->object = object->number;
	change->prefix = object->prefix;
	change->size = object->size;
	if (object->prefix_path) {
		change->prefix_path = strdup(object->prefix_path);
		if (!change->prefix_path)
			return -ENOMEM;
	}
	r = review->store ? content_store_stat(review->store, object->number, &st) : -ENOENT;
	if (r < 0) {
		change->is_damaged = true;
		return r == -ENOENT || r == -EBADMSG ? 0 : r;
	}
	change->mtime_ns = journal_identity_of(&st).mtime_ns;
	change->size = object->prefix + (uint64_t)st.st_size;
	if (object->is_sealed && change->size != object->seal_size) {
		/* A journal without an end may lack the record of a write that is under way. */
		bool may_grow = replay_state(review->replay, NULL, NULL) != JOURNAL_COMPLETE;

		change->is_damaged = !may_grow || change->size < object->seal_size;
	}
	return 0;
}
ANALYZER_KNOWS_OWNERS

/* True (1) if this content was settled in favour of the host's. */
static int is_settled(const struct review *review, const struct change *change)
{
	const struct committed *committed = receipts_find(review->receipts, change->path);

	if (!committed || !committed->is_kept || committed->object == 0 || change->is_damaged ||
	    change->size != committed->size)
		return 0;
	return begins_with_committed(review, change);
}

/* The same for a name that the session took away. */
static bool is_settled_gone(const struct review *review, const char *path)
{
	const struct committed *committed = receipts_find(review->receipts, path);

	return committed && committed->is_kept && committed->object == 0;
}

static int drop_last(struct review *review)
{
	struct change *change = &review->changes[--review->count];

	free(change->path);
	free(change->prefix_path);
	return 0;
}

/* An object that cannot be copied holds its own change (the content's check fails in the same way),
 * not the session's others. */
static int go_on_without_copy(const struct review *review, int r)
{
	return review->still && r < 0 && r != -ENOMEM ? 0 : r;
}

static int add_file(struct review *review, const struct replay_entry *entry,
		    const struct change_base *base)
{
	struct change *change;
	int r;

	change = new_change(review, entry->path,
			    !base->exists        ? CHANGE_CREATE
			    : base->is_directory ? CHANGE_TYPE_CHANGE
						 : CHANGE_MODIFY);
	if (!change)
		return -ENOMEM;
	change->base = *base;
	change->mode = entry->mode;
	change->seq = entry->seq > entry->object->seq ? entry->seq : entry->object->seq;
	change->time_ns = entry->seq > entry->object->seq ? entry->time_ns : entry->object->time_ns;
	attribute(review, change, entry->object->process ? entry->object->process : entry->process);
	r = take_content(review, entry->object, change);
	if (r < 0)
		return r;
	r = go_on_without_copy(review, is_settled(review, change));
	if (r != 0)
		return r < 0 ? r : drop_last(review);
	if (change->kind != CHANGE_MODIFY || change->is_damaged)
		return 0;
	r = go_on_without_copy(review, change_set_begins_with_base(review, change));
	if (r < 0)
		return r;
	change->is_append_only = r == 1;
	if (change->is_append_only && change->size == base->size) {
		/* It holds what it held. */
		return drop_last(review);
	}
	return 0;
}

static int add_gone(struct review *review, const char *path, const struct change_base *base,
		    uint64_t seq, uint64_t time_ns, uint64_t process)
{
	struct change *change =
		new_change(review, path, base->is_directory ? CHANGE_RMDIR : CHANGE_DELETE);

	if (!change)
		return -ENOMEM;
	change->base = *base;
	change->seq = seq;
	change->time_ns = time_ns;
	attribute(review, change, process);
	return 0;
}

static int add_entry(const struct replay_entry *entry, void *arg)
{
	struct review *review = arg;
	struct change_base base = base_of(review, entry->path);
	struct change *change;

	if (strlen(entry->path) > PATH_BYTES_MAX)
		return 0;
	if (entry->object)
		return add_file(review, entry, &base);
	if (base.exists && base.is_directory)
		return 0;
	change = new_change(review, entry->path, base.exists ? CHANGE_TYPE_CHANGE : CHANGE_MKDIR);
	if (!change)
		return -ENOMEM;
	change->base = base;
	change->mode = entry->mode;
	change->seq = entry->seq;
	change->time_ns = entry->time_ns;
	attribute(review, change, entry->process);
	return 0;
}

static int add_displaced_base(const struct replay_base *base, void *arg)
{
	struct review *review = arg;
	struct replay_entry entry;
	struct change_base now;

	if (!base->is_displaced || replay_find_entry(review->replay, base->path, &entry) ||
	    is_settled_gone(review, base->path))
		return 0;
	now = base_of(review, base->path);
	if (!now.exists)
		return 0;
	return add_gone(review, base->path, &now, base->seq, base->time_ns, base->process);
}

/* A name that the session made, that was committed, and that the session then took away. */
static int add_gone_commit(const struct committed *committed, void *arg)
{
	struct review *review = arg;
	struct replay_entry entry;
	struct change_base base;

	review->committed += !committed->is_kept;
	if (!committed->exists || is_settled_gone(review, committed->path) ||
	    replay_base(review->replay, committed->path) ||
	    replay_find_entry(review->replay, committed->path, &entry))
		return 0;
	base = base_of(review, committed->path);
	/* Directories that a commit made on the way may be the host's for the session. */
	if (base.is_directory)
		return 0;
	return add_gone(review, committed->path, &base, 0, 0, 0);
}

static int compare_paths(const void *a, const void *b)
{
	const struct change *x = a;
	const struct change *y = b;

	return strcmp(x->path, y->path);
}

/* A directory comes with what is in it: only empty ones are changes of their own. In path order
 * (all of "a/..." need not directly follow "a", but does follow "a/"). */
static void drop_implied_directories(struct review *review)
{
	cleanup_free char *needle = malloc(PATH_BYTES_MAX + 2);
	size_t kept = 0;

	if (!needle)
		return;
	for (size_t i = 0; i < review->count; i++) {
		struct change *change = &review->changes[i];
		bool is_implied = false;

		if (change->kind == CHANGE_MKDIR) {
			size_t len = strlen(change->path);
			size_t low = i + 1;
			size_t high = review->count;

			memcpy(needle, change->path, len);
			memcpy(needle + len, "/", 2);
			while (low < high) {
				size_t middle = low + (high - low) / 2;

				if (strcmp(review->changes[middle].path, needle) < 0)
					low = middle + 1;
				else
					high = middle;
			}
			is_implied = low < review->count &&
				     strncmp(review->changes[low].path, needle, len + 1) == 0;
		}
		if (is_implied)
			free(change->path);
		else
			review->changes[kept++] = *change;
	}
	review->count = kept;
}

int change_set_build(struct review *review)
{
	int r;

	r = replay_each_entry(review->replay, add_entry, review);
	if (r == 0)
		r = replay_each_base(review->replay, add_displaced_base, review);
	if (r == 0)
		r = receipts_each(review->receipts, add_gone_commit, review);
	if (r < 0)
		return r;
	if (review->count > 0)
		qsort(review->changes, review->count, sizeof(struct change), compare_paths);
	drop_implied_directories(review);
	return 0;
}

void change_set_done(struct review *review)
{
	for (size_t i = 0; i < review->count; i++) {
		free(review->changes[i].path);
		free(review->changes[i].prefix_path);
		free(review->changes[i].hunks);
		hazard_list_done(&review->changes[i].hazards);
	}
	free(review->changes);
	review->changes = NULL;
	review->count = 0;
}
