/* SPDX-License-Identifier: MIT */
/* Of the records of a transcript that a commit would write: those that the person lets go. */
#ifndef CLAUDEFS_COMMIT_RECORD_CHOICE_H
#define CLAUDEFS_COMMIT_RECORD_CHOICE_H

#include "fs/commit/plan.h"

/* *fd is new-<index> of the receipt, open for reading: takes out of it what does not go, and
 * replaces *fd then. *ret_left: something was taken out that stays pending. Each record is judged
 * by the bytes that are written. Returns 0, -ENODATA (nothing of it goes) or -errno. */
int records_choose(const struct commit_plan *plan, const struct plan_entry *entry, int receipt_fd,
		   size_t index, int *fd, bool *ret_left);

#endif
