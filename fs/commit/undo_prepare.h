/* SPDX-License-Identifier: MIT */
/* Turns a receipt into the intent that takes it back. */
#ifndef CLAUDEFS_COMMIT_UNDO_PREPARE_H
#define CLAUDEFS_COMMIT_UNDO_PREPARE_H

#include "fs/commit/commit_state.h"

struct undoing {
	const struct receipts *receipts;
	const struct intent *done; /* of the receipt that is undone */
	uint64_t number;           /* of that receipt */
	int done_fd;               /* its directory */
	int root_fd;
	const char *config_path; /* of the host's .claude.json (host_parent.h) */
	int receipt_fd;          /* of the new receipt; -1: only look, and copy nothing */
	struct sink *sink;
};

/* Fills intent with what can be taken back, in order; the rest is told to the sink. *ret_undone:
 * names that were undone before. Returns 0 or -errno. */
int undo_prepare(const struct undoing *undoing, struct intent *intent, size_t *ret_undone);

#endif
