/* SPDX-License-Identifier: MIT */
/* The three system calls that can fail under the writer, so that tests can make them fail. Private
 * to fs/journal and its tests. */
#ifndef CLAUDEFS_JOURNAL_WRITER_IO_H
#define CLAUDEFS_JOURNAL_WRITER_IO_H

#include <sys/types.h>

#include "fs/journal/writer.h"

/* Each as the call of that name: -1 and errno on failure. */
struct journal_io {
	ssize_t (*write)(int fd, const void *buf, size_t len);
	int (*truncate)(int fd, off_t len);
	int (*sync)(int fd);
};

/* journal_writer_create() with calls (borrowed) of the caller's choice. */
int journal_writer_create_with(int session_fd, const char *session_id, const struct journal_io *io,
			       struct journal_writer **ret);

#endif
