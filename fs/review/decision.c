/* SPDX-License-Identifier: MIT */
#include "fs/review/decision.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/hash.h"
#include "fs/base/json.h"
#include "fs/base/lock.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/review/hash_index.h"

#define FILE_NAME "decisions.json"
#define LOCK_NAME "decisions.lock"
#define ROLE      "decision"

struct item {
	struct hash_link link; /* by path, scope and part */
	struct decision decision;
	char *path;
	char *part;
	size_t index;
	struct group *group;
	struct item *next; /* of the group */
	struct item *previous;
};

/* The items of one path and scope. Stays when it is empty. */
struct group {
	struct hash_link link;
	struct item *first;
	enum decision_scope scope;
	char path[];
};

struct decisions {
	struct hash_index by_part;
	struct hash_index by_scope;
	struct item **items;
	size_t count;
	size_t size;
	const char *session_id;
	const struct state_key *key;
};

static const char *const verdict_names[] = {
	[DECISION_NONE] = "none",
	[DECISION_APPROVED] = "approved",
	[DECISION_REJECTED] = "rejected",
};

static const char *const scope_names[] = {
	[DECISION_WHOLE] = "whole",
	[DECISION_HUNK] = "hunk",
	[DECISION_KEY] = "key",
	[DECISION_RECORD] = "record",
};

const char *decision_verdict_name(enum decision_verdict verdict)
{
	return verdict_names[verdict];
}

static int find_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

/* What the tag is made over: every field, framed, and the session, so that no decision counts in
 * another one. */
static int make_tag(const struct decisions *decisions, const struct decision *decision,
		    unsigned int version, struct digest *ret)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	struct digest digest;
	int r;

	if (!stream)
		return -ENOMEM;
	digest_stream_text(stream, decisions->session_id);
	digest_stream_text(stream, decision->path);
	digest_stream_number(stream, (uint64_t)decision->scope);
	digest_stream_text(stream, decision->part);
	digest_stream_number(stream, (uint64_t)decision->verdict);
	digest_stream_field(stream, decision->digest.bytes, DIGEST_SIZE);
	digest_stream_number(stream, decision->time_ns);
	if (version >= 2)
		digest_stream_number(stream, decision->asks);
	r = digest_stream_finish(stream, &digest);
	return r < 0 ? r : state_key_tag(decisions->key, ROLE, digest.bytes, DIGEST_SIZE, ret);
}

/* part NULL: of the group. */
static uint64_t make_key(const char *path, enum decision_scope scope, const char *part)
{
	const struct hash parts[] = {
		hash_bytes(path, strlen(path)),
		hash_bytes(part ? part : "", part ? strlen(part) : 0),
		{ { (unsigned char)scope, part != NULL } },
	};

	return hash_index_key(parts, sizeof(parts));
}

static struct group *find_group(const struct decisions *decisions, const char *path,
				enum decision_scope scope)
{
	struct hash_link *link = hash_index_find(&decisions->by_scope, make_key(path, scope, NULL));

	for (; link; link = hash_index_find_next(link)) {
		struct group *group = (struct group *)link;

		if (group->scope == scope && strcmp(group->path, path) == 0)
			return group;
	}
	return NULL;
}

static struct item *find_item(const struct decisions *decisions, const char *path,
			      enum decision_scope scope, const char *part)
{
	struct hash_link *link = hash_index_find(&decisions->by_part, make_key(path, scope, part));

	for (; link; link = hash_index_find_next(link)) {
		struct item *item = (struct item *)link;

		if (item->decision.scope == scope && strcmp(item->decision.path, path) == 0 &&
		    strcmp(item->decision.part, part) == 0)
			return item;
	}
	return NULL;
}

const struct decision *decisions_find(const struct decisions *decisions, const char *path,
				      enum decision_scope scope, const char *part)
{
	const struct item *item = find_item(decisions, path, scope, part ? part : "");

	return item && item->decision.verdict != DECISION_NONE ? &item->decision : NULL;
}

struct part_verdict decisions_verdict(const struct decisions *decisions, const char *path,
				      enum decision_scope scope, const char *part,
				      const struct digest *digest)
{
	const struct item *item = decisions ? find_item(decisions, path, scope, part) : NULL;
	const struct decision *decision = item ? &item->decision : NULL;

	if (!decision)
		return (struct part_verdict){ .verdict = DECISION_NONE };
	if (decision->verdict == DECISION_NONE || !digest_is_equal(&decision->digest, digest))
		return (struct part_verdict){ DECISION_NONE, true, decision->asks };
	return (struct part_verdict){ decision->verdict, false, decision->asks };
}

