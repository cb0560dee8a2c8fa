/* SPDX-License-Identifier: MIT */
#include "fs/review/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/path_name.h"
#include "fs/review/change_digest.h"
#include "fs/review/hash_index.h"
#include "fs/review/host_union.h"
#include "fs/review/line_check.h"
#include "fs/review/review_state.h"
#include "fs/review/scratch_file.h"

#define KEY_DOMAIN    "claudefs key 1"
#define RECORD_DOMAIN "claudefs record 1"
#define SHORT_HEX     12u /* digits of a record's name that has no uuid */
#define BEGINNING_MIN 4u

struct parts {
	enum decision_scope scope;
	struct key_changes *keys;
	struct digest content; /* of the bytes that all of it was taken from */
	struct part *items;
	size_t count;
	size_t size;
	int text_fd; /* the records' first bytes, one behind another; -1: none */
	uint64_t text_end;
};

/* The uuids of the records before. */
struct record_names {
	struct hash_index index;
};

struct seen_uuid {
	struct hash_link link;
	struct hash hash;
};

struct record_names *record_names_new(void)
{
	struct record_names *names = calloc(1, sizeof(*names));

	if (!names || hash_index_init(&names->index) < 0) {
		free(names);
		return NULL;
	}
	return names;
}

void record_names_free(struct record_names *names)
{
	if (!names)
		return;
	hash_index_free(&names->index);
	free(names);
}

void cleanup_record_names_free(struct record_names **names)
{
	record_names_free(*names);
}

ANALYZER_LOSES_OWNERS
/* 1: it is the first of its uuid; 0: there was one; or -ENOMEM. */
static int see(struct record_names *names, const char *uuid)
{
	size_t len = strlen(uuid);
	uint64_t key = hash_index_key(uuid, len);
	struct hash hash = hash_bytes(uuid, len);
	struct seen_uuid *seen;

	for (struct hash_link *link = hash_index_find(&names->index, key); link;
	     link = hash_index_find_next(link)) {
		if (hash_is_equal(&((struct seen_uuid *)link)->hash, &hash))
			return 0;
	}
	seen = calloc(1, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	seen->hash = hash;
	if (hash_index_add(&names->index, &seen->link, key) < 0) {
		free(seen);
		return -ENOMEM;
	}
	return 1;
}
ANALYZER_KNOWS_OWNERS

static void part_done(struct part *part)
{
	free(part->name);
}

enum decision_scope parts_scope(const struct change *change)
{
	size_t len = strlen(change->path);

	if (change->merge == RULE_MERGE_JSON_KEYS)
		return DECISION_KEY;
	if (change->verdict.merge != RULE_MERGE_UNION_RECORDS || len < 6 ||
	    strcmp(change->path + len - 6, ".jsonl") != 0)
		return DECISION_WHOLE;
	/* One that was rewritten has hunks. */
	return change->merge == RULE_MERGE_UNION_RECORDS || change->kind == CHANGE_CREATE
		       ? DECISION_RECORD
		       : DECISION_WHOLE;
}

static int add_value(struct digest_stream *stream, const json_t *value)
{
	cleanup_free char *dump = value ? json_dump_whole(value, JSON_ENCODE_ANY | JSON_COMPACT)
					: NULL;

	if (value && !dump)
		return -ENOMEM;
	digest_stream_number(stream, value != NULL);
	digest_stream_text(stream, dump);
	return 0;
}

/* What print_keys() shows of it; and where it would go. */
static int digest_key(const struct change *change, const struct key_change *key, const char *name,
		      struct digest *ret)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	int r;

	if (!stream)
		return -ENOMEM;
	digest_stream_text(stream, KEY_DOMAIN);
	digest_stream_text(stream, change->path);
	digest_stream_text(stream, name);
	digest_stream_text(stream, key_fate_name(key->fate));
	digest_stream_text(stream, key->why);
	r = add_value(stream, key->merge->old_value);
	if (r == 0)
		r = add_value(stream, key->merge->new_value);
	if (r == 0)
		r = add_value(stream, key->merge->host_value);
	return r < 0 ? r : digest_stream_finish(stream, ret);
}

