/* SPDX-License-Identifier: MIT */
/* Folds a long list of changes by their first directory, with counts. What a person must not miss
 * is never folded. */
#ifndef CLAUDEFS_REVIEW_PRINT_FOLD_H
#define CLAUDEFS_REVIEW_PRINT_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "fs/review/change.h"

#define FOLD_DIRECTORIES_MAX 24u /* told apart; the rest is counted together */

struct folded_directory {
	char *path; /* the first component of a deeper path, else the name itself; NULL: elsewhere
		     */
	size_t files;
	size_t directories; /* new ones */
	uint64_t bytes;
	const struct change *only; /* borrowed; the file, while there is one only */
};

struct fold_list {
	struct folded_directory
		directories[FOLD_DIRECTORIES_MAX]; /* in the order of their first change */
	size_t count;
	struct folded_directory elsewhere;
};

void fold_list_done(struct fold_list *list);
#define cleanup_fold_list __attribute__((cleanup(fold_list_done)))

/* True for deletions and type changes. */
bool fold_keeps(const struct change *change);

/* Adds a change to its directory's counts. Returns 0 or -ENOMEM. */
int fold_add(struct fold_list *list, const struct change *change);

#endif
