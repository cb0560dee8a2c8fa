/* SPDX-License-Identifier: MIT */
/* Joins net changes with what today's rules say of their names, what this host has there, and what
 * their contents are: each change gets its group and a reason. Fails closed: what cannot be judged
 * does not leave the session. */
#ifndef CLAUDEFS_REVIEW_VERDICTS_H
#define CLAUDEFS_REVIEW_VERDICTS_H

#include "fs/review/content.h"
#include "fs/review/review_state.h"

/* Returns 0, -ENOMEM or -errno. */
int verdicts_join(struct review *review);

/* Group and reason anew, of a change that would go by itself, or of which count keys would: the
 * person rejected it once, and does not do so as it is now, or took back what was committed of it
 * (why: "rejected once"). count: 0 where it is not merged by key. Returns 0 or -ENOMEM. */
int verdicts_ask_again(struct change *change, size_t count, const char *why);
/* It goes nowhere: what was decided about it cannot be compared with it. */
void verdicts_hold_undecidable(struct change *change, int error);

/* What the verdict on the change is if its content is this one: the rules, and what its lines, its
 * JSON or its records must be; not what the host has there, but for records that are united. For a
 * copy of what a running session wrote. Not for RULE_MERGE_JSON_KEYS. The reason is one
 * terminal-safe line. Returns 0 or -errno. */
int verdicts_judge_content(const struct review *review, const struct change *change,
			   const struct content *content, enum review_group *ret_group,
			   char *ret_reason, size_t reason_size);

#endif
