/* SPDX-License-Identifier: MIT */
/* Is what lies in a quarantine fit to be pushed? Measured by the remote's own refs: what those
 * reach is there already, everything else is new and is looked at, commit by commit, since a secret
 * that a later commit takes away goes to the server all the same.
 *
 * Every object is the agent's. libgit2 reads them; nothing is checked out, no attribute, filter,
 * hook or configuration is looked at. */
#ifndef CLAUDEFS_GIT_PUSH_CHECK_H
#define CLAUDEFS_GIT_PUSH_CHECK_H

#include <stdbool.h>
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

/* What a checker may ask the remote for, beside the agent's objects. */
#define PUSH_WANTS_MAX       256u                  /* branches */
#define PUSH_FETCH_BYTES_MAX (UINT64_C(128) << 20) /* of their pack */

#define PUSH_FACTS_SIZE 120u
/* "1 commit, 2 files, +3 -4". Returns out. */
const char *push_facts_text(const struct push_facts *facts, char out[PUSH_FACTS_SIZE]);

/* What is refused whatever the objects are: a deletion, a ref that is none, a branch or a tag that
 * the rules leave out, the same ref twice. Returns 0 or -EPERM with *problem; *ret_bad is the
 * command. */
int push_check_commands(const struct push_command *commands, size_t count,
			const struct push_rules *rules, size_t *ret_bad,
			struct push_problem *problem);

/* All of it, push_check_commands() included. path is the quarantine. What the remote has counts as
 * its own as far as the quarantine has it too: more objects of the remote's make fewer that are
 * new, never more. Returns 0, -EPERM (by rule, or not a fast-forward: that has a word) or -EBADMSG
 * (what no git makes), both with *problem and *ret_bad, or -errno. */
int push_check(const char *path, const struct push_command *commands, size_t count,
	       const struct push_refs *remote, const struct push_rules *rules,
	       struct push_facts *ret, size_t *ret_bad, struct push_problem *problem);

/* The branches of remote (indexes) whose commits the quarantine lacks and that may change what
 * push_check() says: after a refusal any, else those that by their names are the main one, if a new
 * branch is pushed, since that is what it is compared with. Returns their number, 0 also after a
 * failure. */
size_t push_check_wants(const char *path, const struct push_command *commands, size_t count,
			const struct push_refs *remote, bool is_refused,
			uint32_t wants[PUSH_WANTS_MAX]);

#endif
