/* SPDX-License-Identifier: MIT */
#include "fs/filter/filter.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "fs/filter/history_filter.h"
#include "fs/filter/key_filter.h"
#include "rules/builtin.h"

static int apply_claude_json(const struct project_scope *scope, int in_fd, int out_fd)
{
	return key_filter_apply(rules_builtin_claude_json, rules_builtin_claude_json_len, scope,
				in_fd, out_fd);
}

static int apply_settings(const struct project_scope *scope, int in_fd, int out_fd)
{
	return key_filter_apply(rules_builtin_settings, rules_builtin_settings_len, scope, in_fd,
				out_fd);
}

/* In alphabetical order; fs/policy/rules.c knows the same names, and a test compares them. */
static const struct {
	const char *name;
	int (*apply)(const struct project_scope *scope, int in_fd, int out_fd);
} filters[] = {
	{ "claude-json", apply_claude_json },
	{ "history", history_filter_apply },
	{ "settings", apply_settings },
};

bool filter_exists(const char *name)
{
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (strcmp(filters[i].name, name) == 0)
			return true;
	}
	return false;
}

int filter_apply(const char *name, const struct project_scope *scope, int in_fd, int out_fd)
{
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (strcmp(filters[i].name, name) == 0)
			return filters[i].apply(scope, in_fd, out_fd);
	}
	return -EINVAL;
}
