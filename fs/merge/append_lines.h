/* SPDX-License-Identifier: MIT */
/* The merge of files that only ever grow by lines (history.jsonl, and transcripts until records are
 * united by uuid). Pure: buffers in, buffers out. Lines of the host are never lost: the result is
 * only what must be added at the end of the host's file. */
#ifndef CLAUDEFS_MERGE_APPEND_LINES_H
#define CLAUDEFS_MERGE_APPEND_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct append_lines {
	char *block; /* what to append: whole lines (ret_; NULL with len 0) */
	size_t len;
	bool has_removed; /* the session removed or changed lines of the base: not followed */
};

/* The lines of theirs that base does not have (as often as theirs has more of them), in the order
 * of theirs. A last line without newline counts as a line, and gets one if it is not theirs's last.
 * Returns 0 or -ENOMEM. */
int append_lines_merge(const char *base, size_t base_len, const char *theirs, size_t theirs_len,
		       struct append_lines *ret);

/* host + block as a commit would leave it: for dry runs and tests. *ret (ret_). */
int append_lines_result(const char *host, size_t host_len, const char *block, size_t block_len,
			char **ret, size_t *ret_len);

/* Steps through lines: *cursor starts at data; returns the next line (borrowed, without its
 * newline) or NULL at the end. */
const char *append_lines_next(const char **cursor, const char *end, size_t *ret_len,
			      bool *ret_has_newline);

#endif
