/* SPDX-License-Identifier: MIT */
/* Turns the text of one rule file into rules, and says of a bad one in which line it stands. */
#ifndef CLAUDEFS_POLICY_RULES_PARSE_H
#define CLAUDEFS_POLICY_RULES_PARSE_H

#include "fs/policy/pattern.h"
#include "fs/policy/rules.h"

#define RULE_WHY_MAX 512u /* bytes */

struct rule_entry {
	struct rule rule;
	struct pattern *pattern;
};

struct rule_list {
	struct rule_entry *entries;
	size_t count;
};

void rule_list_done(struct rule_list *list);
#define cleanup_rule_list __attribute__((cleanup(rule_list_done)))

/* Fills *ret (starts as { 0 }; caller calls rule_list_done()). name is for messages and the rules'
 * origin. Returns 0, -EBADMSG (*problem), -E2BIG (too large or too many; *problem) or -ENOMEM. */
int rules_parse(const char *name, const char *text, size_t len, struct rule_list *ret,
		struct rules_problem *problem);

/* Fills *problem (may be NULL), terminal-safe. Returns -EBADMSG for convenience. */
int rules_problem_set(struct rules_problem *problem, const char *file, unsigned int line,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
