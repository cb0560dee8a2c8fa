/* SPDX-License-Identifier: MIT */
/* Takes back what a receipt of this session says was done: bytes, modes, times and absence, from
 * the pre-images that it kept. Name by name, and only where the host is still as the commit left
 * it; an undo is carried out like a commit, with an intent and a receipt of its own, and can be
 * undone.
 *
 * Only receipts that carry the tag of this machine's key are followed: what others have written
 * into the session directory never reaches the host by this way. */
#ifndef CLAUDEFS_COMMIT_UNDO_H
#define CLAUDEFS_COMMIT_UNDO_H

#include "fs/commit/commit.h"

/* Undoes receipt number, which must be a finished one. *first: the number of the first receipt of
 * this undo, 0 before it (a commit may have several parts). Returns 0 (see *ret; also if every name
 * was refused), -ENOENT (no such receipt), -EALREADY (all of it was undone before), -EBADMSG
 * (damaged, or without the right tag), -EPROTONOSUPPORT, or as commit_apply(). */
int undo_apply(struct commit *commit, uint64_t number, uint64_t *first, commit_event_fn *event,
	       void *arg, struct commit_result *ret);

/* What undo_apply() would do: told as events (COMMIT_APPLIED: it would be undone), and counted.
 * Writes nothing. */
int undo_look(int session_fd, const struct manifest *manifest, int state_fd, uint64_t number,
	      commit_event_fn *event, void *arg, struct commit_result *ret);

#endif
