/* SPDX-License-Identifier: MIT */
/* The decision: what the rules say of one name. Pure, total, and the same on both sides: the mount
 * asks it at every lookup, the review asks it again on the host. */
#ifndef CLAUDEFS_POLICY_DECIDE_H
#define CLAUDEFS_POLICY_DECIDE_H

#include "fs/policy/project_scope.h"
#include "fs/policy/rules.h"

struct verdict {
	enum rule_read read;
	enum rule_write write;
	enum rule_merge merge;
	const struct rule *rule; /* borrowed from the rules */
	bool is_exact;    /* false: the name matched only after folding; then a permissive write has
			   * been made RULE_WRITE_NEVER and filter/synthetic has been made hide */
	const char *note; /* static; why the verdict is stricter than the rule, or NULL */
};

/* path: a state path (any bytes), whether or not it exists. "" is the root: show, never.
 * Matching is by folded name (fold.h) and by bytes: first rule whose folded pattern matches
 * decides; a name that is not valid UTF-8, or is only equal after folding, is never permitted more
 * than RULE_WRITE_NEVER. A directory above a shown pattern is shown. Out of memory decides
 * hide/never (fails closed). */
void policy_decide(const struct rules *rules, const struct project_scope *scope, const char *path,
		   struct verdict *ret);

#endif