static size_t count_all(const struct decisions *decisions, const char *path,
			enum decision_scope scope,
			bool (*is_meant)(const struct decision *decision))
{
	const struct group *group = find_group(decisions, path, scope);
	size_t count = 0;

	for (const struct item *item = group ? group->first : NULL; item; item = item->next)
		count += is_meant(&item->decision);
	return count;
}

static bool has_verdict(const struct decision *decision)
{
	return decision->verdict != DECISION_NONE;
}

static bool is_rejected(const struct decision *decision)
{
	return decision->verdict == DECISION_REJECTED;
}

static bool only_asks(const struct decision *decision)
{
	return decision->asks && decision->verdict != DECISION_REJECTED;
}

bool decisions_has(const struct decisions *decisions, const char *path, enum decision_scope scope)
{
	return count_all(decisions, path, scope, has_verdict) > 0;
}

size_t decisions_count_rejected(const struct decisions *decisions, const char *path,
				enum decision_scope scope)
{
	return count_all(decisions, path, scope, is_rejected);
}

bool decisions_asks(const struct decisions *decisions, const char *path, enum decision_scope scope)
{
	return count_all(decisions, path, scope, only_asks) > 0;
}

static void free_item(struct item *item)
{
	if (!item)
		return;
	free(item->path);
	free(item->part);
	free(item);
}

static void cleanup_free_item(struct item **item)
{
	free_item(*item);
}

ANALYZER_LOSES_OWNERS
static struct group *add_group(struct decisions *decisions, const char *path,
			       enum decision_scope scope)
{
	size_t len = strlen(path) + 1;
	struct group *group = calloc(1, sizeof(*group) + len);

	if (!group)
		return NULL;
	group->scope = scope;
	memcpy(group->path, path, len);
	if (hash_index_add(&decisions->by_scope, &group->link, make_key(path, scope, NULL)) == 0)
		return group;
	free(group);
	return NULL;
}
ANALYZER_KNOWS_OWNERS

static void enter_group(struct group *group, struct item *item)
{
	item->group = group;
	item->next = group->first;
	if (item->next)
		item->next->previous = item;
	group->first = item;
}

static void leave_group(struct item *item)
{
	if (item->next)
		item->next->previous = item->previous;
	if (item->previous)
		item->previous->next = item->next;
	else
		item->group->first = item->next;
}

ANALYZER_LOSES_OWNERS
/* takes item. */
static int add_item(struct decisions *decisions, struct item *item)
{
	const struct decision *decision = &item->decision;
	struct group *group;

	if (decisions->count == DECISIONS_MAX)
		return -E2BIG;
	if (decisions->count == decisions->size) {
		size_t size = decisions->size ? decisions->size * 2 : 32;
		struct item **grown = realloc(decisions->items, size * sizeof(struct item *));

		if (!grown)
			return -ENOMEM;
		decisions->items = grown;
		decisions->size = size;
	}
	group = find_group(decisions, decision->path, decision->scope);
	if (!group)
		group = add_group(decisions, decision->path, decision->scope);
	if (!group || hash_index_add(&decisions->by_part, &item->link,
				     make_key(decision->path, decision->scope, decision->part)) < 0)
		return -ENOMEM;
	enter_group(group, item);
	item->index = decisions->count;
	decisions->items[decisions->count++] = item;
	return 0;
}
ANALYZER_KNOWS_OWNERS

ANALYZER_LOSES_OWNERS
static int set(struct decisions *decisions, const struct decision *decision)
{
	struct item *found = find_item(decisions, decision->path, decision->scope, decision->part);
	__attribute__((cleanup(cleanup_free_item))) struct item *item = NULL;
	int r;

	if (found) {
		found->decision.verdict = decision->verdict;
		found->decision.digest = decision->digest;
		found->decision.time_ns = decision->time_ns;
		found->decision.asks = found->decision.asks || decision->asks;
		return 0;
	}
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->decision = *decision;
	item->path = strdup(decision->path);
	item->part = strdup(decision->part);
	if (!item->path || !item->part)
		return -ENOMEM;
	item->decision.path = item->path;
	item->decision.part = item->part;
	r = add_item(decisions, item);
	if (r == 0)
		(void)steal_ptr(&item);
	return r;
}
ANALYZER_KNOWS_OWNERS

