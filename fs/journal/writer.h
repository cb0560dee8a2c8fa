/* SPDX-License-Identifier: MIT */
/* Appends to a session's journal. One writer per session (lock); safe to call from several threads.
 */
#ifndef CLAUDEFS_JOURNAL_WRITER_H
#define CLAUDEFS_JOURNAL_WRITER_H

#include "fs/journal/record.h"

struct journal_writer;

/* Creates session_fd/journal (session_fd borrowed; the writer keeps its own fds), takes the lock
 * that says "running", and writes the SESSION record. Returns 0, -EEXIST (there is a journal: a
 * session is written once), -EBUSY (another daemon holds the lock) or -errno. */
int journal_writer_create(int session_fd, const char *session_id, struct journal_writer **ret);

/* Appends one record (seq, time and chain are filled in here) with one write, before the caller
 * acknowledges what it records. Returns 0; -ENOSPC, -EDQUOT or -EFBIG (nothing was appended; a
 * later try may succeed); -EINVAL (the record lacks a field or is too long); or -EIO and any other
 * failure, which is sticky: every later append and sync then fails with it. */
int journal_append(struct journal_writer *writer, struct journal_record *record);

/* Makes everything appended so far durable (fdatasync). A failure is sticky. Returns 0 or -errno.
 */
int journal_sync(struct journal_writer *writer);

/* Bytes of the journal so far. */
uint64_t journal_writer_size(struct journal_writer *writer);

/* Appends END, syncs, releases the lock and frees. Returns 0 or the first error (freed all the
 * same). */
int journal_writer_close(struct journal_writer *writer);

/* Frees without END (the session counts as crashed), e.g. after a sticky error. */
void journal_writer_abandon(struct journal_writer *writer);

#endif
