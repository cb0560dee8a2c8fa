/* SPDX-License-Identifier: MIT */
#include "fs/policy/never_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/policy/rules.h"

struct never_list {
	struct pattern *patterns[NEVER_LIST_LINES_MAX];
	size_t count;
};

void never_list_free(struct never_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		pattern_free(list->patterns[i]);
	free(list);
}

void cleanup_never_list_free(struct never_list **list)
{
	never_list_free(*list);
}

static int add_line(struct never_list *list, const char *line, size_t len,
		    const char **reterr_reason)
{
	cleanup_free char *text = NULL;

	if (len > RULE_PATTERN_MAX || list->count == NEVER_LIST_LINES_MAX)
		return -E2BIG;
	text = strndup(line, len);
	if (!text)
		return -ENOMEM;
	return pattern_compile(text, &list->patterns[list->count], reterr_reason);
}

int never_list_parse(const char *lines, struct never_list **ret, const char **reterr_reason)
{
	cleanup_never_list struct never_list *list = calloc(1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	if (strlen(lines) > NEVER_LIST_MAX)
		return -E2BIG;
	while (*lines) {
		size_t len = strcspn(lines, "\n");
		int r = len > 0 ? add_line(list, lines, len, reterr_reason) : 0;

		if (r < 0)
			return r;
		list->count += len > 0;
		lines += len + (lines[len] == '\n');
	}
	*ret = steal_ptr(&list);
	return 0;
}

bool never_list_matches(const struct never_list *list, const struct pattern_context *exact,
			const struct pattern_name *exact_names,
			const struct pattern_context *folded,
			const struct pattern_name *folded_names, size_t count)
{
	for (size_t i = 0; list && i < list->count; i++) {
		if (pattern_matches(list->patterns[i], PATTERN_EXACT, exact, exact_names, count) ||
		    pattern_matches(list->patterns[i], PATTERN_FOLDED, folded, folded_names, count))
			return true;
	}
	return false;
}
