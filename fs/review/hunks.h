/* SPDX-License-Identifier: MIT */
/* A change of a text file as single edits that a person decides about one by one, and the file that
 * results if only some of them are taken. Pure but for hunks_of_change(). */
#ifndef CLAUDEFS_REVIEW_HUNKS_H
#define CLAUDEFS_REVIEW_HUNKS_H

#include "fs/base/digest.h"
#include "fs/base/text.h"
#include "fs/review/text_diff.h"

struct hunks;

/* Takes both buffers (on success only). Returns 0, -ENOTSUP (not text, or larger than
 * TEXT_DIFF_MAX) or -errno. */
int hunks_new(char *old_data, size_t old_len, char *new_data, size_t new_len, struct hunks **ret);
void hunks_free(struct hunks *hunks);
void cleanup_hunks_free(struct hunks **hunks);
#define cleanup_hunks __attribute__((cleanup(cleanup_hunks_free)))

/* Those of a change, against its base. -ENOTSUP: it has none, and can only be decided about as a
 * whole (no text, no file, no replacement of one). */
int hunks_of_change(const struct review *review, const struct change *change, struct hunks **ret);

/* Edits, in order: runs of lines, with at least one common line between two of them. */
size_t hunks_count(const struct hunks *hunks);

/* The session's side, all of it (borrowed). */
const char *hunks_new_data(const struct hunks *hunks, size_t *ret_len);

/* What the decision about an edit is bound to: the whole change as it was, and the edit. */
int hunks_digest(const struct hunks *hunks, size_t index, const struct digest *change,
		 struct digest *ret);

/* The file with the chosen edits (of hunks_count()) and without the others. */
void hunks_apply(const struct hunks *hunks, const bool *chosen, struct text *out);

/* The end of the run of edits from first on that are shown as one hunk: those that less than twice
 * context common lines part. */
size_t hunks_run_end(const struct hunks *hunks, size_t first, unsigned int context);

/* The edits [first, end) as a unified hunk, with its header. Returns 0 or the first non-zero result
 * of each. */
int hunks_show(const struct hunks *hunks, size_t first, size_t end, unsigned int context,
	       text_diff_line_fn *each, void *arg);

#endif
