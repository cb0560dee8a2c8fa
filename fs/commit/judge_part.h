/* SPDX-License-Identifier: MIT */
/* What some of a session's edits make of a file: what is whole with all of them need not be with a
 * few. */
#ifndef CLAUDEFS_COMMIT_JUDGE_PART_H
#define CLAUDEFS_COMMIT_JUDGE_PART_H

#include "fs/commit/prepare.h"
#include "fs/review/review.h"

/* Judges the file as it would stand on the host. fd (borrowed) has size bytes. Returns 0, -ENODATA
 * (it may not go as the review let the change go; told) or -errno. */
int judge_part(const struct review *review, const struct plan_entry *planned,
	       const struct prepare_hooks *hooks, int fd, uint64_t size);

#endif