int decisions_set(struct decisions *decisions, const char *path, enum decision_scope scope,
		  const char *part, enum decision_verdict verdict, const struct digest *digest)
{
	struct decision decision = {
		.path = path,
		.scope = scope,
		.part = part ? part : "",
		.verdict = verdict,
		.digest = *digest,
		.time_ns = clock_now_ns(),
		.asks = verdict == DECISION_REJECTED,
	};

	if (strlen(decision.part) > DECISION_PART_MAX || strlen(path) > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	return set(decisions, &decision);
}

static void remove_item(struct decisions *decisions, struct item *item)
{
	struct item *last = decisions->items[--decisions->count];

	hash_index_remove(&decisions->by_part, &item->link);
	leave_group(item);
	decisions->items[item->index] = last;
	last->index = item->index;
	free_item(item);
}

bool decisions_forget_part(struct decisions *decisions, const char *path, enum decision_scope scope,
			   const char *part)
{
	struct item *item = find_item(decisions, path, scope, part);

	if (item)
		remove_item(decisions, item);
	return item != NULL;
}

size_t decisions_forget(struct decisions *decisions, const char *path)
{
	size_t count = 0;

	for (enum decision_scope scope = DECISION_WHOLE; scope <= DECISION_RECORD; scope++) {
		struct group *group = find_group(decisions, path, scope);

		while (group && group->first) {
			remove_item(decisions, group->first);
			count++;
		}
	}
	return count;
}

void decisions_set_aside(struct decisions *decisions, const char *path, enum decision_scope scope)
{
	struct group *group = find_group(decisions, path, scope);
	struct item *next;

	for (struct item *item = group ? group->first : NULL; item; item = next) {
		next = item->next;
		if (item->decision.asks)
			item->decision.verdict = DECISION_NONE;
		else
			remove_item(decisions, item);
	}
}

void decisions_set_aside_all(struct decisions *decisions, const char *path)
{
	for (enum decision_scope scope = DECISION_WHOLE; scope <= DECISION_RECORD; scope++)
		decisions_set_aside(decisions, path, scope);
}

int decisions_expire(struct decisions *decisions, const char *path, uint64_t time_ns)
{
	struct decision whole = { .path = path, .part = "", .asks = true };
	struct item *found;
	struct item *next;

	for (enum decision_scope scope = DECISION_WHOLE; scope <= DECISION_RECORD; scope++) {
		struct group *group = find_group(decisions, path, scope);

		for (struct item *item = group ? group->first : NULL; item; item = next) {
			next = item->next;
			if (item->decision.verdict != DECISION_APPROVED ||
			    item->decision.time_ns > time_ns)
				continue;
			if (item->decision.asks)
				item->decision.verdict = DECISION_NONE;
			else
				remove_item(decisions, item);
		}
	}
	found = find_item(decisions, path, DECISION_WHOLE, "");
	if (!found)
		return set(decisions, &whole);
	found->decision.asks = true;
	return 0;
}

/* 1: taken; 0: no right tag; or -errno. */
static int take(struct decisions *decisions, const json_t *json, unsigned int version)
{
	const char *path = json_get_string(json, "path", "");
	const char *part = json_get_string(json, "part", "");
	int scope = find_name(scope_names, 4, json_get_string(json, "scope", ""));
	int verdict = find_name(verdict_names, 3, json_get_string(json, "verdict", ""));
	struct decision decision = { 0 };
	struct digest tag;
	struct digest right;
	int r;

	/* One of version 1 that rejects asks, too. */
	decision.asks = version >= 2 ? json_is_true(json_object_get(json, "asks"))
				     : verdict == DECISION_REJECTED;
	if (scope < 0 || verdict < 0 || (verdict == DECISION_NONE && !decision.asks) ||
	    *path == '\0' || !path_is_valid(path) || strlen(part) > DECISION_PART_MAX ||
	    !json_is_integer(json_object_get(json, "time_ns")) ||
	    digest_from_hex(json_get_string(json, "digest", ""), &decision.digest) < 0 ||
	    digest_from_hex(json_get_string(json, "tag", ""), &tag) < 0)
		return -EBADMSG;
	decision.path = path;
	decision.part = part;
	decision.scope = (enum decision_scope)scope;
	decision.verdict = (enum decision_verdict)verdict;
	decision.time_ns = (uint64_t)json_get_integer(json, "time_ns", 0);
	r = make_tag(decisions, &decision, version, &right);
	if (r < 0 || !digest_is_equal(&tag, &right))
		return r;
	r = set(decisions, &decision);
	return r < 0 ? r : 1;
}

static int take_all(struct decisions *decisions, const json_t *list, unsigned int version,
		    size_t *forged)
{
	const json_t *json;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > DECISIONS_MAX)
		return -EBADMSG;
	json_array_foreach (list, i, json) {
		int r = take(decisions, json, version);

		if (r < 0)
			return r;
		*forged += r == 0;
	}
	return 0;
}

