/* SPDX-License-Identifier: MIT */
/* A rule's glob and a name, separated by the first newline. A glob without wildcards matches itself
 * and nothing else; what it matches byte for byte it also matches folded. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/path_name.h"
#include "fs/policy/pattern.h"
#include "tests/fuzz/fuzz.h"

#define NAMES_MAX 64u

static struct project_scope *scope;

static size_t split(const char *path, struct pattern_name *names)
{
	const char *cursor = path;
	const char *name;
	size_t count = 0;
	size_t len = 0;

	while (count < NAMES_MAX && (name = path_next(&cursor, &len)) != NULL)
		names[count++] = (struct pattern_name){ name, len };
	return count;
}

static void check_match(const struct pattern *pattern, const char *text, const char *path)
{
	const struct pattern_context exact = { project_scope_encoded(scope), scope };
	const struct pattern_context folding = { project_scope_encoded_folded(scope), scope };
	struct pattern_name names[NAMES_MAX];
	struct pattern_name folded_names[NAMES_MAX];
	cleanup_free char *folded = NULL;
	size_t count = split(path, names);
	bool is_match = pattern_matches(pattern, PATTERN_EXACT, &exact, names, count);

	(void)pattern_is_below(pattern, PATTERN_EXACT, &exact, names, count);
	if (!strpbrk(text, "*?<{[\\"))
		FUZZ_CHECK(is_match == (strcmp(text, path) == 0));
	/* A '?' is one code point, and folding may make two of it. */
	if (fold_name(path, &folded) < 0 || strchr(text, '?'))
		return;
	if (split(folded, folded_names) != count || !path_is_valid(folded))
		return;
	if (is_match && !strchr(text, '*'))
		FUZZ_CHECK(pattern_matches(pattern, PATTERN_FOLDED, &folding, folded_names, count));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_pattern struct pattern *pattern = NULL;
	cleanup_free char *text = fuzz_string(data, size);
	const char *reason = NULL;
	char *path = strchr(text, '\n');
	int r;

	if (!scope)
		FUZZ_CHECK(project_scope_new(FUZZ_PROJECT, &scope) == 0);
	if (!path)
		return 0;
	*path++ = '\0';
	r = pattern_compile(text, &pattern, &reason);
	FUZZ_CHECK(r == 0 || (r == -EINVAL && reason != NULL && pattern == NULL));
	if (r == 0 && path_is_valid(path))
		check_match(pattern, text, path);
	return 0;
}
