/* SPDX-License-Identifier: MIT */
/* Unified diffs by libgit2; the only module here that includes it. Output holds the bytes of the
 * contents as they are: callers make each line safe for the terminal. */
#ifndef CLAUDEFS_REVIEW_TEXT_DIFF_H
#define CLAUDEFS_REVIEW_TEXT_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/review/content.h"

#define TEXT_DIFF_MAX (8u << 20) /* bytes of either side; above: numbers only */

enum text_diff_form {
	TEXT_DIFF_LINES,      /* stat and lines were given */
	TEXT_DIFF_BINARY,     /* one side is not text */
	TEXT_DIFF_TOO_LARGE,  /* over TEXT_DIFF_MAX */
	TEXT_DIFF_UNREADABLE, /* the base is gone (see error) */
};

struct text_diff_stat {
	enum text_diff_form form;
	size_t added; /* lines */
	size_t removed;
	uint64_t old_size; /* bytes */
	uint64_t new_size;
	int error; /* UNREADABLE: -errno of the base */
};

/* origin: 'H' a hunk header, ' ', '+', '-', or '\\' ("no newline at the end" of the line before).
 * line (borrowed) is not NUL-terminated and comes without its newline. A non-zero result stops. */
typedef int text_diff_line_fn(char origin, const char *line, size_t len, void *arg);

/* Pure: compares two buffers. each may be NULL (numbers only). Returns 0, the non-zero result of
 * each, or -errno. */
int text_diff_buffers(const char *old_data, size_t old_len, const char *new_data, size_t new_len,
		      unsigned int context, text_diff_line_fn *each, void *arg,
		      struct text_diff_stat *ret);

/* A run of lines that were replaced by others; lines count from 0. */
struct text_edit {
	size_t old_line;
	size_t old_count; /* 0: lines were only added, in front of old_line */
	size_t new_line;
	size_t new_count;
};

/* All of them, in order: *ret (ret_). Returns 0, -ENOTSUP (not text, or above TEXT_DIFF_MAX) or
 * -errno. */
int text_diff_edits(const char *old_data, size_t old_len, const char *new_data, size_t new_len,
		    struct text_edit **ret, size_t *ret_count);

/* A change against its base. An append-only change reads its tail only, however long the file is.
 * Directories give no lines. Returns as above, or an error of content_open(). */
int text_diff_change(const struct review *review, const struct change *change, unsigned int context,
		     text_diff_line_fn *each, void *arg, struct text_diff_stat *ret);

#endif
