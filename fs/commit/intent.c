/* SPDX-License-Identifier: MIT */
#include "fs/commit/intent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/review/receipt.h"

#define TEMP_PREFIX ".claudefs-"
#define TEMP_SUFFIX ".tmp"

static const enum plan_action all_actions[] = {
	PLAN_MKDIR, PLAN_CREATE, PLAN_REPLACE, PLAN_APPEND,
	PLAN_CUT,   PLAN_DELETE, PLAN_RMDIR,   PLAN_KEEP,
};

static const enum commit_status all_statuses[] = {
	COMMIT_APPLIED, COMMIT_CONFLICT, COMMIT_LAPSED,
	COMMIT_SKIPPED, COMMIT_DAMAGED,  COMMIT_FAILED,
};

void intent_done(struct intent *intent)
{
	for (size_t i = 0; i < intent->count; i++)
		free(intent->entries[i].path);
	free(intent->entries);
	*intent = (struct intent){ 0 };
}

ANALYZER_LOSES_OWNERS
static struct intent_entry *append_entry(struct intent *intent, const char *path)
{
	struct intent_entry *entry;

	if (intent->count == intent->size) {
		size_t size = intent->size ? intent->size * 2 : 32;
		struct intent_entry *grown = realloc(intent->entries, size * sizeof(*grown));

		if (!grown)
			return NULL;
		intent->entries = grown;
		intent->size = size;
	}
	entry = &intent->entries[intent->count];
	*entry = (struct intent_entry){ .path = strdup(path) };
	if (!entry->path)
		return NULL;
	intent->count++;
	return entry;
}
ANALYZER_KNOWS_OWNERS

struct intent_entry *intent_add(struct intent *intent, const char *path, enum plan_action action)
{
	struct intent_entry *entry = append_entry(intent, path);
	struct hash random;
	char hex[HASH_HEX_SIZE];

	if (!entry || fd_random_bytes(random.bytes, sizeof(random.bytes)) < 0)
		return NULL;
	hash_to_hex(&random, hex);
	entry->action = action;
	(void)snprintf(entry->temp, sizeof(entry->temp), TEMP_PREFIX "%s" TEMP_SUFFIX, hex);
	return entry;
}

static bool is_temp_name(const char *name)
{
	size_t prefix = strlen(TEMP_PREFIX);

	return strlen(name) == prefix + 32 + strlen(TEMP_SUFFIX) &&
	       strncmp(name, TEMP_PREFIX, prefix) == 0 &&
	       strspn(name + prefix, "0123456789abcdef") == 32 &&
	       strcmp(name + prefix + 32, TEMP_SUFFIX) == 0;
}

static int set_bool(json_t *object, const char *key, bool value)
{
	return json_object_set_new(object, key, json_boolean(value)) < 0 ? -ENOMEM : 0;
}

static int get_bool(const json_t *object, const char *key, bool *ret)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_boolean(value))
		return -EBADMSG;
	*ret = json_is_true(value);
	return 0;
}

/* One that is there only if it is true. */
static int get_flag(const json_t *object, const char *key, bool *ret)
{
	*ret = false;
	return json_object_get(object, key) ? get_bool(object, key, ret) : 0;
}

static int set_string(json_t *object, const char *key, const char *value)
{
	return json_object_set_new(object, key, json_string(value)) < 0 ? -ENOMEM : 0;
}

static json_t *base_to_json(const struct change_base *base)
{
	cleanup_json json_t *json = json_object();

	if (!json || set_bool(json, "exists", base->exists) < 0 ||
	    set_bool(json, "is_directory", base->is_directory) < 0 ||
	    set_bool(json, "is_sampled", base->is_host_sampled) < 0 ||
	    receipt_set_identity(json, "identity", &base->identity) < 0 ||
	    receipt_set_hash(json, "hash", &base->host_hash) < 0)
		return NULL;
	return steal_ptr(&json);
}

