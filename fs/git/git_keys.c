/* SPDX-License-Identifier: MIT */
#include "fs/git/git_keys.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "rules/builtin.h"

#define GIT_KEYS_VERSION 1
#define NAME_MAX_BYTES   4096u

struct key {
	char *section;
	char *subsection; /* NULL: the pattern has none */
	char *name;
	char *why;
	const json_t *only; /* of top: patterns of the values that it is about; NULL: all */
};

struct key_list {
	struct key *keys;
	size_t count;
};

struct git_keys {
	json_t *top;
	struct key_list dangerous;
	struct key_list passed;
};

/* Where a name's first and last dots are. False: no name of a key. */
static bool split(const char *name, size_t *ret_section, const char **ret_key)
{
	const char *first = strchr(name, '.');
	const char *last = strrchr(name, '.');

	if (!first || first == name || last[1] == '\0')
		return false;
	*ret_section = (size_t)(first - name);
	*ret_key = last + 1;
	return true;
}

static int set_pattern(struct key *key, const char *pattern, const char *why)
{
	const char *name = NULL;
	size_t section = 0;

	if (why[0] == '\0' || !split(pattern, &section, &name))
		return -EBADMSG;
	key->section = strndup(pattern, section);
	key->name = strdup(name);
	key->why = strdup(why);
	if (name > pattern + section + 1) {
		const char *middle = pattern + section + 1;

		key->subsection = strndup(middle, (size_t)(name - middle) - 1);
		if (!key->subsection)
			return -ENOMEM;
	}
	return key->section && key->name && key->why ? 0 : -ENOMEM;
}

static bool is_list_of_strings(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!json_is_string(json_array_get(list, i)))
			return false;
	}
	return json_array_size(list) > 0;
}

/* An entry of "keys". What is for git-guard alone (harmless, guard) is read when that is built. */
static int parse_key(const json_t *object, struct key_list *list)
{
	struct key *key = &list->keys[list->count++];
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		if (strcmp(name, "key") != 0 && strcmp(name, "why") != 0 &&
		    strcmp(name, "guard") != 0 && strcmp(name, "harmless") != 0 &&
		    strcmp(name, "only") != 0)
			return -EBADMSG;
	}
	key->only = json_object_get(object, "only");
	if (key->only && !is_list_of_strings(key->only))
		return -EBADMSG;
	return set_pattern(key, json_get_string(object, "key", ""),
			   json_get_string(object, "why", ""));
}

/* An entry of "pass": several patterns with one reason. */
static int parse_group(const json_t *object, struct key_list *list)
{
	const json_t *patterns = json_object_get(object, "keys");
	int r = is_list_of_strings(patterns) && json_object_size(object) == 2 ? 0 : -EBADMSG;

	for (size_t i = 0; r == 0 && i < json_array_size(patterns); i++) {
		if (list->count == GIT_KEYS_MAX)
			return -EBADMSG;
		r = set_pattern(&list->keys[list->count++],
				json_string_value(json_array_get(patterns, i)),
				json_get_string(object, "why", ""));
	}
	return r;
}

static int parse_list(const json_t *array, int (*parse)(const json_t *, struct key_list *),
		      struct key_list *list)
{
	int r = 0;

	if (!json_is_array(array) || json_array_size(array) > GIT_KEYS_MAX)
		return -EBADMSG;
	list->keys = calloc(GIT_KEYS_MAX, sizeof(*list->keys));
	if (!list->keys)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < json_array_size(array); i++)
		r = parse(json_array_get(array, i), list);
	return r;
}

int git_keys_parse(const char *text, size_t len, struct git_keys **ret)
{
	cleanup_git_keys struct git_keys *keys = calloc(1, sizeof(*keys));
	int r;

	if (!keys)
		return -ENOMEM;
	r = json_load_strict(text, len, &keys->top, NULL);
	if (r < 0)
		return r;
	if (json_get_integer(keys->top, "version", 0) != GIT_KEYS_VERSION)
		return -EBADMSG;
	r = parse_list(json_object_get(keys->top, "keys"), parse_key, &keys->dangerous);
	if (r == 0 && json_object_get(keys->top, "pass"))
		r = parse_list(json_object_get(keys->top, "pass"), parse_group, &keys->passed);
	if (r < 0)
		return r;
	*ret = steal_ptr(&keys);
	return 0;
}

int git_keys_new_builtin(struct git_keys **ret)
{
	return git_keys_parse(rules_builtin_git, rules_builtin_git_len, ret);
}

static void key_list_done(struct key_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->keys[i].section);
		free(list->keys[i].subsection);
		free(list->keys[i].name);
		free(list->keys[i].why);
	}
	free(list->keys);
}

void git_keys_free(struct git_keys *keys)
{
	if (!keys)
		return;
	key_list_done(&keys->dangerous);
	key_list_done(&keys->passed);
	json_decref(keys->top);
	free(keys);
}

void cleanup_git_keys_free(struct git_keys **keys)
{
	git_keys_free(*keys);
}

static bool matches(const char *pattern, const char *part)
{
	return fnmatch(pattern, part, FNM_CASEFOLD | FNM_NOESCAPE) == 0;
}

static bool value_matches(const json_t *only, const char *value)
{
	if (!only || !value)
		return true;
	for (size_t i = 0; i < json_array_size(only); i++) {
		if (fnmatch(json_string_value(json_array_get(only, i)), value, FNM_NOESCAPE) == 0)
			return true;
	}
	return false;
}

/* The first of the list that the parts of a name match, or NULL. */
static const struct key *find(const struct key_list *list, const char *section,
			      const char *subsection, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct key *rule = &list->keys[i];

		if (matches(rule->section, section) && matches(rule->name, name) &&
		    !rule->subsection == !subsection &&
		    (!subsection || matches(rule->subsection, subsection)))
			return rule;
	}
	return NULL;
}

/* Calls find() with the parts of name. Returns 0 with *ret, -EINVAL (no name of a key) or -ENOMEM.
 */
static int find_name(const struct key_list *list, const char *name, const struct key **ret)
{
	cleanup_free char *section = NULL;
	cleanup_free char *subsection = NULL;
	const char *key = NULL;
	size_t len = 0;

	if (strlen(name) > NAME_MAX_BYTES || !split(name, &len, &key))
		return -EINVAL;
	section = strndup(name, len);
	subsection = key > name + len + 1 ? strndup(name + len + 1, (size_t)(key - name) - len - 2)
					  : NULL;
	if (!section || (key > name + len + 1 && !subsection))
		return -ENOMEM;
	*ret = find(list, section, subsection, key);
	return 0;
}

const char *git_keys_why(const struct git_keys *keys, const char *name, const char *value)
{
	const struct key *found = NULL;
	int r = find_name(&keys->dangerous, name, &found);

	if (r < 0)
		return r == -EINVAL ? "A key that is too long to be told"
				    : "Out of memory while its name was compared";
	return found && value_matches(found->only, value) ? found->why : NULL;
}

bool git_keys_may_pass(const struct git_keys *keys, const char *name)
{
	const struct key *found = NULL;

	if (find_name(&keys->dangerous, name, &found) < 0 || found)
		return false;
	return find_name(&keys->passed, name, &found) == 0 && found;
}
