/* SPDX-License-Identifier: MIT */
#include "fs/merge/json_keys.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/merge/json_splice.h"

struct json_keys {
	json_t *base;
	json_t *session;
	json_t *host;
	char *host_text; /* NULL: the host has no file */
	size_t host_len;
	struct json_key_change *changes;
	size_t count;
	size_t size;
};

/* Where a comparison is. */
struct comparison {
	struct json_keys *keys;
	json_key_both_fn *both;
	void *arg;
	const char *path[JSON_DEPTH_MAX + 1]; /* json_load_strict() has bounded the depth */
	size_t depth;
};

static bool is_same_array(const json_t *a, const json_t *b)
{
	if (json_array_size(a) != json_array_size(b))
		return false;
	for (size_t i = 0; i < json_array_size(a); i++) {
		if (!json_keys_is_same(json_array_get(a, i), json_array_get(b, i)))
			return false;
	}
	return true;
}

static bool is_same_object(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;

	if (json_object_size(a) != json_object_size(b))
		return false;
	/* jansson's iterators want a json_t that may be written; nothing is. */
	json_object_foreach ((json_t *)(uintptr_t)a, key, value) {
		if (!json_keys_is_same(value, json_object_get(b, key)))
			return false;
	}
	return true;
}

bool json_keys_is_same(const json_t *a, const json_t *b)
{
	if (!a || !b)
		return a == b;
	if (json_is_number(a) && json_is_number(b)) {
		double x = json_number_value(a);
		double y = json_number_value(b);

		return x >= y && x <= y;
	}
	if (json_typeof(a) != json_typeof(b))
		return false;
	if (json_is_array(a))
		return is_same_array(a, b);
	return json_is_object(a) ? is_same_object(a, b) : json_equal(a, b);
}

/* The value at a path, NULL if there is none. */
static json_t *reach(json_t *tree, const char *const *keys, size_t depth)
{
	for (size_t i = 0; tree && i < depth; i++)
		tree = json_object_get(tree, keys[i]);
	return tree;
}

static const char no_way[] = "the host has another kind of value above it";
static const char is_gone[] = "the host has removed what it is in";

/* Is there a way to the key on the host? NULL, or why not. */
static const char *look_above(const struct json_keys *keys, const struct json_key_change *change)
{
	json_t *base = keys->base;
	json_t *host = keys->host;

	for (size_t i = 0; i + 1 < change->depth; i++) {
		base = json_object_get(base, change->keys[i]);
		host = json_object_get(host, change->keys[i]);
		if (!host)
			return base ? is_gone : NULL;
		if (!json_is_object(host))
			return no_way;
	}
	return NULL;
}

static void set_conflict(struct json_key_change *change, const char *why)
{
	change->state = JSON_KEY_CONFLICT;
	change->why = why;
}

static void set_superseded(struct json_key_change *change)
{
	change->state = JSON_KEY_DONE;
	change->is_superseded = true;
}

/* Host and session have different values, and neither is the base's. */
static void judge_both(const struct comparison *comparison, struct json_key_change *change)
{
	enum json_key_both both = JSON_BOTH_CONFLICT;

	if (comparison->both)
		both = comparison->both(change->keys, change->depth, comparison->arg);
	switch (both) {
	case JSON_BOTH_HOST: set_superseded(change); return;
	case JSON_BOTH_MAX:
		if (!json_is_number(change->new_value) || !json_is_number(change->host_value))
			break;
		if (json_number_value(change->host_value) < json_number_value(change->new_value))
			change->state = JSON_KEY_OPEN;
		else
			set_superseded(change);
		return;
	case JSON_BOTH_CONFLICT: break;
	}
	if (!change->host_value)
		set_conflict(change, "the host has removed it");
	else
		set_conflict(change, change->old_value ? "the host has changed it too"
						       : "the host has another value that the "
							 "session did not see");
}

/* The session made an empty object where the host has one with something in it, or removed one that
 * it saw empty: there is nothing of the session's that the host would miss. */
static bool is_about_emptiness(const struct json_key_change *change)
{
	const json_t *empty = change->old_value ? change->old_value : change->new_value;

	return (!change->old_value || !change->new_value) && json_is_object(empty) &&
	       json_object_size(empty) == 0 && json_is_object(change->host_value);
}

static void judge(const struct comparison *comparison, struct json_key_change *change)
{
	const char *above = look_above(comparison->keys, change);
	const json_t *host;

	change->host_value = reach(comparison->keys->host, change->keys, change->depth);
	host = change->host_value;
	if (above && (above == no_way || change->new_value))
		set_conflict(change, above);
	else if (json_keys_is_same(host, change->new_value))
		change->state = JSON_KEY_DONE;
	else if (json_keys_is_same(host, change->old_value))
		change->state = JSON_KEY_OPEN;
	else if (is_about_emptiness(change))
		set_superseded(change);
	else
		judge_both(comparison, change);
}

