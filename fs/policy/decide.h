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
			   * been made RULE_WRITE_NEVER and every read has been made hide: on a host
			   * that tells case apart it is another name, perhaps another project's */
	const char *note; /* static; why the verdict is stricter than the rule, or NULL */
};

/* path: a state path (any bytes), whether or not it exists. "" is the root: show, never.
 * Matching is by folded name (fold.h) and by bytes: the first rule that matches either way decides.
 * A name that is only equal after folding is hide, never. A name that no host should get (not NFC,
 * control or invisible characters, ':' or '\\') is never. A hidden name above what an earlier rule
 * shows is shown (never), if no `**` lies between. What is no state path, is not UTF-8, or folds to
 * none ("..\u200d") is hide, never, and so is everything when memory runs out. What lies under the
 * id of a foreign session in the project's directory is hide, never, whatever the rules say. What
 * the scope forbids (project_scope_set_never()) is never where it would be auto or review. */
void policy_decide(const struct rules *rules, const struct project_scope *scope, const char *path,
		   struct verdict *ret);

#endif
