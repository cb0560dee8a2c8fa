/* SPDX-License-Identifier: MIT */
#include "fs/git/workspace_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/json.h"
#include "rules/builtin.h"

#define WORKSPACE_RULES_VERSION 1
#define NAMES_MAX               4096u

struct name_entry {
	const char *name; /* folded; borrowed from its rule */
	const struct workspace_rule *rule;
};

struct rule_list {
	struct workspace_rule *rules;
	size_t count;
};

struct workspace_rules {
	struct rule_list watch;
	struct rule_list git;
	struct name_entry *names; /* sorted */
	size_t name_count;
};

static void rule_done(struct workspace_rule *rule)
{
	for (size_t i = 0; i < rule->name_count; i++)
		free(rule->names[i]);
	free(rule->names);
	free(rule->kind);
	free(rule->why);
	pattern_free(rule->below);
}

static int read_names(const json_t *list, struct workspace_rule *rule)
{
	size_t count = json_array_size(list);

	if (count == 0 || count > NAMES_MAX)
		return -EBADMSG;
	rule->names = calloc(count, sizeof(*rule->names));
	if (!rule->names)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(list, i));
		int r = name && name[0] && !strchr(name, '/') ? fold_name(name, &rule->names[i])
							      : -EBADMSG;

		if (r < 0)
			return r == -ENOMEM ? r : -EBADMSG;
		rule->name_count = i + 1;
	}
	return 0;
}

static int read_pattern(const char *text, struct workspace_rule *rule)
{
	const char *reason = NULL;
	int r = pattern_compile(text, &rule->below, &reason);

	return r == -EINVAL ? -EBADMSG : r;
}

static int read_words(const json_t *object, const char *kind, struct workspace_rule *rule)
{
	const char *why = json_get_string(object, "why", "");

	kind = json_get_string(object, "kind", kind);
	if (why[0] == '\0' || kind[0] == '\0')
		return -EBADMSG;
	rule->kind = strdup(kind);
	rule->why = strdup(why);
	return rule->kind && rule->why ? 0 : -ENOMEM;
}

static int read_watch(const json_t *object, struct workspace_rule *rule)
{
	const char *below = json_get_string(object, "below", NULL);
	const json_t *executable = json_object_get(object, "executable");
	const json_t *suffixes = json_object_get(object, "suffixes");
	int r = read_words(object, "", rule);

	rule->is_suffix = suffixes != NULL;
	rule->is_executable = json_is_true(executable);
	if (r == 0)
		r = read_names(suffixes ? suffixes : json_object_get(object, "names"), rule);
	if (r == 0 && below)
		r = read_pattern(below, rule);
	/* Nothing else is in it, and a directory is not named by its suffix. */
	if (r == 0 && (json_object_size(object) != 3u + (below != NULL) + (executable != NULL) ||
		       (suffixes && below)))
		r = -EBADMSG;
	for (size_t i = 0; r == 0 && i < rule->name_count; i++)
		r = (rule->names[i][0] == '.' && !strchr(rule->names[i] + 1, '.')) ||
				    !rule->is_suffix
			    ? 0
			    : -EBADMSG;
	return r;
}

static int read_git(const json_t *object, struct workspace_rule *rule)
{
	const char *path = json_get_string(object, "path", NULL);
	int r = read_words(object, "git", rule);

	if (r == 0)
		r = path && json_object_size(object) == 2 ? read_pattern(path, rule) : -EBADMSG;
	return r;
}

/* The list owns what it has, also after a failure. */
static int read_list(const json_t *array, int (*read)(const json_t *, struct workspace_rule *),
		     struct rule_list *list)
{
	size_t count = json_array_size(array);

