/* SPDX-License-Identifier: MIT */
/* Changes as unified diffs, as statistics, or as names. Contents come from an untrusted session:
 * every line is made terminal-safe. */
#ifndef CLAUDEFS_REVIEW_PRINT_DIFF_H
#define CLAUDEFS_REVIEW_PRINT_DIFF_H

#include "fs/review/hunks.h"
#include "fs/review/print_status.h"
#include "fs/review/review.h"

#define PRINT_DIFF_CONTEXT 3u
#define PRINT_DIFF_LINE_MAX \
	2000u /* bytes shown of one line on a terminal; transcripts have lines of 100 KB */

/* The unified diff of one change, under a heading that names it. Returns 0, -ENOMEM, or an error of
 * content_open(), told in the output too. */
int print_diff(const struct review *review, const struct change *change,
	       const struct print_style *style, FILE *stream);

/* What stands over a change: its name and its hazards. */
void print_diff_heading(const struct change *change, const struct print_style *style, FILE *stream);

/* The edits [first, end) of a change as one hunk of its diff, under the change's heading if wanted.
 * Returns 0, -EPIPE or -ENOMEM. */
int print_hunk(const struct change *change, const struct hunks *hunks, size_t first, size_t end,
	       bool has_heading, const struct print_style *style, FILE *stream);

/* " path | 12 +++--", for each change of the list, and their sum. Returns 0 or -errno. */
int print_diff_stat(const struct review *review, const struct change *const *changes, size_t count,
		    const struct print_style *style, FILE *stream);

#endif
