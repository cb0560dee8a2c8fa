/* SPDX-License-Identifier: MIT */
/* The glob of a rule, compiled once and matched many times. Pure.
 *
 * A pattern is components joined by '/', anchored at both ends. Within a component `*` is any run
 * of bytes, `?` one code point, `<session>` the UUID of one of the scope's sessions, `<project>`
 * the scope's project, backslash takes the next character literally. The component `**` is any
 * number of components, none included, so that `dir/` + `**` is dir itself and everything below.
 * `{a,b}` are alternatives, expanded at compile time. Names are bytes: no character of a name is
 * special.
 *
 * Matching never recurses: within a component and between components only the last star is retried,
 * so that time is bounded by the product of the lengths. */
#ifndef CLAUDEFS_POLICY_PATTERN_H
#define CLAUDEFS_POLICY_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/policy/project_scope.h"

#define PATTERN_ALTERNATIVES_MAX 128u /* after expansion of all braces of one pattern */
#define PATTERN_COMPONENTS_MAX   128u

struct pattern;

/* One component of a name: bytes that need not end in NUL. */
struct pattern_name {
	const char *data;
	size_t len;
};

enum pattern_form {
	PATTERN_EXACT,  /* literals as written */
	PATTERN_FOLDED, /* literals folded (fold.h); names must be folded too */
};

/* What the placeholders stand for. */
struct pattern_context {
	const char *project;               /* <project>; NULL: matches nothing */
	const struct project_scope *scope; /* <session>; NULL: matches nothing */
};

/* *ret (ret_). Returns 0, -EINVAL (*reterr_reason, static, says why) or -ENOMEM. */
int pattern_compile(const char *text, struct pattern **ret, const char **reterr_reason);
void pattern_free(struct pattern *pattern);
void cleanup_pattern_free(struct pattern **pattern);
#define cleanup_pattern __attribute__((cleanup(cleanup_pattern_free)))

bool pattern_matches(const struct pattern *pattern, enum pattern_form form,
		     const struct pattern_context *context, const struct pattern_name *names,
		     size_t count);

/* True if names are the beginning of something that the pattern matches, reached without a `**`:
 * the directories above it. */
bool pattern_is_below(const struct pattern *pattern, enum pattern_form form,
		      const struct pattern_context *context, const struct pattern_name *names,
		      size_t count);

#endif
