/* SPDX-License-Identifier: MIT */
/* Is what lies in a quarantine fit to be pushed? Measured by the remote's own refs: what those
 * reach is there already, everything else is new and is looked at, commit by commit, since a secret
 * that a later commit takes away goes to the server all the same.
 *
 * Every object is the agent's. libgit2 reads them; nothing is checked out, no attribute, filter,
 * hook or configuration is looked at. */
#ifndef CLAUDEFS_GIT_PUSH_CHECK_H
#define CLAUDEFS_GIT_PUSH_CHECK_H

#include <stdint.h>

#include "fs/git/push_protocol.h"
#include "fs/git/push_refs.h"
#include "fs/git/push_rules.h"

#define PUSH_TREE_DEPTH_MAX 128u

/* For a diffstat: from what the remote has to what it would have, summed over the refs. */
struct push_facts {
	uint64_t commits;
	uint64_t files;
	uint64_t added; /* lines */
	uint64_t removed;
};

/* What is refused whatever the objects are: a deletion, a ref that is none, a branch or a tag that
 * the rules leave out, the same ref twice. Returns 0 or -EPERM with *problem; *ret_bad is the
 * command. */
int push_check_commands(const struct push_command *commands, size_t count,
			const struct push_rules *rules, size_t *ret_bad,
			struct push_problem *problem);

/* All of it, push_check_commands() included. path is the quarantine. Returns 0, -EPERM (by rule, or
 * not a fast-forward) or -EBADMSG (what no git makes), both with *problem and *ret_bad, or
 * -errno. */
int push_check(const char *path, const struct push_command *commands, size_t count,
	       const struct push_refs *remote, const struct push_rules *rules,
	       struct push_facts *ret, size_t *ret_bad, struct push_problem *problem);

#endif