/* (ret_) The key's name, and its digest. */
static int name_key(const struct change *change, const struct key_change *key, char **ret_name,
		    struct digest *ret)
{
	cleanup_text struct text text = { 0 };
	cleanup_free char *name = NULL;
	int r;

	key_change_append_name(&text, key->merge);
	name = text_steal(&text);
	if (!name)
		return -ENOMEM;
	r = digest_key(change, key, name, ret);
	if (r == 0)
		*ret_name = steal_ptr(&name);
	return r;
}

/* Whatever decisions say, what the person rejected once asks. */
static struct part_verdict judge(const struct review *review, const struct change *change,
				 enum decision_scope scope, const char *name,
				 const struct digest *digest, const struct decisions *decisions)
{
	struct part_verdict verdict =
		decisions_verdict(decisions, change->path, scope, name, digest);

	if (decisions != review->decisions)
		verdict.asks =
			decisions_verdict(review->decisions, change->path, scope, name, digest)
				.asks;
	verdict.asks = verdict.asks || change->asks_again;
	return verdict;
}

int parts_judge_key(const struct review *review, const struct change *change,
		    const struct key_change *key, const struct decisions *decisions,
		    struct part_verdict *ret)
{
	cleanup_free char *name = NULL;
	struct digest digest;
	int r = name_key(change, key, &name, &digest);

	if (r == 0)
		*ret = judge(review, change, DECISION_KEY, name, &digest, decisions);
	return r;
}

static void decide(struct part *part, const struct review *review, const struct change *change,
		   enum decision_scope scope, const struct decisions *decisions)
{
	struct part_verdict verdict =
		judge(review, change, scope, part->name, &part->digest, decisions);

	part->asks_again = part->may_be_decided && !part->asks && verdict.asks &&
			   verdict.verdict == DECISION_NONE;
	part->asks = part->asks || part->asks_again;
	part->has_lapsed = verdict.has_lapsed || (verdict.verdict && !part->may_be_decided);
	part->verdict = part->may_be_decided ? verdict.verdict : DECISION_NONE;
}

static int digest_session(struct parts *parts)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	struct json_text text = key_changes_session(parts->keys);

	if (!stream)
		return -ENOMEM;
	digest_stream_update(stream, text.data, text.len);
	return digest_stream_finish(stream, &parts->content);
}

static int load_keys(const struct review *review, const struct change *change,
		     const struct decisions *decisions, struct parts *parts)
{
	char reason[200];
	int r = key_changes_load(review, change, &parts->keys, reason, sizeof(reason));

	if (r == 0)
		r = digest_session(parts);
	if (r < 0)
		return r;
	parts->items = calloc(key_changes_count(parts->keys) + 1, sizeof(*parts->items));
	if (!parts->items)
		return -ENOMEM;
	for (size_t i = 0; i < key_changes_count(parts->keys); i++) {
		const struct key_change *key = key_changes_get(parts->keys, i);
		struct part *part = &parts->items[i];

		r = name_key(change, key, &part->name, &part->digest);
		if (r < 0)
			return r;
		parts->count++;
		part->key = key;
		part->may_be_decided = (key->fate == KEY_FATE_GOES || key->fate == KEY_FATE_ASKS) &&
				       strlen(part->name) <= DECISION_PART_MAX;
		part->asks = key->fate == KEY_FATE_ASKS;
		decide(part, review, change, DECISION_KEY, decisions);
	}
	return 0;
}

