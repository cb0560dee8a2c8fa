/* SPDX-License-Identifier: MIT */
/* Seals: what an object holds once a writer is done, so that a review needs no running daemon. */
#ifndef CLAUDEFS_VIEW_SEAL_H
#define CLAUDEFS_VIEW_SEAL_H

#include "fs/view/tree.h"

/* Appends SEAL if the own, open, named content changed since the last. Only what came behind the
 * last seal is hashed if the file was only appended to. Content lock held. Returns 0 or -errno. */
int seal_content(struct view *view, struct node *node);

/* The object changed from offset (of the file) on: what was hashed beyond counts no more. */
void seal_invalidate(struct content *content, uint64_t offset);

#endif
