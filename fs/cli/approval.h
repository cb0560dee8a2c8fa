/* SPDX-License-Identifier: MIT */
/* `commit -i`: shows each change that needs approval, asks, and writes the answer down. */
#ifndef CLAUDEFS_CLI_APPROVAL_H
#define CLAUDEFS_CLI_APPROVAL_H

#include "fs/cli/command.h"
#include "fs/cli/session_choice.h"
#include "fs/commit/plan.h"
#include "fs/review/review.h"

struct approval {
	const struct cli *cli;
	const struct chosen_session *session;
	const struct review *review;
	size_t asked;
	size_t total; /* changes that need approval */
	bool has_quit;
};

/* All borrowed; review may be NULL (nothing is asked then). */
void approval_init(struct approval *approval, const struct cli *cli,
		   const struct chosen_session *session, const struct review *review);

/* The is_approved of struct commit_choice; arg is a struct approval. What is answered is written
 * down at once (deciding.h), unless it is a dry run. The end of the input leaves all the rest. */
bool approval_ask(const struct change *change, struct plan_entry *entry, void *arg);

#endif
