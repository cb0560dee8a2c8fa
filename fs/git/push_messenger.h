/* SPDX-License-Identifier: MIT */
/* push_examine() and push_deliver() in a process of their own, which alone gets to know the host's
 * credential: whoever sends it has none in its memory, and can fork checkers and workers. */
#ifndef CLAUDEFS_GIT_PUSH_MESSENGER_H
#define CLAUDEFS_GIT_PUSH_MESSENGER_H

#include "fs/git/push_deliver.h"

struct push_errand {
	const struct push_store *store;
	const struct push_rules *rules;
	const char *project;
	bool may_push;        /* push_deliver(), else push_examine() */
	enum push_actor by;   /* who lets it push */
	unsigned int seconds; /* after them it is ended, whatever it does; 0: never */
};

/* It outlives its sender: what it began to push, it ends. Fills entry as those do, which is as the
 * store has it if it may push. Returns as those do, and -EIO where it was ended (which the entry
 * says then, if it might have pushed). */
int push_messenger_send(const struct push_errand *errand, struct push_entry *entry,
			struct push_problem *problem);

#endif
