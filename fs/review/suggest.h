/* SPDX-License-Identifier: MIT */
/* Rules from experience: what a person always approved need not be asked about again. Proposes the
 * narrowest rules that would have let exactly that through, and none for what Claude takes for code
 * or instructions by its place, nor for what the built-in rules never let out. */
#ifndef CLAUDEFS_REVIEW_SUGGEST_H
#define CLAUDEFS_REVIEW_SUGGEST_H

#include "fs/base/json.h"
#include "fs/policy/decide.h"
#include "fs/policy/project_scope.h"

#define SUGGEST_ITEMS_MAX 20000u
#define SUGGEST_RULES_MAX 512u /* proposed at most */
#define SUGGEST_SEVERAL   3u   /* distinct names of one ending in a directory make a rule for it */

enum suggest_state {
	SUGGEST_APPROVED, /* by a decision, or committed */
	SUGGEST_OPEN,     /* nobody decided */
	SUGGEST_REFUSED,  /* rejected, taken back, or decided and changed since */
};

struct suggest_list; /* what was held in past sessions */

/* NULL: out of memory. */
struct suggest_list *suggest_list_new(void);
void suggest_list_free(struct suggest_list *list);
void cleanup_suggest_list_free(struct suggest_list **list);
#define cleanup_suggest_list __attribute__((cleanup(cleanup_suggest_list_free)))

/* Adds a change that needed approval. scope must outlive the list. can_pass: a rule can let it
 * through at all (it neither removes nor replaces what the host had). Returns 0, -E2BIG or -ENOMEM.
 */
int suggest_list_add(struct suggest_list *list, const char *path, const struct project_scope *scope,
		     enum suggest_state state, bool can_pass, const struct verdict *verdict);

struct suggest_counts {
	size_t covered;  /* approved changes that the proposed rules let through */
	size_t mixed;    /* approved ones whose name was refused another time */
	size_t by_hand;  /* approved ones that no rule lets through */
	size_t in_class; /* approved ones that are code or instructions by their place */
	size_t once;     /* approved ones of a single session's own directory */
};

/* *ret (ret_): a whole rule file. Returns 0 or -ENOMEM. */
int suggest_rules(struct suggest_list *list, json_t **ret, struct suggest_counts *ret_counts);

#endif