ANALYZER_LOSES_OWNERS
static int add_change(struct comparison *comparison, const json_t *old_value,
		      const json_t *new_value)
{
	struct json_keys *keys = comparison->keys;
	struct json_key_change *change;
	const char **path;

	if (keys->count == JSON_KEYS_CHANGES_MAX)
		return -E2BIG;
	if (keys->count == keys->size) {
		size_t size = keys->size ? keys->size * 2 : 64;
		struct json_key_change *grown = realloc(keys->changes, size * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		keys->changes = grown;
		keys->size = size;
	}
	path = malloc((comparison->depth + 1) * sizeof(*path));
	if (!path)
		return -ENOMEM;
	memcpy(path, comparison->path, comparison->depth * sizeof(*path));
	change = &keys->changes[keys->count++];
	*change = (struct json_key_change){
		.keys = path,
		.depth = comparison->depth,
		.old_value = old_value,
		.new_value = new_value,
	};
	judge(comparison, change);
	return 0;
}
ANALYZER_KNOWS_OWNERS

static int compare_objects(struct comparison *comparison, json_t *base, json_t *session);

/* One key; NULL: absent on that side. */
static int compare_values(struct comparison *comparison, const char *key, json_t *base,
			  json_t *session)
{
	bool is_deep = (json_is_object(session) &&
			(json_is_object(base) || (!base && json_object_size(session) > 0))) ||
		       (!session && json_object_size(base) > 0);
	int r = 0;

	comparison->path[comparison->depth++] = key;
	if (is_deep)
		r = compare_objects(comparison, base, session);
	else if (!json_keys_is_same(base, session))
		r = add_change(comparison, base, session);
	comparison->depth--;
	return r;
}

static int compare_objects(struct comparison *comparison, json_t *base, json_t *session)
{
	const char *key;
	json_t *value;
	int r;

	json_object_foreach (session, key, value) {
		r = compare_values(comparison, key, json_object_get(base, key), value);
		if (r < 0)
			return r;
	}
	json_object_foreach (base, key, value) {
		if (json_object_get(session, key))
			continue;
		r = compare_values(comparison, key, value, NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

static int load_side(const struct json_text *text, enum json_side side,
		     struct json_keys_problem *problem, json_t **ret)
{
	struct json_keys_problem found = { .side = side };
	cleanup_json json_t *tree = NULL;
	int r;

	if (!text->data) {
		*ret = json_object();
		return *ret ? 0 : -ENOMEM;
	}
	if (text->len > JSON_KEYS_TEXT_MAX)
		return -EFBIG;
	r = json_load_strict(text->data, text->len, &tree, &found.problem);
	if (r == 0 && !json_is_object(tree)) {
		json_problem_set(&found.problem, 1, "is no JSON object");
		r = -EBADMSG;
	}
	if (r == -EBADMSG && problem)
		*problem = found;
	if (r == 0)
		*ret = steal_ptr(&tree);
	return r;
}

int json_keys_compare(const struct json_text *base, const struct json_text *session,
		      const struct json_text *host, json_key_both_fn *both, void *arg,
		      struct json_keys_problem *problem, struct json_keys **ret)
{
	cleanup_json_keys struct json_keys *keys = calloc(1, sizeof(*keys));
	struct comparison comparison = { .keys = keys, .both = both, .arg = arg };
	int r;

	if (!keys)
		return -ENOMEM;
	r = load_side(base, JSON_SIDE_BASE, problem, &keys->base);
	if (r == 0)
		r = load_side(session, JSON_SIDE_SESSION, problem, &keys->session);
	if (r == 0)
		r = load_side(host, JSON_SIDE_HOST, problem, &keys->host);
	if (r < 0)
		return r;
	if (host->data) {
		keys->host_text = strndup(host->data, host->len);
		keys->host_len = host->len;
		if (!keys->host_text)
			return -ENOMEM;
	}
	r = compare_objects(&comparison, keys->base, keys->session);
	if (r < 0)
		return r;
	*ret = steal_ptr(&keys);
	return 0;
}

void json_keys_free(struct json_keys *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < keys->count; i++)
		free((void *)(uintptr_t)keys->changes[i].keys);
	free(keys->changes);
	free(keys->host_text);
	json_decref(keys->base);
	json_decref(keys->session);
	json_decref(keys->host);
	free(keys);
}

void cleanup_json_keys_free(struct json_keys **keys)
{
	json_keys_free(*keys);
}

size_t json_keys_count(const struct json_keys *keys)
{
	return keys->count;
}

const struct json_key_change *json_keys_get(const struct json_keys *keys, size_t index)
{
	return index < keys->count ? &keys->changes[index] : NULL;
}

/* A tree that is edited, and the one that it came from: what both hold by the same reference is
 * untouched, and copied before anything in it is changed. */
struct edit {
	json_t *tree;
	json_t *origin;
};

/* The object that holds a key in the edited tree, made where there is none. NULL in *ret: something
 * else is in its place. */
static int own_parent(const struct edit *edit, const char *const *keys, size_t depth, json_t **ret)
{
	json_t *at = edit->tree;
	json_t *origin = edit->origin;

	for (size_t i = 0; i + 1 < depth; i++) {
		json_t *next = json_object_get(at, keys[i]);
		json_t *origin_next = json_object_get(origin, keys[i]);

		if (!next || next == origin_next) {
			next = next ? json_copy(next) : json_object();
			if (!next || json_object_set_new(at, keys[i], next) < 0)
				return -ENOMEM;
		}
		if (!json_is_object(next)) {
			at = NULL;
			break;
		}
		at = next;
		origin = origin_next;
	}
	*ret = at;
	return 0;
}

/* Objects that the session removed go when their last key has gone. */
static int prune(const struct json_keys *keys, const struct edit *edit,
		 const struct json_key_change *change)
{
	for (size_t depth = change->depth - 1; depth > 0; depth--) {
		const json_t *emptied = reach(edit->tree, change->keys, depth);
		json_t *parent = NULL;
		int r;

		if (!json_is_object(emptied) || json_object_size(emptied) > 0 ||
		    reach(keys->session, change->keys, depth))
			return 0;
		r = own_parent(edit, change->keys, depth, &parent);
		if (r < 0)
			return r;
		if (parent)
			(void)json_object_del(parent, change->keys[depth - 1]);
	}
	return 0;
}

/* True (1) if the change is in the edited tree now; 0: there was no way. */
static int apply_change(const struct json_keys *keys, const struct edit *edit,
			const struct json_key_change *change)
{
	const char *key = change->keys[change->depth - 1];
	json_t *parent = NULL;
	int r;

	if (!change->new_value && !reach(edit->tree, change->keys, change->depth))
		return 1;
	r = own_parent(edit, change->keys, change->depth, &parent);
	if (r < 0 || !parent)
		return r;
	if (change->new_value)
		return json_object_set(parent, key, (json_t *)(uintptr_t)change->new_value) < 0
			       ? -ENOMEM
			       : 1;
	(void)json_object_del(parent, key);
	r = prune(keys, edit, change);
	return r < 0 ? r : 1;
}

/* The host's tree and the next base, with all that was chosen. */
static int apply_chosen(const struct json_keys *keys, json_key_choose_fn *choose, void *arg,
			const struct edit *host, const struct edit *base,
			struct json_keys_result *result)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct json_key_change *change = &keys->changes[i];
		enum json_key_choice choice = JSON_KEY_LEAVE;
		int r;

		if (change->state != JSON_KEY_DONE) {
			choice = choose(change, arg);
			if (choice == JSON_KEY_LEAVE)
				continue;
			r = choice == JSON_KEY_TAKE && change->state == JSON_KEY_CONFLICT
				    ? 0
				    : apply_change(keys, host, change);
			if (r < 0)
				return r;
			if (r == 0) {
				result->conflicts++;
				continue;
			}
			result->applied++;
		}
		r = apply_change(keys, base, change);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The edited tree as the host's text, checked. */
static int write_text(const struct json_keys *keys, const struct edit *host,
		      struct json_keys_result *result)
{
	static const char nothing[] = "{}";
	cleanup_json json_t *again = NULL;
	const char *text = keys->host_text ? keys->host_text : nothing;
	size_t len = keys->host_text ? keys->host_len : strlen(nothing);
	int r;

	if (result->applied == 0) {
		result->text = strndup(keys->host_text ? keys->host_text : "",
				       keys->host_text ? keys->host_len : 0);
		result->len = keys->host_len;
		return result->text ? 0 : -ENOMEM;
	}
	r = json_splice(text, len, host->origin, host->tree, &result->text, &result->len);
	if (r == 0)
		r = json_load_strict(result->text, result->len, &again, NULL);
	if (r < 0)
		return r;
	return json_equal(again, host->tree) ? 0 : -EBADMSG;
}

int json_keys_merge(const struct json_keys *keys, json_key_choose_fn *choose, void *arg,
		    struct json_keys_result *ret)
{
	cleanup_json json_t *host_tree = json_copy(keys->host);
	cleanup_json json_t *base_tree = json_copy(keys->base);
	struct edit host = { .tree = host_tree, .origin = keys->host };
	struct edit base = { .tree = base_tree, .origin = keys->base };
	cleanup_json_keys_result struct json_keys_result result = { 0 };
	int r;

	if (!host_tree || !base_tree)
		return -ENOMEM;
	r = apply_chosen(keys, choose, arg, &host, &base, &result);
	if (r == 0)
		r = write_text(keys, &host, &result);
	if (r < 0)
		return r;
	result.next_base = json_dump_whole(base_tree, JSON_COMPACT);
	if (!result.next_base)
		return -ENOMEM;
	result.next_base_len = strlen(result.next_base);
	*ret = result;
	result = (struct json_keys_result){ 0 };
	return 0;
}

void json_keys_result_done(struct json_keys_result *result)
{
	free(result->text);
	free(result->next_base);
	*result = (struct json_keys_result){ 0 };
}
