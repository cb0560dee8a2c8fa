/* SPDX-License-Identifier: MIT */
/* `commit -i`: shows each change that needs approval, and asks. */
#ifndef CLAUDEFS_CLI_APPROVAL_H
#define CLAUDEFS_CLI_APPROVAL_H

#include "fs/cli/command.h"
#include "fs/review/review.h"

struct approval {
	const struct cli *cli;
	const struct review *review;
	size_t asked;
	size_t total; /* changes that need approval */
	bool has_quit;
};

/* Both borrowed; review may be NULL (nothing is asked then). */
void approval_init(struct approval *approval, const struct cli *cli, const struct review *review);

/* The is_approved of struct commit_choice; arg is a struct approval. The end of the input is a "no"
 * to all the rest. */
bool approval_ask(const struct change *change, void *arg);

#endif
