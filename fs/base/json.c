/* SPDX-License-Identifier: MIT */
#include "fs/base/json.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/fold.h"
#include "fs/base/text.h"

/* jansson does not always tell that memory ran out: parsing fails as if the text were bad or yields
 * a string that was cut, and json_dumps() gives half of a text for the whole. So its allocations
 * are watched. */
static _Thread_local bool has_starved;
/* A text of brackets takes fifty times its length: what parsing may allocate in all is bounded. */
static _Thread_local size_t budget; /* bytes left */
static _Thread_local bool has_overspent;

static void *allocate(size_t size)
{
	void *p;

	if (size > budget) {
		has_overspent = true;
		return NULL;
	}
	budget -= size;
	p = malloc(size);
	if (!p)
		has_starved = true;
	return p;
}

/* Set before any JSON is made, so no thread can be in between. */
static bool is_wiping;

static void release(void *memory)
{
#ifdef __GLIBC__
	/* The C library knows how much it gave; another one's is left as it is. */
	if (is_wiping && memory)
		explicit_bzero(memory, malloc_usable_size(memory));
#endif
	free(memory);
}

static void watch_allocations(void)
{
	json_set_alloc_funcs(allocate, release);
}

static void begin_watch(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, watch_allocations);
	has_starved = false;
	has_overspent = false;
	budget = SIZE_MAX;
}

void json_problem_set(struct json_problem *problem, unsigned int line, const char *reason)
{
	if (!problem)
		return;
	problem->line = line;
	text_format_safe(problem->reason, sizeof(problem->reason), "%s", reason);
}

/* jansson recurses per level, and its limit of 2048 is not ours: count brackets outside strings
 * first. */
static bool is_too_deep(const char *data, size_t len, unsigned int *ret_line)
{
	unsigned int depth = 0;
	bool is_string = false;

	*ret_line = 1;
	for (size_t i = 0; i < len; i++) {
		char c = data[i];

		if (c == '\n')
			++*ret_line;
		if (is_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				is_string = false;
		} else if (c == '"') {
			is_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH_MAX)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

int json_load_strict(const char *data, size_t len, json_t **ret, struct json_problem *problem)
{
	json_error_t error;
	unsigned int line;
	json_t *json;

	if (is_too_deep(data, len, &line)) {
		json_problem_set(problem, line, "nested too deeply");
		return -EBADMSG;
	}
	begin_watch();
	budget = JSON_MEMORY_MAX + 4 * len;
	json = json_loadb(data, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	budget = SIZE_MAX;
	if (has_overspent) {
		json_decref(json);
		json_problem_set(problem, 0, "too many small values to be looked at");
		return -EBADMSG;
	}
	/* Also where it seems to have worked: a string that could not grow comes out cut. */
	if (has_starved) {
		json_decref(json);
		return -ENOMEM;
	}
	if (!json) {
		json_problem_set(problem, error.line > 0 ? (unsigned int)error.line : 0,
				 error.text);
		return -EBADMSG;
	}
	*ret = json;
	return 0;
}

char *json_dump_whole(const json_t *json, size_t flags)
{
	cleanup_free char *dumped = NULL;

	begin_watch();
	dumped = json_dumps(json, flags);
	return has_starved ? NULL : steal_ptr(&dumped);
}

int json_replace_file_at(int dir_fd, const char *name, const json_t *json, mode_t mode)
{
	cleanup_free char *dumped = json_dump_whole(json, JSON_INDENT(2) | JSON_ENCODE_ANY);
	cleanup_text struct text text = { 0 };

	if (!dumped)
		return -ENOMEM;
	text_append(&text, dumped);
	text_append(&text, "\n");
	if (text.is_failed)
		return -ENOMEM;
	return fd_replace_file_at(dir_fd, name, text.data, text.len, mode);
}

json_t *json_string_lossy(const char *s)
{
	cleanup_text struct text text = { 0 };
	size_t left = strlen(s);

	while (left > 0) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(s, left, &code);

		if (n == 0) {
			text_append(&text, "\xef\xbf\xbd");
			n = 1;
		} else {
			text_append_bytes(&text, s, n);
		}
		s += n;
		left -= n;
	}
	if (text.is_failed)
		return NULL;
	return json_stringn(text.data ? text.data : "", text.len);
}

const char *json_get_string(const json_t *object, const char *key, const char *fallback)
{
	const json_t *value = json_object_get(object, key);

	return json_is_string(value) ? json_string_value(value) : fallback;
}

long long json_get_integer(const json_t *object, const char *key, long long fallback)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

void json_wipe_memory(void)
{
	is_wiping = true;
}
