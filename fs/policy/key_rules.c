/* SPDX-License-Identifier: MIT */
#include "fs/policy/key_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "rules/builtin.h"

#define KEY_RULES_VERSION 1

struct key_rules {
	struct key_rule *rules;
	size_t count;
};

/* A word of a table by its number; -1: not in it. */
static int find_word(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], word) == 0)
			return (int)i;
	}
	return -1;
}

/* The word of an optional field; the first one if it is absent. Returns 0 or -EBADMSG. */
static int parse_word(const json_t *object, const char *field, const char *const *words,
		      size_t count, size_t *fields, int *ret)
{
	const json_t *value = json_object_get(object, field);

	*ret = 0;
	if (!value)
		return 0;
	++*fields;
	if (!json_is_string(value))
		return -EBADMSG;
	*ret = find_word(words, count, json_string_value(value));
	return *ret < 0 ? -EBADMSG : 0;
}

/* In the order of the enumerations. */
static const char *const write_words[] = { "auto", "review", "never" };
static const char *const both_words[] = { "conflict", "host", "max" };
static const char *const value_words[] = { "none", "flag", "count", "number", "text" };

static int parse_write(const json_t *object, size_t *fields, struct key_rule *ret)
{
	int write = 0;
	int both = 0;
	int value = 0;
	int r = parse_word(object, "write", write_words, 3, fields, &write);

	if (r == 0)
		r = parse_word(object, "both", both_words, 3, fields, &both);
	if (r == 0)
		r = parse_word(object, "value", value_words, 5, fields, &value);
	if (r < 0)
		return r;
	ret->has_write = json_object_get(object, "write") != NULL;
	ret->write = !ret->has_write ? RULE_WRITE_NEVER
		     : write == 0    ? RULE_WRITE_AUTO
		     : write == 1    ? RULE_WRITE_REVIEW
				     : RULE_WRITE_NEVER;
	ret->both = (enum key_both)both;
	ret->value = (enum key_value)value;
	return ret->write == RULE_WRITE_AUTO && ret->value == KEY_VALUE_NONE ? -EBADMSG : 0;
}

static int parse_key_rule(const json_t *object, struct key_rule *ret)
{
	const char *key = json_get_string(object, "key", NULL);
	const char *read = json_get_string(object, "read", "");
	const char *why = json_get_string(object, "why", "");
	const char *reason = NULL;
	size_t fields = 3;
	int r;

	if (!key || why[0] == '\0' || (strcmp(read, "show") != 0 && strcmp(read, "hide") != 0))
		return -EBADMSG;
	r = parse_write(object, &fields, ret);
	if (r < 0 || json_object_size(object) != fields)
		return -EBADMSG;
	r = pattern_compile(key, &ret->pattern, &reason);
	if (r < 0)
		return r == -EINVAL ? -EBADMSG : r;
	ret->is_shown = strcmp(read, "show") == 0;
	ret->key = strdup(key);
	ret->why = strdup(why);
	return ret->key && ret->why ? 0 : -ENOMEM;
}

int key_rules_parse(const char *text, size_t len, struct key_rules **ret)
{
	cleanup_key_rules struct key_rules *rules = calloc(1, sizeof(*rules));
	cleanup_json json_t *top = NULL;
	const json_t *keys;
	int r;

	if (!rules)
		return -ENOMEM;
	r = json_load_strict(text, len, &top, NULL);
	if (r < 0)
		return r;
	keys = json_object_get(top, "keys");
	if (json_get_integer(top, "version", 0) != KEY_RULES_VERSION ||
	    json_object_size(top) != 2 || !json_is_array(keys) ||
	    json_array_size(keys) > KEY_RULES_MAX)
		return -EBADMSG;
	rules->rules = calloc(json_array_size(keys) + 1, sizeof(*rules->rules));
	if (!rules->rules)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(keys); i++) {
		rules->count = i + 1;
		r = parse_key_rule(json_array_get(keys, i), &rules->rules[i]);
		if (r < 0)
			return r;
	}
	*ret = steal_ptr(&rules);
	return 0;
}

void key_rules_free(struct key_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++) {
		pattern_free(rules->rules[i].pattern);
		free(rules->rules[i].key);
		free(rules->rules[i].why);
	}
	free(rules->rules);
	free(rules);
}

void cleanup_key_rules_free(struct key_rules **rules)
{
	key_rules_free(*rules);
}

int key_rules_new_builtin(const char *filter, struct key_rules **ret)
{
	*ret = NULL;
	if (strcmp(filter, "claude-json") == 0)
		return key_rules_parse(rules_builtin_claude_json, rules_builtin_claude_json_len,
				       ret);
	if (strcmp(filter, "settings") == 0)
		return key_rules_parse(rules_builtin_settings, rules_builtin_settings_len, ret);
	return 0;
}

size_t key_rules_count(const struct key_rules *rules)
{
	return rules->count;
}

const struct key_rule *key_rules_get(const struct key_rules *rules, size_t index)
{
	return index < rules->count ? &rules->rules[index] : NULL;
}

const struct key_rule *key_rules_find(const struct key_rules *rules,
				      const struct pattern_context *context,
				      const struct pattern_name *keys, size_t count)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (pattern_matches(rules->rules[i].pattern, PATTERN_EXACT, context, keys, count))
			return &rules->rules[i];
	}
	return NULL;
}

enum key_verdict key_rules_decide(const struct key_rules *rules,
				  const struct pattern_context *context,
				  const struct pattern_name *keys, size_t count)
{
	bool is_way = false;

	for (size_t i = 0; i < rules->count; i++) {
		const struct key_rule *rule = &rules->rules[i];

		if (pattern_matches(rule->pattern, PATTERN_EXACT, context, keys, count)) {
			if (rule->is_shown)
				return KEY_SHOWN;
			break;
		}
		/* Only what comes before the rule that hides can open a way through it. */
		is_way = is_way || (rule->is_shown && pattern_is_below(rule->pattern, PATTERN_EXACT,
								       context, keys, count));
	}
	return is_way ? KEY_WAY : KEY_HIDDEN;
}
