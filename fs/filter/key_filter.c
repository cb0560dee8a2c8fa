/* SPDX-License-Identifier: MIT */
#include "fs/filter/key_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/filter/filter.h"
#include "fs/policy/key_rules.h"

struct key_walk {
	const struct key_rules *rules;
	struct pattern_context context;
	struct pattern_name keys[JSON_DEPTH_MAX + 1]; /* from the top down to the value at hand */
	size_t count;
};

static int copy_visible(struct key_walk *walk, json_t *value, json_t **ret);

/* Judges the value under one more key. *ret (ret_) is NULL for a hidden one. */
static int copy_child(struct key_walk *walk, const char *key, json_t *value, json_t **ret)
{
	int r;

	/* json_load_strict() has bounded the depth. */
	walk->keys[walk->count++] = (struct pattern_name){ key, strlen(key) };
	r = copy_visible(walk, value, ret);
	walk->count--;
	return r;
}

static int copy_object(struct key_walk *walk, json_t *object, json_t **ret)
{
	cleanup_json json_t *copy = json_object();
	const char *key;
	json_t *value;

	if (!copy)
		return -ENOMEM;
	json_object_foreach (object, key, value) {
		json_t *child = NULL;
		int r = copy_child(walk, key, value, &child);

		if (r < 0)
			return r;
		if (child && json_object_set_new(copy, key, child) < 0)
			return -ENOMEM;
	}
	*ret = steal_ptr(&copy);
	return 0;
}

static int copy_array(struct key_walk *walk, json_t *array, json_t **ret)
{
	cleanup_json json_t *copy = json_array();

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *child = NULL;
		char key[24];
		int r;

		(void)snprintf(key, sizeof(key), "%zu", i);
		r = copy_child(walk, key, json_array_get(array, i), &child);
		if (r < 0)
			return r;
		if (child && json_array_append_new(copy, child) < 0)
			return -ENOMEM;
	}
	*ret = steal_ptr(&copy);
	return 0;
}

/* *ret (ret_): what may be seen of value, NULL if nothing. */
static int copy_visible(struct key_walk *walk, json_t *value, json_t **ret)
{
	enum key_verdict verdict =
		key_rules_decide(walk->rules, &walk->context, walk->keys, walk->count);

	*ret = NULL;
	if (verdict == KEY_HIDDEN)
		return 0;
	if (json_is_object(value))
		return copy_object(walk, value, ret);
	if (verdict == KEY_WAY)
		return 0;
	if (json_is_array(value))
		return copy_array(walk, value, ret);
	*ret = json_incref(value);
	return 0;
}

int key_filter_apply(const char *rules_text, size_t rules_len, const struct project_scope *scope,
		     int in_fd, int out_fd)
{
	cleanup_key_rules struct key_rules *rules = NULL;
	struct key_walk walk = { .context = { project_scope_composed_path(scope), scope } };
	cleanup_free char *text = NULL;
	cleanup_free char *dumped = NULL;
	cleanup_json json_t *top = NULL;
	cleanup_json json_t *visible = NULL;
	size_t len = 0;
	int r;

	r = key_rules_parse(rules_text, rules_len, &rules);
	if (r < 0)
		return r;
	walk.rules = rules;
	r = fd_read_file(in_fd, FILTER_JSON_MAX, &text, &len);
	if (r < 0)
		return r;
	r = json_load_strict(text, len, &top, NULL);
	if (r < 0)
		return r;
	if (!json_is_object(top))
		return -EBADMSG;
	r = copy_object(&walk, top, &visible);
	if (r < 0)
		return r;
	/* Nothing left out: byte for byte, so that the user's layout is seen as it is. */
	if (json_equal(top, visible))
		return fd_write_all(out_fd, text, len);
	dumped = json_dump_whole(visible, JSON_INDENT(2));
	if (!dumped)
		return -ENOMEM;
	return fd_write_all(out_fd, dumped, strlen(dumped));
}