static int base_from_json(const json_t *json, struct change_base *ret)
{
	if (get_bool(json, "exists", &ret->exists) < 0 ||
	    get_bool(json, "is_directory", &ret->is_directory) < 0 ||
	    get_bool(json, "is_sampled", &ret->is_host_sampled) < 0 ||
	    receipt_get_identity(json, "identity", &ret->identity) < 0 ||
	    receipt_get_hash(json, "hash", &ret->host_hash) < 0)
		return -EBADMSG;
	return 0;
}

/* The part that intent and receipt share. */
static int describe(const struct intent_entry *entry, json_t *json)
{
	if (set_string(json, "path", entry->path) < 0 ||
	    set_string(json, "action", plan_action_name(entry->action)) < 0 ||
	    receipt_set_number(json, "object", entry->object) < 0 ||
	    receipt_set_number(json, "prefix", entry->prefix) < 0 ||
	    receipt_set_number(json, "size", entry->size) < 0 ||
	    receipt_set_hash(json, "object_hash", &entry->object_hash) < 0 ||
	    receipt_set_number(json, "content_size", entry->content_size) < 0 ||
	    receipt_set_hash(json, "content_hash", &entry->content_hash) < 0 ||
	    (entry->is_partial && set_bool(json, "partial", true) < 0) ||
	    (entry->keeps_base && set_bool(json, "keeps_base", true) < 0) ||
	    (entry->is_kept && set_bool(json, "kept", true) < 0))
		return -ENOMEM;
	if (entry->has_base && (receipt_set_number(json, "base_size", entry->base_size) < 0 ||
				receipt_set_hash(json, "base_hash", &entry->base_hash) < 0))
		return -ENOMEM;
	return 0;
}

static json_t *entry_to_json(const struct intent_entry *entry, size_t index)
{
	cleanup_json json_t *json = json_object();

	if (!json || describe(entry, json) < 0 || set_string(json, "temp", entry->temp) < 0 ||
	    json_object_set_new(json, "base", base_to_json(&entry->base)) < 0 ||
	    set_bool(json, "any_base", entry->any_base) < 0 ||
	    receipt_set_number(json, "mtime_ns", entry->mtime_ns) < 0 ||
	    set_bool(json, "is_new", entry->is_new) < 0)
		return NULL;
	if (entry->has_mode && receipt_set_number(json, "mode", entry->mode) < 0)
		return NULL;
	/* What the log tells of an append is known of a cut before. */
	if (entry->action == PLAN_CUT &&
	    (receipt_set_number(json, "offset", entry->append_offset) < 0 ||
	     set_bool(json, "newline", entry->append_newline) < 0 ||
	     json_object_set_new(json, "before", intent_before_to_json(&entry->before, index)) < 0))
		return NULL;
	return steal_ptr(&json);
}

static int action_from_name(const char *name, enum plan_action *ret)
{
	for (size_t i = 0; i < sizeof(all_actions) / sizeof(all_actions[0]); i++) {
		if (strcmp(name, plan_action_name(all_actions[i])) == 0) {
			*ret = all_actions[i];
			return 0;
		}
	}
	return -EBADMSG;
}

static int status_from_name(const char *name, enum commit_status *ret)
{
	for (size_t i = 0; i < sizeof(all_statuses) / sizeof(all_statuses[0]); i++) {
		if (strcmp(name, commit_status_name(all_statuses[i])) == 0) {
			*ret = all_statuses[i];
			return 0;
		}
	}
	return -EBADMSG;
}

static int mode_from_json(const json_t *json, struct intent_entry *entry)
{
	uint64_t mode = 0;

	if (!json_object_get(json, "mode"))
		return 0;
	if (receipt_get_number(json, "mode", &mode) < 0 || mode > 07777)
		return -EBADMSG;
	entry->mode = (uint32_t)mode;
	entry->has_mode = true;
	return 0;
}

static int place_from_json(const json_t *json, struct intent_entry *entry)
{
	if (receipt_get_number(json, "offset", &entry->append_offset) < 0 ||
	    get_bool(json, "newline", &entry->append_newline) < 0)
		return -EBADMSG;
	return 0;
}