static int load(struct decisions *decisions, int session_fd, size_t *forged)
{
	cleanup_free char *data = NULL;
	cleanup_json json_t *json = NULL;
	json_int_t version;
	size_t len = 0;
	int r;

	r = fd_read_file_at(session_fd, FILE_NAME, DECISIONS_FILE_MAX, &data, &len);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r == -ENOMEM || r == -EIO ? r : -EBADMSG;
	r = json_load_strict(data, len, &json, NULL);
	if (r < 0)
		return r;
	version = json_get_integer(json, "version", 0);
	if (version < 1)
		return -EBADMSG;
	if (version > DECISIONS_VERSION)
		return -EPROTONOSUPPORT;
	return take_all(decisions, json_object_get(json, "decisions"), (unsigned int)version,
			forged);
}

struct decisions *decisions_new(void)
{
	cleanup_decisions struct decisions *decisions = calloc(1, sizeof(*decisions));

	if (!decisions || hash_index_init(&decisions->by_part) < 0 ||
	    hash_index_init(&decisions->by_scope) < 0)
		return NULL;
	return steal_ptr(&decisions);
}

int decisions_read(int session_fd, const char *session_id, const struct state_key *key,
		   struct decisions **ret, size_t *ret_forged)
{
	cleanup_decisions struct decisions *decisions = decisions_new();
	size_t forged = 0;
	int r;

	if (!decisions)
		return -ENOMEM;
	decisions->session_id = session_id;
	decisions->key = key;
	r = load(decisions, session_fd, &forged);
	if (r < 0)
		return r;
	if (ret_forged)
		*ret_forged = forged;
	*ret = steal_ptr(&decisions);
	return 0;
}

void decisions_free(struct decisions *decisions)
{
	if (!decisions)
		return;
	for (size_t i = 0; i < decisions->count; i++)
		free_item(decisions->items[i]);
	free(decisions->items);
	hash_index_done(&decisions->by_part);
	hash_index_free(&decisions->by_scope);
	free(decisions);
}

void cleanup_decisions_free(struct decisions **decisions)
{
	decisions_free(*decisions);
}

size_t decisions_count(const struct decisions *decisions)
{
	return decisions->count;
}

const struct decision *decisions_get(const struct decisions *decisions, size_t index)
{
	return index < decisions->count ? &decisions->items[index]->decision : NULL;
}

static json_t *to_json(const struct decisions *decisions, const struct decision *decision)
{
	char digest[DIGEST_HEX_SIZE];
	char hex[DIGEST_HEX_SIZE];
	struct digest tag;

	if (make_tag(decisions, decision, DECISIONS_VERSION, &tag) < 0)
		return NULL;
	digest_to_hex(&decision->digest, digest);
	digest_to_hex(&tag, hex);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:s}", "path", decision->path,
			 "scope", scope_names[decision->scope], "part", decision->part, "verdict",
			 verdict_names[decision->verdict], "digest", digest, "time_ns",
			 (json_int_t)decision->time_ns, "asks", (int)decision->asks, "tag", hex);
}

int decisions_write(const struct decisions *decisions, int session_fd)
{
	cleanup_json json_t *json = json_object();
	json_t *list = json_array();

	if (!decisions->key)
		return -EINVAL;
	/* Takes list in any case. */
	if (json_object_set_new(json, "decisions", list) < 0 ||
	    json_object_set_new(json, "version", json_integer(DECISIONS_VERSION)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < decisions->count; i++) {
		if (json_array_append_new(list,
					  to_json(decisions, &decisions->items[i]->decision)) < 0)
			return -ENOMEM;
	}
	return json_replace_file_at(session_fd, FILE_NAME, json, 0600);
}

int decisions_lock(int session_fd)
{
	return lock_take(session_fd, LOCK_NAME);
}
