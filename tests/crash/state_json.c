/* SPDX-License-Identifier: MIT */
#include "tests/crash/state_json.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "fs/base/text.h"

#define CACHE_MAX 32u
#define TEMPS_MAX 1024u
#define IDS_MAX   4096u
#define LINES_MAX 4096u

/* A file that a JSON names by its identity. */
struct id {
	uint64_t ino;
	uint64_t mtime_ns;
	uint64_t ctime_ns;
	bool has_times;
};

/* A text that was made before: it still holds if the bytes are the same, and what is said of each
 * identity. */
struct cached {
	char *path;
	struct hash raw;
	struct id *ids;
	size_t id_count;
	struct text said;
	struct text plain;
};

struct temp {
	char name[64];
	char purpose[64];
};

struct state_json {
	struct cached cache[CACHE_MAX];
	size_t cache_count;
	struct temp temps[TEMPS_MAX];
	size_t temp_count;
	struct hash learnt; /* the intent that they are of */
	uint64_t receipt;   /* its number; 0: none */
	/* The text that is being made. */
	struct cached *making;
	const struct state_facts *facts;
};

static void __attribute__((noreturn)) die(const char *what)
{
	(void)fprintf(stderr, "state: %s\n", what);
	abort();
}

struct state_json *state_json_new(void)
{
	struct state_json *json = calloc(1, sizeof(*json));

	if (!json)
		die("no memory");
	return json;
}

void state_json_free(struct state_json *json)
{
	for (size_t i = 0; i < json->cache_count; i++) {
		free(json->cache[i].path);
		free(json->cache[i].ids);
		text_done(&json->cache[i].said);
		text_done(&json->cache[i].plain);
	}
	free(json);
}

const struct state_file *state_files_by_ino(const struct state_files *files, uint64_t ino)
{
	for (size_t i = 0; i < files->count; i++) {
		if (files->files[i].ino == ino)
			return &files->files[i];
	}
	return NULL;
}

void state_json_learn(struct state_json *json, uint64_t receipt, const char *data, size_t len)
{
	struct hash hash = hash_bytes(data, len);
	cleanup_json json_t *root = NULL;
	const json_t *entry;
	size_t i;

	if (json->receipt == receipt && hash_is_equal(&json->learnt, &hash))
		return;
	json->receipt = receipt;
	json->learnt = hash;
	json->temp_count = 0;
	if (receipt == 0 || json_load_strict(data, len, &root, NULL) < 0)
		return;
	json_array_foreach (json_object_get(root, "entries"), i, entry) {
		struct temp *temp = &json->temps[json->temp_count++];

		if (json->temp_count == TEMPS_MAX)
			die("too many temporary names");
		(void)snprintf(temp->name, sizeof(temp->name), "%s",
			       json_get_string(entry, "temp", ""));
		(void)snprintf(temp->purpose, sizeof(temp->purpose), "temporary of %llu-%zu",
			       (unsigned long long)receipt, i);
	}
}

const char *state_json_purpose(const struct state_json *json, const char *name)
{
	for (size_t i = 0; i < json->temp_count; i++) {
		if (strcmp(json->temps[i].name, name) == 0)
			return json->temps[i].purpose;
	}
	return "temporary";
}

/* What there is to be said of an identity. */
static void say_identity(const struct state_facts *facts, const struct id *id, struct text *text)
{
	const struct state_file *file = state_files_by_ino(facts->now, id->ino);
	const char *is = "is";

	if (!file) {
		file = state_files_by_ino(facts->start, id->ino);
		is = "was";
	}
	if (!file) {
		text_append(text, "gone\n");
		return;
	}
	text_appendf(text, "%s %s", is, file->path);
	/* A directory changes with each of its names. */
	if (id->has_times && !S_ISDIR(file->mode))
		text_appendf(text, ", written %s, changed %s",
			     id->mtime_ns == file->mtime_ns ? "then" : "since",
			     id->ctime_ns == file->ctime_ns ? "then" : "since");
	text_append(text, "\n");
}

static uint64_t number_of(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

static void replace(json_t *object, const char *key, const char *value)
{
	if (json_object_set_new(object, key, json_string(value)) < 0)
		die("no memory");
}

static void make_identity_plain(struct state_json *json, json_t *object)
{
	struct cached *making = json->making;
	struct id *id = &making->ids[making->id_count++];
	size_t begin = making->said.len;

	if (making->id_count == IDS_MAX)
		die("too many identities");
	*id = (struct id){
		.ino = number_of(object, "ino"),
		.mtime_ns = number_of(object, "mtime_ns"),
		.ctime_ns = number_of(object, "ctime_ns"),
		.has_times = json_object_get(object, "mtime_ns") != NULL,
	};
	say_identity(json->facts, id, &making->said);
	replace(object, "ino", making->said.data + begin);
	(void)json_object_del(object, "dev");
	(void)json_object_del(object, "mtime_ns");
	(void)json_object_del(object, "ctime_ns");
}

static bool is_time_of_start(const struct state_facts *facts, uint64_t mtime_ns)
{
	for (size_t i = 0; i < facts->start->count; i++) {
		if (facts->start->files[i].mtime_ns == mtime_ns)
			return true;
	}
	return false;
}

static void make_plain(struct state_json *json, json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_object_get(value, "ino")) {
		make_identity_plain(json, value);
	} else if (json_object_get(value, "mtime_ns")) {
		replace(value, "mtime_ns",
			is_time_of_start(json->facts, number_of(value, "mtime_ns")) ? "of the start"
										    : "later");
	}
	if (json_object_get(value, "temp"))
		replace(value, "temp", "its own");
	(void)json_object_del(value, "time");
	(void)json_object_del(value, "time_ns");
	json_object_foreach (value, key, member)
		make_plain(json, member);
	json_array_foreach (value, i, member)
		make_plain(json, member);
}