ANALYZER_LOSES_OWNERS
/* The name of a record, and what a decision about it is bound to. */
static int name_record(const struct review *review, const struct change *change,
		       struct record_names *names, const char *line, size_t len, struct part *part)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	cleanup_digest_stream struct digest_stream *content = digest_stream_new();
	cleanup_json json_t *record = NULL;
	char hex[DIGEST_HEX_SIZE];
	const char *field = NULL;
	const char *uuid;
	int r;

	if (!stream || !content)
		return -ENOMEM;
	r = json_load_strict(line, len, &record, NULL);
	if (r == 0)
		r = line_check(LINE_TRANSCRIPT, review->options.scope, line, len, &field);
	if (r < 0)
		return r;
	part->foreign = r == 0 ? field : NULL;
	digest_stream_update(content, line, len);
	digest_stream_text(stream, RECORD_DOMAIN);
	digest_stream_text(stream, change->path);
	digest_stream_text(stream, rule_write_name(change->verdict.write));
	digest_stream_text(stream, part->foreign);
	digest_stream_field(stream, line, len);
	r = digest_stream_finish(content, &part->content);
	if (r == 0)
		r = digest_stream_finish(stream, &part->digest);
	uuid = json_get_string(record, "uuid", "");
	if (r == 0 && *uuid != '\0' && strlen(uuid) <= PATH_NAME_MAX)
		r = see(names, uuid);
	if (r < 0)
		return r;
	digest_to_hex(&part->content, hex);
	if (r == 1)
		part->name = strdup(uuid);
	else if (asprintf(&part->name, "#%.*s", (int)SHORT_HEX, hex) < 0)
		part->name = NULL;
	return part->name ? 0 : -ENOMEM;
}
ANALYZER_KNOWS_OWNERS

int parts_judge_record(const struct review *review, const struct change *change,
		       struct record_names *names, const char *line, size_t len,
		       const struct decisions *decisions, struct part_verdict *ret)
{
	struct part part = { 0 };
	int r = name_record(review, change, names, line, len, &part);

	if (r == 0)
		*ret = judge(review, change, DECISION_RECORD, part.name, &part.digest, decisions);
	part_done(&part);
	return r;
}

struct record_list {
	const struct review *review;
	const struct change *change;
	const struct decisions *decisions;
	struct record_names *names;
	struct parts *parts;
	bool with_text;
};