	if (count == 0 || count > WORKSPACE_RULES_MAX)
		return -EBADMSG;
	list->rules = calloc(count, sizeof(*list->rules));
	if (!list->rules)
		return -ENOMEM;
	list->count = count;
	for (size_t i = 0; i < count; i++) {
		int r = read(json_array_get(array, i), &list->rules[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct name_entry *x = a;
	const struct name_entry *y = b;
	int order = strcmp(x->name, y->name);

	/* Rules keep their order within a name. */
	if (order == 0)
		order = (x->rule > y->rule) - (x->rule < y->rule);
	return order;
}

static int index_names(struct workspace_rules *rules)
{
	size_t total = 0;

	for (size_t i = 0; i < rules->watch.count; i++)
		total += rules->watch.rules[i].name_count;
	rules->names = calloc(total, sizeof(*rules->names));
	if (!rules->names)
		return -ENOMEM;
	for (size_t i = 0; i < rules->watch.count; i++) {
		const struct workspace_rule *rule = &rules->watch.rules[i];

		for (size_t k = 0; k < rule->name_count; k++)
			rules->names[rules->name_count++] =
				(struct name_entry){ rule->names[k], rule };
	}
	qsort(rules->names, rules->name_count, sizeof(*rules->names), compare_names);
	return 0;
}

int workspace_rules_parse(const char *text, size_t len, struct workspace_rules **ret)
{
	cleanup_workspace_rules struct workspace_rules *rules = calloc(1, sizeof(*rules));
	cleanup_json json_t *top = NULL;
	int r;

	if (!rules)
		return -ENOMEM;
	r = json_load_strict(text, len, &top, NULL);
	if (r < 0)
		return r;
	if (json_get_integer(top, "version", 0) != WORKSPACE_RULES_VERSION ||
	    json_object_size(top) != 3)
		return -EBADMSG;
	r = read_list(json_object_get(top, "watch"), read_watch, &rules->watch);
	if (r == 0)
		r = read_list(json_object_get(top, "git"), read_git, &rules->git);
	if (r == 0)
		r = index_names(rules);
	if (r == 0)
		*ret = steal_ptr(&rules);
	return r;
}

int workspace_rules_new_builtin(struct workspace_rules **ret)
{
	return workspace_rules_parse(rules_builtin_workspace, rules_builtin_workspace_len, ret);
}

void workspace_rules_free(struct workspace_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->watch.count; i++)
		rule_done(&rules->watch.rules[i]);
	for (size_t i = 0; i < rules->git.count; i++)
		rule_done(&rules->git.rules[i]);
	free(rules->watch.rules);
	free(rules->git.rules);
	free(rules->names);
	free(rules);
}

void cleanup_workspace_rules_free(struct workspace_rules **rules)
{
	workspace_rules_free(*rules);
}

/* Where the entries of name begin. */
static size_t find_first(const struct workspace_rules *rules, const char *name)
{
	size_t low = 0;
	size_t high = rules->name_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(rules->names[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The skip-th rule of that name among those for suffixes, or among the others; *skip counts down.
 */
static const struct workspace_rule *find_nth(const struct workspace_rules *rules, const char *name,
					     bool is_suffix, size_t *skip)
{
	for (size_t i = find_first(rules, name);
	     i < rules->name_count && strcmp(rules->names[i].name, name) == 0; i++) {
		if (rules->names[i].rule->is_suffix == is_suffix && (*skip)-- == 0)
			return rules->names[i].rule;
	}
	return NULL;
}

const struct workspace_rule *workspace_rules_next_for(const struct workspace_rules *rules,
						      const char *folded_name, size_t *cursor)
{
	const char *suffix = strrchr(folded_name, '.');
	size_t skip = *cursor;
	const struct workspace_rule *rule = find_nth(rules, folded_name, false, &skip);

	if (!rule && suffix)
		rule = find_nth(rules, suffix, true, &skip);
	*cursor += rule != NULL;
	return rule;
}

const struct workspace_rule *workspace_rules_find_git(const struct workspace_rules *rules,
						      const struct pattern_name *names,
						      size_t count)
{
	static const struct pattern_context context = { 0 };

	for (size_t i = 0; i < rules->git.count; i++) {
		const struct workspace_rule *rule = &rules->git.rules[i];

		if (pattern_matches(rule->below, PATTERN_FOLDED, &context, names, count))
			return rule;
	}
	return NULL;
}