/* Parses one text and makes it plain (ret_); NULL: it is no JSON. */
static char *plain_of(struct state_json *json, const char *data, size_t len, json_t **ret)
{
	char *dumped;

	if (json_load_strict(data, len, ret, NULL) < 0)
		return NULL;
	make_plain(json, *ret);
	dumped = json_dump_whole(*ret, JSON_COMPACT | JSON_SORT_KEYS);
	if (!dumped)
		die("no memory");
	return dumped;
}

struct line {
	char *text;
	size_t entry;
	size_t n;
};

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a;
	const struct line *y = b;

	if (x->entry != y->entry)
		return x->entry < y->entry ? -1 : 1;
	return x->n < y->n ? -1 : x->n > y->n;
}

static size_t entry_of(const json_t *line)
{
	static const char *const keys[] = { "kept", "start", "done" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (json_object_get(line, keys[i]))
			return (size_t)number_of(line, keys[i]);
	}
	return SIZE_MAX;
}

/* A reader takes the lines of each entry in turn, and takes one that it has just taken for the
 * same: so only the order within an entry counts, and repetition does not. */
static void make_log_plain(struct state_json *json, const char *data, size_t len)
{
	static struct line lines[LINES_MAX];
	struct text *plain = &json->making->plain;
	size_t count = 0;

	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		size_t line_len = newline ? (size_t)(newline - data) : len;
		cleanup_json json_t *root = NULL;
		char *text = newline ? plain_of(json, data, line_len, &root) : NULL;

		if (!text && asprintf(&text, "torn: %zu bytes", line_len) < 0)
			die("no memory");
		lines[count] = (struct line){ text, entry_of(root), count };
		if (++count == LINES_MAX)
			die("too many lines");
		line_len += newline != NULL;
		data += line_len;
		len -= line_len;
	}
	qsort(lines, count, sizeof(lines[0]), compare_lines);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(lines[i].text, lines[i - 1].text) != 0)
			text_appendf(plain, "%s\n", lines[i].text);
	}
	for (size_t i = 0; i < count; i++)
		free(lines[i].text);
}

static struct cached *cached_for(struct state_json *json, const char *path)
{
	struct cached *cached = json->cache;

	for (size_t i = 0; i < json->cache_count; i++, cached++) {
		if (strcmp(cached->path, path) == 0)
			return cached;
	}
	if (json->cache_count == CACHE_MAX)
		die("too many JSON files");
	json->cache_count++;
	cached->path = strdup(path);
	cached->ids = calloc(IDS_MAX, sizeof(*cached->ids));
	if (!cached->path || !cached->ids)
		die("no memory");
	return cached;
}

static bool is_valid(const struct cached *cached, const struct hash *raw,
		     const struct state_facts *facts)
{
	cleanup_text struct text said = { 0 };

	if (!cached->plain.data || !hash_is_equal(&cached->raw, raw))
		return false;
	for (size_t i = 0; i < cached->id_count; i++)
		say_identity(facts, &cached->ids[i], &said);
	return said.len == cached->said.len &&
	       (said.len == 0 || memcmp(said.data, cached->said.data, said.len) == 0);
}

const char *state_json_text(struct state_json *json, const char *path, const char *data, size_t len,
			    bool is_log, const struct state_facts *facts)
{
	struct cached *cached = cached_for(json, path);
	struct hash raw = hash_bytes(data, len);

	if (is_valid(cached, &raw, facts))
		return cached->plain.data;
	cached->raw = raw;
	cached->id_count = 0;
	text_done(&cached->said);
	text_done(&cached->plain);
	json->making = cached;
	json->facts = facts;
	text_append(&cached->plain, "");
	if (is_log) {
		make_log_plain(json, data, len);
	} else {
		cleanup_json json_t *root = NULL;
		cleanup_free char *text = plain_of(json, data, len, &root);

		text_appendf(&cached->plain, "%s\n", text ? text : "torn");
	}
	if (cached->plain.is_failed || cached->said.is_failed)
		die("no memory");
	return cached->plain.data;
}