static int cut_from_json(const json_t *json, struct intent_entry *entry)
{
	if (entry->action != PLAN_CUT)
		return 0;
	if (place_from_json(json, entry) < 0)
		return -EBADMSG;
	return intent_before_from_json(json_object_get(json, "before"), &entry->before);
}

static int entry_from_json(const json_t *json, struct intent *intent)
{
	const char *temp = json_get_string(json, "temp", "");
	const char *path = NULL;
	struct intent_entry *entry;

	if (receipt_get_path(json, "path", &path) < 0 || !is_temp_name(temp))
		return -EBADMSG;
	entry = append_entry(intent, path);
	if (!entry)
		return -ENOMEM;
	memcpy(entry->temp, temp, strlen(temp) + 1);
	if (action_from_name(json_get_string(json, "action", ""), &entry->action) < 0 ||
	    base_from_json(json_object_get(json, "base"), &entry->base) < 0 ||
	    get_bool(json, "any_base", &entry->any_base) < 0 ||
	    get_bool(json, "is_new", &entry->is_new) < 0 ||
	    receipt_get_number(json, "mtime_ns", &entry->mtime_ns) < 0 ||
	    receipt_get_number(json, "object", &entry->object) < 0 ||
	    receipt_get_number(json, "prefix", &entry->prefix) < 0 ||
	    receipt_get_number(json, "size", &entry->size) < 0 ||
	    receipt_get_hash(json, "object_hash", &entry->object_hash) < 0 ||
	    receipt_get_number(json, "content_size", &entry->content_size) < 0 ||
	    receipt_get_hash(json, "content_hash", &entry->content_hash) < 0 ||
	    mode_from_json(json, entry) < 0)
		return -EBADMSG;
	entry->has_base = json_object_get(json, "base_size") != NULL;
	if (entry->has_base && (receipt_get_number(json, "base_size", &entry->base_size) < 0 ||
				receipt_get_hash(json, "base_hash", &entry->base_hash) < 0))
		return -EBADMSG;
	if (get_flag(json, "partial", &entry->is_partial) < 0 ||
	    get_flag(json, "keeps_base", &entry->keeps_base) < 0 ||
	    get_flag(json, "kept", &entry->is_kept) < 0)
		return -EBADMSG;
	return cut_from_json(json, entry);
}

/* Receipts of version 1 lack what undo needs: they have no tag either. */
static int done_from_json(const json_t *json, struct intent *intent)
{
	const char *path = NULL;
	struct intent_entry *entry;

	if (receipt_get_path(json, "path", &path) < 0)
		return -EBADMSG;
	entry = append_entry(intent, path);
	if (!entry)
		return -ENOMEM;
	if (action_from_name(json_get_string(json, "action", ""), &entry->action) < 0 ||
	    receipt_get_number(json, "content_size", &entry->content_size) < 0 ||
	    receipt_get_hash(json, "content_hash", &entry->content_hash) < 0 ||
	    intent_result_from_json(json, entry) < 0)
		return -EBADMSG;
	return json_object_get(json, "offset") ? place_from_json(json, entry) : 0;
}

static json_t *root_to_json(const struct intent *intent)
{
	return json_pack("{s:I, s:I}", "dev", (json_int_t)intent->host_dev, "ino",
			 (json_int_t)intent->host_ino);
}

static json_t *head_to_json(const struct intent *intent)
{
	cleanup_json json_t *json = NULL;
	char time[CLOCK_TEXT_SIZE];

	clock_format_rfc3339(intent->time_ns, time);
	json = json_pack("{s:i, s:s, s:I, s:o}", "version", (int)RECEIPT_VERSION, "time", time,
			 "time_ns", (json_int_t)intent->time_ns, "host_root", root_to_json(intent));
	if (!json || (intent->undoes && receipt_set_number(json, "undoes", intent->undoes) < 0) ||
	    (intent->part_of && receipt_set_number(json, "part_of", intent->part_of) < 0))
		return NULL;
	return steal_ptr(&json);
}

