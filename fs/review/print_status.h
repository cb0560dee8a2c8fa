/* SPDX-License-Identifier: MIT */
/* A review on one screen: what will become of each change, and what to type next. All of it may
 * come from an untrusted session; it is made terminal-safe here. */
#ifndef CLAUDEFS_REVIEW_PRINT_STATUS_H
#define CLAUDEFS_REVIEW_PRINT_STATUS_H

#include <stdbool.h>
#include <stdio.h>

#include "fs/base/text.h"
#include "fs/review/review.h"

struct print_style {
	bool is_colored;
	bool is_full;         /* fold nothing */
	unsigned int columns; /* of the terminal; 0: lines are never cut */
};

/* The hazards first, then the groups of the review, each with its changes: deletions and type
 * changes first, and never folded away; long groups folded by directory with counts. Refused
 * operations come last. Returns 0 or -ENOMEM. */
int print_status(const struct review *review, const struct print_style *style, FILE *stream);

/* One line for a change: what happened, path, size, writer, reason. For lists and questions.
 * Returns 0 or -ENOMEM. */
int print_change(const struct change *change, const struct print_style *style, FILE *stream);

/* "approved; ", "2 approved, 1 rejected, 5 keys in all; ": what the person decided, in front of a
 * reason; nothing if nothing was. */
void print_append_decision(struct text *text, const struct change *change);

/* "new", "appended", "deleted", ...: for people (change_kind_name() is for JSON). */
const char *print_kind_word(const struct change *change);

#endif
