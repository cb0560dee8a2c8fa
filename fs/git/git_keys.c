/* SPDX-License-Identifier: MIT */
#include "fs/git/git_keys.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
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
};

struct git_keys {
	struct key *keys;
	size_t count;
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

static int parse_key(const json_t *object, struct key *ret)
{
	const char *pattern = json_get_string(object, "key", "");
	const char *why = json_get_string(object, "why", "");
	const char *key = NULL;
	size_t section = 0;

	if (why[0] == '\0' || json_object_size(object) != 2 || !split(pattern, &section, &key))
		return -EBADMSG;
	ret->section = strndup(pattern, section);
	ret->name = strdup(key);
	ret->why = strdup(why);
	if (key > pattern + section + 1) {
		const char *middle = pattern + section + 1;

		ret->subsection = strndup(middle, (size_t)(key - middle) - 1);
		if (!ret->subsection)
			return -ENOMEM;
	}
	return ret->section && ret->name && ret->why ? 0 : -ENOMEM;
}

int git_keys_parse(const char *text, size_t len, struct git_keys **ret)
{
	cleanup_git_keys struct git_keys *keys = calloc(1, sizeof(*keys));
	cleanup_json json_t *top = NULL;
	const json_t *list;
	int r;

	if (!keys)
		return -ENOMEM;
	r = json_load_strict(text, len, &top, NULL);
	if (r < 0)
		return r;
	list = json_object_get(top, "keys");
	if (json_get_integer(top, "version", 0) != GIT_KEYS_VERSION || !json_is_array(list) ||
	    json_array_size(list) > GIT_KEYS_MAX)
		return -EBADMSG;
	keys->keys = calloc(json_array_size(list) + 1, sizeof(*keys->keys));
	if (!keys->keys)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++) {
		keys->count = i + 1;
		r = parse_key(json_array_get(list, i), &keys->keys[i]);
		if (r < 0)
			return r;
	}
	*ret = steal_ptr(&keys);
	return 0;
}

int git_keys_new_builtin(struct git_keys **ret)
{
	return git_keys_parse(rules_builtin_git, rules_builtin_git_len, ret);
}

void git_keys_free(struct git_keys *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < keys->count; i++) {
		free(keys->keys[i].section);
		free(keys->keys[i].subsection);
		free(keys->keys[i].name);
		free(keys->keys[i].why);
	}
	free(keys->keys);
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

const char *git_keys_why(const struct git_keys *keys, const char *name)
{
	cleanup_free char *section = NULL;
	cleanup_free char *subsection = NULL;
	const char *key = NULL;
	size_t len = 0;

	if (strlen(name) > NAME_MAX_BYTES || !split(name, &len, &key))
		return "A key that is too long to be told";
	section = strndup(name, len);
	subsection = key > name + len + 1 ? strndup(name + len + 1, (size_t)(key - name) - len - 2)
					  : NULL;
	if (!section || (key > name + len + 1 && !subsection))
		return "Out of memory while its name was compared";
	for (size_t i = 0; i < keys->count; i++) {
		const struct key *rule = &keys->keys[i];

		if (matches(rule->section, section) && matches(rule->name, key) &&
		    !rule->subsection == !subsection &&
		    (!subsection || matches(rule->subsection, subsection)))
			return rule->why;
	}
	return NULL;
}
