/* SPDX-License-Identifier: MIT */
#include "fs/policy/rules_parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "fs/base/text.h"

#define RULES_VERSION 1

void rule_list_done(struct rule_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct rule *rule = &list->entries[i].rule;

		free(rule->pattern);
		free(rule->filter);
		free(rule->why);
		free(rule->origin);
		pattern_free(list->entries[i].pattern);
	}
	free(list->entries);
	*list = (struct rule_list){ 0 };
}

int rules_problem_set(struct rules_problem *problem, const char *file, unsigned int line,
		      const char *format, ...)
{
	va_list args;

	if (!problem)
		return -EBADMSG;
	va_start(args, format);
	text_vformat_safe(problem->reason, sizeof(problem->reason), format, args);
	va_end(args);
	text_format_safe(problem->file, sizeof(problem->file), "%s", file);
	problem->line = line;
	return -EBADMSG;
}

/* ---- lines ---- */

/* The line on which element number index of the only array in the top-level object starts. text is
 * known to be JSON, so brackets outside strings are all there is to count. 0: not found. */
static unsigned int line_of_element(const char *text, size_t len, size_t index)
{
	unsigned int line = 1;
	unsigned int depth = 0;
	bool is_string = false;
	bool is_expected = false; /* the next token starts an element */

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\n')
			line++;
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			continue;
		if (is_string) {
			if (c == '\\')
				i++;
			is_string = c != '"';
			continue;
		}
		if (is_expected) {
			if (index-- == 0)
				return line;
			is_expected = false;
		}
		is_string = c == '"';
		if (c == '{' || c == '[')
			is_expected = ++depth == 2 && c == '[';
		else if (c == '}' || c == ']')
			depth--;
		else if (c == ',')
			is_expected = depth == 2;
	}
	return 0;
}

/* ---- one rule ---- */

static const char *const known_keys[] = { "filter", "merge", "path", "read", "why", "write" };

static int check_keys(json_t *object, const char **reterr_key)
{
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value) {
		bool is_known = false;

		for (size_t i = 0; i < sizeof(known_keys) / sizeof(known_keys[0]); i++)
			is_known = is_known || strcmp(key, known_keys[i]) == 0;
		*reterr_key = key;
		if (!is_known || !json_is_string(value))
			return -EBADMSG;
	}
	return 0;
}

static bool read_from_name(const char *name, enum rule_read *ret)
{
	for (enum rule_read i = RULE_READ_SHOW; i <= RULE_READ_SYNTHETIC; i++) {
		*ret = i;
		if (strcmp(name, rule_read_name(i)) == 0)
			return true;
	}
	return false;
}

static bool write_from_name(const char *name, enum rule_write *ret)
{
	for (enum rule_write i = RULE_WRITE_AUTO; i <= RULE_WRITE_REFUSE; i++) {
		*ret = i;
		if (strcmp(name, rule_write_name(i)) == 0)
			return true;
	}
	return false;
}

static bool merge_from_name(const char *name, enum rule_merge *ret)
{
	for (enum rule_merge i = RULE_MERGE_REPLACE; i <= RULE_MERGE_JSON_KEYS; i++) {
		*ret = i;
		if (strcmp(name, rule_merge_name(i)) == 0)
			return true;
	}
	return false;
}

/* Where the rule stands, for messages. */
struct place {
	const char *file;
	unsigned int line;
	struct rules_problem *problem;
};

static int parse_words(const json_t *object, struct rule *rule, const struct place *place)
{
	const char *read = json_get_string(object, "read", "");
	const char *write = json_get_string(object, "write", "");
	const char *merge = json_get_string(object, "merge", "replace");
	const char *filter = json_get_string(object, "filter", NULL);

	if (!read_from_name(read, &rule->read))
		return rules_problem_set(place->problem, place->file, place->line,
					 "\"read\" must be show, hide, filter or synthetic");
	if (!write_from_name(write, &rule->write))
		return rules_problem_set(place->problem, place->file, place->line,
					 "\"write\" must be auto, review, never or refuse");
	if (!merge_from_name(merge, &rule->merge))
		return rules_problem_set(
			place->problem, place->file, place->line,
			"\"merge\" must be replace, append-lines, union-records or "
			"json-keys");
	if ((rule->read == RULE_READ_FILTER) != (filter != NULL))
		return rules_problem_set(
			place->problem, place->file, place->line,
			"\"filter\" goes with \"read\": \"filter\", and only there");
	if (filter && !rule_filter_is_known(filter))
		return rules_problem_set(place->problem, place->file, place->line,
					 "there is no filter \"%s\"", filter);
	if (filter) {
		rule->filter = strdup(filter);
		if (!rule->filter)
			return -ENOMEM;
	}
	return 0;
}

