/* SPDX-License-Identifier: MIT */
#include "fs/filter/key_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"

#define KEY_RULES_VERSION 1

struct key_rule {
	struct pattern *pattern;
	bool is_shown;
};

struct key_rules {
	struct key_rule *rules;
	size_t count;
};

static int parse_key_rule(const json_t *object, struct key_rule *ret)
{
	const char *key = json_get_string(object, "key", NULL);
	const char *read = json_get_string(object, "read", "");
	const char *why = json_get_string(object, "why", "");
	const char *reason = NULL;
	int r;

	if (!key || why[0] == '\0' || json_object_size(object) != 3 ||
	    (strcmp(read, "show") != 0 && strcmp(read, "hide") != 0))
		return -EBADMSG;
	r = pattern_compile(key, &ret->pattern, &reason);
	if (r < 0)
		return r == -EINVAL ? -EBADMSG : r;
	ret->is_shown = strcmp(read, "show") == 0;
	return 0;
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
		r = parse_key_rule(json_array_get(keys, i), &rules->rules[i]);
		if (r < 0)
			return r;
		rules->count = i + 1;
	}
	*ret = steal_ptr(&rules);
	return 0;
}

void key_rules_free(struct key_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		pattern_free(rules->rules[i].pattern);
	free(rules->rules);
	free(rules);
}

void cleanup_key_rules_free(struct key_rules **rules)
{
	key_rules_free(*rules);
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
