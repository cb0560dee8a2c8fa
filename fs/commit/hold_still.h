/* SPDX-License-Identifier: MIT */
/* The bytes of a session that still runs: it may write to an object between any two readings, there
 * and back again too, so that no digest of an earlier look says what the checks saw. What it is to
 * have on the host is copied first, where no agent reaches, and that copy is judged once more and
 * applied. */
#ifndef CLAUDEFS_COMMIT_HOLD_STILL_H
#define CLAUDEFS_COMMIT_HOLD_STILL_H

#include "fs/commit/prepare.h"
#include "fs/review/content.h"

/* False: the session has ended, and nobody writes to its objects any more. */
bool hold_still_is_needed(const struct review *review);

/* Puts a copy in the place of content's object, made in receipt_fd as a file without a name, and
 * judges it. For lines that are appended only those that are new are in it: what stands before
 * cannot be read from content any more. ret_object_hash: digest of the whole object, the copied
 * part as it was copied. Returns 0, -ENODATA (it may not go as the review let the change go; told),
 * -EBADMSG (the object has got shorter) or -errno. */
int hold_still(const struct review *review, const struct plan_entry *planned, int receipt_fd,
	       const struct prepare_hooks *hooks, struct content *content,
	       struct hash *ret_object_hash);

/* Judges the file with some of the session's edits, as it would stand on the host: what is whole
 * with all of them need not be with a few. fd (borrowed) has size bytes. Returns 0, -ENODATA (told)
 * or -errno. */
int hold_still_judge_part(const struct review *review, const struct plan_entry *planned,
			  const struct prepare_hooks *hooks, int fd, uint64_t size);

#endif
