/* SPDX-License-Identifier: MIT */
/* The names in a directory: the session's own and the host's visible ones, merged. */
#ifndef CLAUDEFS_VIEW_LISTING_H
#define CLAUDEFS_VIEW_LISTING_H

#include "fs/view/tree.h"

struct listing_item {
	char *name;
	uint64_t ino;
	mode_t type;
};

struct listing {
	struct listing_item *items;
	size_t count;
	size_t slots;
};

void listing_done(struct listing *listing);
#define cleanup_listing __attribute__((cleanup(listing_done)))

/* Namespace lock held. Returns 0, -ENOMEM or -errno of the host. */
int listing_read(struct view *view, const struct node *dir, struct listing *ret);

/* 1: nothing to be seen in it; 0: something; or -errno. Namespace lock held. */
int listing_is_empty(struct view *view, const struct node *dir);

#endif
