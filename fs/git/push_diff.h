/* SPDX-License-Identifier: MIT */
/* What a held push would change at its remote, as lines. */
#ifndef CLAUDEFS_GIT_PUSH_DIFF_H
#define CLAUDEFS_GIT_PUSH_DIFF_H

#include "fs/git/push_store.h"

#define PUSH_DIFF_FILE_MAX (8u << 20) /* bytes; larger ones are told as binary */

/* origin: 'R' the name of a ref, 'C' a commit ("ID first line"), 'F' lines of a file's head, 'H'
 * the head of a hunk, ' ', '+', '-', or '\\' (no newline at the end). line: any bytes, without the
 * newline at their end. Returns 0 to go on. */
typedef int push_line_fn(char origin, const char *line, size_t len, void *arg);

/* path: the quarantine; remote: what the remote had (push_store_load_refs()). Each ref, its new
 * commits (newest first), and the difference. Returns 0, what line returned, -EBADMSG (an object
 * cannot be read) or -EIO. */
int push_diff_show(const char *path, const struct push_entry *entry, const struct push_refs *remote,
		   push_line_fn *line, void *arg);

#endif
