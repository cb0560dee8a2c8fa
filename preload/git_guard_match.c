/* SPDX-License-Identifier: MIT */
#include "preload/git_guard_match.h"

#include <fnmatch.h>
#include <string.h>

/* Refuses what is too long to be compared. */
static const struct git_guard_key too_long = {
	.section = "",
	.name = "",
	.why = "A key that is too long to be told",
};

static bool is_in(const char *const *patterns, const char *value)
{
	for (; *patterns; patterns++) {
		if (fnmatch(*patterns, value, FNM_NOESCAPE) == 0)
			return true;
	}
	return false;
}

bool git_guard_is_harmless(const char *const *harmless, const char *value)
{
	bool is_simple = !value[strcspn(value, "\n\r;&|`$()<>")];

	for (; harmless && *harmless; harmless++) {
		if (strcmp(*harmless, "*") == 0 ||
		    (is_simple && fnmatch(*harmless, value, FNM_NOESCAPE) == 0))
			return true;
	}
	return false;
}

static bool is_refused(const char *const *harmless, const char *const *only, const char *value)
{
	if (!value)
		return true;
	if (only)
		return is_in(only, value);
	return !git_guard_is_harmless(harmless, value);
}

static bool part_matches(const char *pattern, const char *part)
{
	return fnmatch(pattern, part, FNM_CASEFOLD | FNM_NOESCAPE) == 0;
}

static bool middle_matches(const struct git_guard_key *rule, const char *subsection)
{
	return !rule->subsection == !subsection &&
	       (!subsection || part_matches(rule->subsection, subsection));
}

const struct git_guard_key *git_guard_match_key(const char *key, size_t len, const char *value)
{
	char copy[GIT_GUARD_NAME_MAX + 1];
	char *first;
	char *last;

	if (len > GIT_GUARD_NAME_MAX)
		return &too_long;
	memcpy(copy, key, len);
	copy[len] = '\0';
	first = strchr(copy, '.');
	if (!first)
		return NULL;
	last = strrchr(copy, '.');
	*first = '\0';
	*last = '\0';
	for (size_t i = 0; i < git_guard_keys_count; i++) {
		const struct git_guard_key *rule = &git_guard_keys[i];

		if (part_matches(rule->section, copy) && part_matches(rule->name, last + 1) &&
		    middle_matches(rule, last > first ? first + 1 : NULL))
			return is_refused(rule->harmless, rule->only, value) ? rule : NULL;
	}
	return NULL;
}

const struct git_guard_key *git_guard_match_section(const char *section)
{
	char copy[GIT_GUARD_NAME_MAX + 1];
	char *dot;

	if (strlen(section) > GIT_GUARD_NAME_MAX)
		return &too_long;
	memcpy(copy, section, strlen(section) + 1);
	dot = strchr(copy, '.');
	if (dot)
		*dot = '\0';
	for (size_t i = 0; i < git_guard_keys_count; i++) {
		const struct git_guard_key *rule = &git_guard_keys[i];

		if (part_matches(rule->section, copy) && middle_matches(rule, dot ? dot + 1 : NULL))
			return rule;
	}
	return NULL;
}

const struct git_guard_variable *git_guard_match_variable(const char *name, size_t len,
							  const char *value)
{
	char copy[128];

	/* No pattern is that long. */
	if (len >= sizeof(copy))
		return NULL;
	memcpy(copy, name, len);
	copy[len] = '\0';
	for (size_t i = 0; i < git_guard_variables_count; i++) {
		const struct git_guard_variable *rule = &git_guard_variables[i];

		if (fnmatch(rule->name, copy, FNM_NOESCAPE) == 0)
			return is_refused(rule->harmless, rule->only, value) ? rule : NULL;
	}
	return NULL;
}
