/* SPDX-License-Identifier: MIT */
/* The objects of a session that still runs, held still: it may write to an object between any two
 * readings, there and back again too, so that a digest of one reading says nothing of what another
 * one showed. Each object is copied when it is read first, to a file without a name, where no agent
 * reaches, and every later reading is of that copy. One file holds them all: one descriptor,
 * however many objects there are, and memory of some bytes for each. Holes stay holes: it takes at
 * most the space that the objects take. */
#ifndef CLAUDEFS_REVIEW_STILL_H
#define CLAUDEFS_REVIEW_STILL_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/journal/content_store.h"

struct still;

/* store is borrowed. Makes no file yet. Returns 0 or -errno. */
int still_new(struct content_store *store, struct still **ret);
void still_free(struct still *still);

/* The first len bytes of an object, from *ret_offset of *ret_fd (borrowed) on. Returns 0; -ENOENT,
 * -EBADMSG (not an object, or it has got shorter; or more is asked for than was copied) or another
 * -errno (-ENOSPC: there is no room for the copy). What could not be copied once gives the same
 * error from then on. */
int still_open(struct still *still, uint64_t object, uint64_t len, int *ret_fd,
	       uint64_t *ret_offset);

/* The length of an object's copy. False: there is none. */
bool still_find_size(const struct still *still, uint64_t object, uint64_t *ret);

#endif
