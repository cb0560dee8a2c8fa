/* SPDX-License-Identifier: MIT */
#include "fs/policy/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/policy/rules_parse.h"
#include "rules/builtin.h"

struct rules {
	struct rule_list list;
};

static const char *const read_names[] = {
	[RULE_READ_SHOW] = "show",
	[RULE_READ_HIDE] = "hide",
	[RULE_READ_FILTER] = "filter",
	[RULE_READ_SYNTHETIC] = "synthetic",
};

static const char *const write_names[] = {
	[RULE_WRITE_AUTO] = "auto",
	[RULE_WRITE_REVIEW] = "review",
	[RULE_WRITE_NEVER] = "never",
	[RULE_WRITE_REFUSE] = "refuse",
};

static const char *const merge_names[] = {
	[RULE_MERGE_REPLACE] = "replace",
	[RULE_MERGE_APPEND_LINES] = "append-lines",
	[RULE_MERGE_UNION_RECORDS] = "union-records",
	[RULE_MERGE_JSON_KEYS] = "json-keys",
};

static const char *const filter_names[] = { "claude-json", "history", "settings" };

const char *rule_read_name(enum rule_read read)
{
	return read_names[read];
}

const char *rule_write_name(enum rule_write write)
{
	return write_names[write];
}

const char *rule_merge_name(enum rule_merge merge)
{
	return merge_names[merge];
}

bool rule_filter_is_known(const char *name)
{
	for (size_t i = 0; i < sizeof(filter_names) / sizeof(filter_names[0]); i++) {
		if (strcmp(name, filter_names[i]) == 0)
			return true;
	}
	return false;
}

int rules_new_builtin(struct rules **ret)
{
	cleanup_rules struct rules *rules = calloc(1, sizeof(*rules));
	int r;

	if (!rules)
		return -ENOMEM;
	r = rules_parse("built-in", rules_builtin_files, rules_builtin_files_len, &rules->list,
			NULL);
	/* A test parses the built-in rules; what reaches a user cannot be broken. */
	if (r < 0)
		return r;
	*ret = steal_ptr(&rules);
	return 0;
}

int rules_add_text(struct rules *rules, const char *name, const char *text, size_t len,
		   struct rules_problem *problem)
{
	cleanup_rule_list struct rule_list added = { 0 };
	struct rule_entry *joined;
	size_t total;
	int r;

	r = rules_parse(name, text, len, &added, problem);
	if (r < 0)
		return r;
	total = added.count + rules->list.count;
	if (total > RULES_MAX) {
		(void)rules_problem_set(problem, name, 0, "more than %u rules in all", RULES_MAX);
		return -E2BIG;
	}
	joined = calloc(total, sizeof(*joined));
	if (!joined)
		return -ENOMEM;
	memcpy(joined, added.entries, added.count * sizeof(*joined));
	memcpy(joined + added.count, rules->list.entries, rules->list.count * sizeof(*joined));
	free(rules->list.entries);
	rules->list = (struct rule_list){ joined, total };
	/* The entries have moved; only their array is left to free. */
	added.count = 0;
	return 0;
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	rule_list_done(&rules->list);
	free(rules);
}

void cleanup_rules_free(struct rules **rules)
{
	rules_free(*rules);
}

size_t rules_count(const struct rules *rules)
{
	return rules->list.count;
}

const struct rule *rules_get(const struct rules *rules, size_t index)
{
	return &rules->list.entries[index].rule;
}

const struct pattern *rules_get_pattern(const struct rules *rules, size_t index)
{
	return rules->list.entries[index].pattern;
}

/* With the NUL, so that no two lists of strings have the same bytes. */
static void hash_string(struct hash_stream *stream, const char *s)
{
	hash_stream_update(stream, s ? s : "", s ? strlen(s) + 1 : 1);
}

struct hash rules_hash(const struct rules *rules)
{
	cleanup_hash_stream struct hash_stream *stream = hash_stream_new();
	struct hash none = { { 0 } };

	if (!stream)
		return none;
	hash_stream_reset(stream);
	for (size_t i = 0; i < rules_count(rules); i++) {
		const struct rule *rule = rules_get(rules, i);

		hash_string(stream, rule->pattern);
		hash_string(stream, rule_read_name(rule->read));
		hash_string(stream, rule_write_name(rule->write));
		hash_string(stream, rule_merge_name(rule->merge));
		hash_string(stream, rule->filter);
		hash_string(stream, rule->why);
	}
	return hash_stream_digest(stream);
}
