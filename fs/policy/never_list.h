/* SPDX-License-Identifier: MIT */
/* What of a session shall never leave it, beyond the rules: the patterns that a project's
 * .claudefs.json adds. They only forbid, so they may come from anybody. Pure. */
#ifndef CLAUDEFS_POLICY_NEVER_LIST_H
#define CLAUDEFS_POLICY_NEVER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/policy/pattern.h"

#define NEVER_LIST_MAX       (8u << 10) /* bytes of all lines together */
#define NEVER_LIST_LINES_MAX 256u

struct never_list;

/* lines: one pattern (pattern.h) a line; empty lines count for nothing. *ret (ret_). Returns 0,
 * -EINVAL (*reterr_reason, static, says why), -E2BIG (over a limit) or -ENOMEM. */
int never_list_parse(const char *lines, struct never_list **ret, const char **reterr_reason);
void never_list_free(struct never_list *list);
void cleanup_never_list_free(struct never_list **list);
#define cleanup_never_list __attribute__((cleanup(cleanup_never_list_free)))

/* True if one of the patterns matches the name as written or folded. list may be NULL (false). */
bool never_list_matches(const struct never_list *list, const struct pattern_context *exact,
			const struct pattern_name *exact_names,
			const struct pattern_context *folded,
			const struct pattern_name *folded_names, size_t count);

#endif