ANALYZER_LOSES_OWNERS
static int grow(struct parts *parts)
{
	size_t size = parts->size ? parts->size * 2 : 64;
	struct part *grown;

	if (parts->count < parts->size)
		return 0;
	grown = realloc(parts->items, size * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	parts->items = grown;
	parts->size = size;
	return 0;
}
ANALYZER_KNOWS_OWNERS

static size_t text_size(const struct part *part)
{
	return part->size < RECORD_SHOWN_MAX ? part->size : RECORD_SHOWN_MAX;
}

static int keep_text(const struct record_list *list, struct part *part, const char *line)
{
	struct parts *parts = list->parts;
	int r;

	if (parts->text_fd < 0)
		parts->text_fd = scratch_file_open(list->review->store);
	if (parts->text_fd < 0)
		return parts->text_fd;
	part->text_offset = parts->text_end;
	r = fd_pwrite_all(parts->text_fd, line, text_size(part), (off_t)part->text_offset);
	if (r < 0)
		return r;
	part->has_text = true;
	parts->text_end += text_size(part);
	return 0;
}

int parts_read_text(const struct parts *parts, const struct part *part, char **ret, size_t *ret_len)
{
	cleanup_free char *text = NULL;
	size_t len = text_size(part);
	ssize_t n;

	if (!part->has_text)
		return -ENODATA;
	text = malloc(len + 1);
	if (!text)
		return -ENOMEM;
	n = fd_pread_all(parts->text_fd, text, len, (off_t)part->text_offset);
	if (n < 0 || (size_t)n < len)
		return n < 0 ? (int)n : -EIO;
	text[len] = '\0';
	*ret = steal_ptr(&text);
	*ret_len = len;
	return 0;
}

static int take_record(const char *line, size_t len, void *arg)
{
	struct record_list *list = arg;
	struct parts *parts = list->parts;
	struct part *part;
	int r = grow(parts);

	if (r < 0)
		return r;
	part = &parts->items[parts->count];
	*part = (struct part){
		.may_be_decided = true,
		.asks = list->change->group == REVIEW_NEEDS_APPROVAL,
		.size = len,
	};
	r = name_record(list->review, list->change, list->names, line, len, part);
	if (r < 0)
		return r;
	parts->count++;
	decide(part, list->review, list->change, DECISION_RECORD, list->decisions);
	if (!list->with_text)
		return 0;
	return keep_text(list, part, line);
}

static int load_records(const struct review *review, const struct change *change,
			const struct decisions *decisions, bool with_text, struct parts *parts)
{
	cleanup_record_names struct record_names *names = record_names_new();
	struct record_list list = { review, change, decisions, names, parts, with_text };
	struct union_report report;

	return names ? host_union_each(review, change, take_record, &list, &parts->content, &report)
		     : -ENOMEM;
}

int parts_of_change(const struct review *review, const struct change *change,
		    const struct decisions *decisions, bool with_text, struct parts **ret)
{
	cleanup_parts struct parts *parts = NULL;
	enum decision_scope scope = parts_scope(change);
	int r;

	if (scope == DECISION_WHOLE)
		return -ENOTSUP;
	parts = calloc(1, sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	parts->scope = scope;
	parts->text_fd = -1;
	r = scope == DECISION_KEY ? load_keys(review, change, decisions, parts)
				  : load_records(review, change, decisions, with_text, parts);
	if (r < 0)
		return r;
	*ret = steal_ptr(&parts);
	return 0;
}

void parts_free(struct parts *parts)
{
	if (!parts)
		return;
	for (size_t i = 0; i < parts->count; i++)
		part_done(&parts->items[i]);
	free(parts->items);
	key_changes_free(parts->keys);
	cleanup_close_fd(&parts->text_fd);
	free(parts);
}

void cleanup_parts_free(struct parts **parts)
{
	parts_free(*parts);
}

size_t parts_count(const struct parts *parts)
{
	return parts->count;
}

const struct part *parts_get(const struct parts *parts, size_t index)
{
	return index < parts->count ? &parts->items[index] : NULL;
}

const struct key_changes *parts_keys(const struct parts *parts)
{
	return parts->keys;
}

int parts_digest(const struct parts *parts, const struct change *change, struct digest *ret)
{
	return change_digest_with(change, &parts->content, ret);
}

static bool is_joined(const struct key_change *key, const char *name)
{
	for (size_t i = 0; i < key->merge->depth; i++) {
		size_t len = strlen(key->merge->keys[i]);

		if (strncmp(name, key->merge->keys[i], len) != 0)
			return false;
		name += len;
		if (i + 1 < key->merge->depth && *name++ != '.')
			return false;
	}
	return *name == '\0';
}

static bool is_meant(const struct part *part, const char *name)
{
	if (part->key)
		return is_joined(part->key, name);
	return strlen(name) >= BEGINNING_MIN && strncmp(part->name, name, strlen(name)) == 0;
}

/* The first of its name at index; a digest in a name is short enough to be met on purpose, and a
 * uuid may be any text. */
static int check_alone(const struct parts *parts, size_t index)
{
	const struct part *first = &parts->items[index];

	for (size_t i = index + 1; i < parts->count; i++) {
		if (strcmp(parts->items[i].name, first->name) == 0 &&
		    !digest_is_equal(&parts->items[i].digest, &first->digest))
			return -ENOTUNIQ;
	}
	return 0;
}

int parts_find(const struct parts *parts, const char *name, size_t *ret)
{
	size_t found = 0;

	for (size_t i = 0; i < parts->count; i++) {
		if (strcmp(parts->items[i].name, name) == 0) {
			*ret = i;
			return check_alone(parts, i);
		}
		if (is_meant(&parts->items[i], name) && found++ == 0)
			*ret = i;
	}
	return found == 0 ? -ENOENT : found == 1 ? 0 : -ENOTUNIQ;
}

void parts_sum(const struct parts *parts, struct change_parts *ret)
{
	*ret = (struct change_parts){ .scope = parts->scope };
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->items[i];

		ret->approved += part->verdict == DECISION_APPROVED;
		ret->rejected += part->verdict == DECISION_REJECTED;
		ret->lapsed += part->has_lapsed;
		ret->total += part->may_be_decided;
		ret->asks_again += part->asks_again;
		ret->open += part->may_be_decided && part->asks && part->verdict == DECISION_NONE;
	}
}