/* The tag goes first: with the file the thing itself is there. */
static int write_sealed(int receipt_fd, const char *name, const struct receipt_seal *seal,
			const json_t *json)
{
	cleanup_free char *data = json_dump_whole(json, JSON_INDENT(2));
	struct digest tag;
	char file[32];
	char hex[DIGEST_HEX_SIZE];
	int r = data ? 0 : -ENOMEM;

	if (r == 0 && seal)
		r = receipt_tag(seal, name, data, strlen(data), &tag);
	if (r == 0 && seal) {
		digest_to_hex(&tag, hex);
		(void)snprintf(file, sizeof(file), "%s.tag", name);
		r = fd_replace_file_at(receipt_fd, file, hex, strlen(hex), 0600);
	}
	if (r < 0)
		return r;
	(void)snprintf(file, sizeof(file), "%s.json", name);
	return fd_replace_file_at(receipt_fd, file, data, strlen(data), 0600);
}

int intent_write(const struct intent *intent, int receipt_fd, const struct receipt_seal *seal)
{
	cleanup_json json_t *json = head_to_json(intent);
	json_t *entries = json_array();

	/* Takes entries in any case. */
	if (json_object_set_new(json, "entries", entries) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < intent->count; i++) {
		if (json_array_append_new(entries, entry_to_json(&intent->entries[i], i)) < 0)
			return -ENOMEM;
	}
	return write_sealed(receipt_fd, "intent", seal, json);
}

static int head_from_json(const json_t *json, struct intent *intent)
{
	const json_t *root = json_object_get(json, "host_root");

	if (receipt_get_number(root, "dev", &intent->host_dev) < 0 ||
	    receipt_get_number(root, "ino", &intent->host_ino) < 0 ||
	    receipt_get_number(json, "time_ns", &intent->time_ns) < 0)
		return -EBADMSG;
	(void)receipt_get_number(json, "undoes", &intent->undoes);
	(void)receipt_get_number(json, "part_of", &intent->part_of);
	return 0;
}

static int read_file(int receipt_fd, const char *name, const struct receipt_seal *seal,
		     int (*take)(const json_t *json, struct intent *intent), struct intent *ret)
{
	cleanup_json json_t *json = NULL;
	cleanup_intent struct intent intent = { 0 };
	const json_t *entries;
	const json_t *entry;
	size_t i;
	int r;

	r = receipt_load(receipt_fd, name, seal, &json);
	if (r == 0)
		r = head_from_json(json, &intent);
	if (r < 0)
		return r;
	entries = json_object_get(json, "entries");
	if (!json_is_array(entries))
		return -EBADMSG;
	json_array_foreach (entries, i, entry) {
		r = take(entry, &intent);
		if (r < 0)
			return r;
	}
	*ret = intent;
	intent = (struct intent){ 0 };
	return 0;
}

int intent_read(int receipt_fd, const struct receipt_seal *seal, struct intent *ret)
{
	return read_file(receipt_fd, "intent", seal, entry_from_json, ret);
}

int intent_read_receipt(int receipt_fd, const struct receipt_seal *seal, struct intent *ret)
{
	return read_file(receipt_fd, "receipt", seal, done_from_json, ret);
}

json_t *intent_before_to_json(const struct intent_before *before, size_t index)
{
	cleanup_json json_t *json = json_object();
	char name[32];

	if (!json || set_bool(json, "exists", before->exists) < 0)
		return NULL;
	if (!before->exists)
		return steal_ptr(&json);
	if (set_bool(json, "is_directory", before->is_directory) < 0 ||
	    receipt_set_number(json, "mode", before->mode) < 0 ||
	    receipt_set_number(json, "size", before->size) < 0 ||
	    receipt_set_number(json, "mtime_ns", before->mtime_ns) < 0)
		return NULL;
	(void)snprintf(name, sizeof(name), "pre-%zu", index);
	if (before->is_kept && (set_string(json, "file", name) < 0 ||
				receipt_set_hash(json, "hash", &before->hash) < 0))
		return NULL;
	return steal_ptr(&json);
}

