/* SPDX-License-Identifier: MIT */
/* Which pending changes the PATH arguments of `approve`, `reject` and `commit --theirs|--ours`
 * mean: a path with what is beneath it, or a pattern as in rules. */
#ifndef CLAUDEFS_CLI_CHANGE_CHOICE_H
#define CLAUDEFS_CLI_CHANGE_CHOICE_H

#include "fs/cli/open_review.h"

struct change_choice {
	const struct change **changes; /* borrowed from the review; in its order; none twice */
	size_t count;
};

void change_choice_done(struct change_choice *choice);
#define cleanup_change_choice __attribute__((cleanup(change_choice_done)))

/* Which of the changes that an argument means may be chosen. */
typedef bool change_choice_fn(const struct change *change);

/* The changes that the arguments mean and that may be chosen (NULL: all of them are meant). An
 * argument that means none of those is an error: EXIT_USAGE (nothing is pending there),
 * EXIT_REFUSED (it never leaves), EXIT_CONFLICT or EXIT_HELD; said on stderr, by the name of
 * command. */
int change_choice_make(const char *command, const struct chosen_session *session,
		       const struct open_review *open, const char *const *arguments, size_t count,
		       change_choice_fn *may_be_chosen, struct change_choice *ret);

#endif