static int parse_pattern(const char *path, struct rule_entry *entry, const struct place *place)
{
	const char *reason = NULL;
	int r;

	if (strlen(path) > RULE_PATTERN_MAX)
		return rules_problem_set(place->problem, place->file, place->line,
					 "\"path\" is longer than %u bytes", RULE_PATTERN_MAX);
	r = pattern_compile(path, &entry->pattern, &reason);
	if (r == -EINVAL)
		return rules_problem_set(place->problem, place->file, place->line,
					 "\"path\" %s: %s", reason, path);
	return r;
}

/* Fills entry as far as it gets; the caller frees it in any case. */
static int parse_rule(json_t *object, struct rule_entry *entry, const struct place *place)
{
	const char *key = NULL;
	const char *path;
	const char *why;
	int r;

	if (!json_is_object(object))
		return rules_problem_set(place->problem, place->file, place->line,
					 "a rule must be an object");
	if (check_keys(object, &key) < 0)
		return rules_problem_set(place->problem, place->file, place->line,
					 "\"%s\" is no key of a rule, or its value is no string",
					 key);
	path = json_get_string(object, "path", NULL);
	why = json_get_string(object, "why", "");
	if (!path)
		return rules_problem_set(place->problem, place->file, place->line,
					 "a rule needs a \"path\"");
	if (why[0] == '\0' || strlen(why) > RULE_WHY_MAX)
		return rules_problem_set(place->problem, place->file, place->line,
					 "a rule needs a \"why\" of at most %u bytes",
					 RULE_WHY_MAX);
	r = parse_pattern(path, entry, place);
	if (r < 0)
		return r;
	r = parse_words(object, &entry->rule, place);
	if (r < 0)
		return r;
	entry->rule.line = place->line;
	entry->rule.pattern = strdup(path);
	entry->rule.why = strdup(why);
	entry->rule.origin = strdup(place->file);
	if (!entry->rule.pattern || !entry->rule.why || !entry->rule.origin)
		return -ENOMEM;
	return 0;
}

/* ---- the file ---- */

static int check_top(json_t *top, const char *name, struct rules_problem *problem)
{
	const char *key;
	json_t *value;

	if (!json_is_object(top))
		return rules_problem_set(problem, name, 1, "a rule file holds one JSON object");
	json_object_foreach (top, key, value) {
		if (strcmp(key, "version") != 0 && strcmp(key, "rules") != 0)
			return rules_problem_set(problem, name, 1,
						 "\"%s\" is no key of a rule file", key);
	}
	if (json_get_integer(top, "version", 0) != RULES_VERSION)
		return rules_problem_set(problem, name, 1, "\"version\" must be %d", RULES_VERSION);
	if (!json_is_array(json_object_get(top, "rules")))
		return rules_problem_set(problem, name, 1, "\"rules\" must be a list");
	return 0;
}

int rules_parse(const char *name, const char *text, size_t len, struct rule_list *ret,
		struct rules_problem *problem)
{
	cleanup_json json_t *top = NULL;
	struct json_problem json_problem = { 0 };
	const json_t *array;
	size_t count;
	int r;

	if (len > RULES_FILE_MAX) {
		(void)rules_problem_set(problem, name, 0, "larger than %u bytes", RULES_FILE_MAX);
		return -E2BIG;
	}
	r = json_load_strict(text, len, &top, &json_problem);
	if (r == -EBADMSG)
		return rules_problem_set(problem, name, json_problem.line, "%s",
					 json_problem.reason);
	if (r < 0)
		return r;
	r = check_top(top, name, problem);
	if (r < 0)
		return r;
	array = json_object_get(top, "rules");
	count = json_array_size(array);
	if (count > RULES_MAX) {
		(void)rules_problem_set(problem, name, 0, "more than %u rules", RULES_MAX);
		return -E2BIG;
	}
	ret->entries = calloc(count + 1, sizeof(*ret->entries));
	if (!ret->entries)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct place place = { name, line_of_element(text, len, i), problem };

		ret->count = i + 1;
		r = parse_rule(json_array_get(array, i), &ret->entries[i], &place);
		if (r < 0)
			return r;
	}
	return 0;
}