int intent_before_from_json(const json_t *json, struct intent_before *ret)
{
	uint64_t mode = 0;

	if (get_bool(json, "exists", &ret->exists) < 0)
		return -EBADMSG;
	if (!ret->exists)
		return 0;
	if (get_bool(json, "is_directory", &ret->is_directory) < 0 ||
	    receipt_get_number(json, "mode", &mode) < 0 ||
	    receipt_get_number(json, "size", &ret->size) < 0 ||
	    receipt_get_number(json, "mtime_ns", &ret->mtime_ns) < 0 || mode > 07777)
		return -EBADMSG;
	ret->mode = (uint32_t)mode;
	ret->is_kept = json_object_get(json, "file") != NULL;
	return ret->is_kept ? receipt_get_hash(json, "hash", &ret->hash) : 0;
}

static json_t *after_to_json(const struct intent_after *after)
{
	cleanup_json json_t *json = json_object();

	if (!json || set_bool(json, "exists", after->exists) < 0 ||
	    set_bool(json, "is_directory", after->is_directory) < 0 ||
	    set_bool(json, "is_sampled", after->is_sampled) < 0 ||
	    receipt_set_identity(json, "identity", &after->identity) < 0 ||
	    receipt_set_hash(json, "hash", &after->hash) < 0)
		return NULL;
	return steal_ptr(&json);
}

static int after_from_json(const json_t *json, struct intent_after *ret)
{
	if (get_bool(json, "exists", &ret->exists) < 0 ||
	    get_bool(json, "is_directory", &ret->is_directory) < 0 ||
	    get_bool(json, "is_sampled", &ret->is_sampled) < 0 ||
	    receipt_get_identity(json, "identity", &ret->identity) < 0 ||
	    receipt_get_hash(json, "hash", &ret->hash) < 0)
		return -EBADMSG;
	return 0;
}

json_t *intent_result_to_json(const struct intent_entry *entry, size_t index)
{
	cleanup_json json_t *json = json_object();

	if (!json || receipt_set_number(json, "done", index) < 0 ||
	    set_string(json, "status", commit_status_name(entry->status)) < 0 ||
	    (*entry->reason && set_string(json, "reason", entry->reason) < 0) ||
	    json_object_set_new(json, "before", intent_before_to_json(&entry->before, index)) < 0 ||
	    json_object_set_new(json, "after", after_to_json(&entry->after)) < 0)
		return NULL;
	if ((entry->has_started || entry->action == PLAN_CUT) &&
	    (receipt_set_number(json, "offset", entry->append_offset) < 0 ||
	     set_bool(json, "newline", entry->append_newline) < 0))
		return NULL;
	return steal_ptr(&json);
}

int intent_result_from_json(const json_t *json, struct intent_entry *entry)
{
	const char *reason = json_get_string(json, "reason", "");

	if (status_from_name(json_get_string(json, "status", ""), &entry->status) < 0 ||
	    intent_before_from_json(json_object_get(json, "before"), &entry->before) < 0 ||
	    after_from_json(json_object_get(json, "after"), &entry->after) < 0 ||
	    strlen(reason) >= sizeof(entry->reason))
		return -EBADMSG;
	memcpy(entry->reason, reason, strlen(reason) + 1);
	entry->is_done = true;
	return 0;
}

int intent_write_receipt(const struct intent *intent, int receipt_fd,
			 const struct receipt_seal *seal)
{
	cleanup_json json_t *json = head_to_json(intent);
	json_t *entries = json_array();

	/* Takes entries in any case. */
	if (json_object_set_new(json, "entries", entries) < 0 ||
	    receipt_set_number(json, "number", seal->number) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < intent->count; i++) {
		json_t *entry = intent_result_to_json(&intent->entries[i], i);

		if (json_array_append_new(entries, entry) < 0)
			return -ENOMEM;
		if (json_object_del(entry, "done") < 0 || describe(&intent->entries[i], entry) < 0)
			return -ENOMEM;
	}
	return write_sealed(receipt_fd, "receipt", seal, json);
}
