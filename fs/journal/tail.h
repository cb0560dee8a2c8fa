/* SPDX-License-Identifier: MIT */
/* The two ends of a journal file: a beginning that may be incomplete, and what a crash leaves at
 * the other end. Private to fs/journal. */
#ifndef CLAUDEFS_JOURNAL_TAIL_H
#define CLAUDEFS_JOURNAL_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeros beyond this many bytes are damage, whatever wrote them. */
#define TAIL_MAX (64u << 20)

/* Checks the file header. Returns 1, 0 (incomplete: the daemon died while it created the journal),
 * -EPROTONOSUPPORT (newer version), -EBADMSG (not a journal) or -errno. */
int tail_file_header(int fd);

/* After a power loss the file may have its length already while its last blocks were never written:
 * they read as zeros. *ret is true if the bytes from a block boundary within [offset, offset+span),
 * or from offset itself, up to the end of the file are all zero. Returns 0 or -errno. */
int tail_is_unwritten(int fd, uint64_t offset, size_t span, bool *ret);

#endif
