/* SPDX-License-Identifier: MIT */
/* An open file: who opened it, how, and the node that has the content. */
#ifndef CLAUDEFS_VIEW_OPEN_FILE_H
#define CLAUDEFS_VIEW_OPEN_FILE_H

#include "fs/view/tree.h"

struct view_file {
	struct view *view;
	struct node *node; /* pinned */
	struct view_file *previous;
	struct view_file *next;
	bool is_writer;
	bool has_written;      /* its WRITE is in the journal (content lock) */
	atomic_ullong process; /* the first writer's number; 0: not known yet */
};

/* Opens a node that is pinned by the caller; the file takes a pin of its own. flags: access mode
 * and O_TRUNC. No lock held. */
int open_file_new(struct view *view, const struct view_caller *caller, struct node *node, int flags,
		  struct view_file **ret, bool *ret_may_keep_cache);

#endif
