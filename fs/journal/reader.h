/* SPDX-License-Identifier: MIT */
/* Reads a journal that an untrusted session wrote, also while it is being written. Nothing read
 * here is believed: lengths are bounded, names are validated again, hashes are recomputed. Takes no
 * lock. */
#ifndef CLAUDEFS_JOURNAL_READER_H
#define CLAUDEFS_JOURNAL_READER_H

#include "fs/journal/record.h"

enum journal_state {
	JOURNAL_COMPLETE, /* ends with END */
	JOURNAL_OPEN,     /* no END: running (see session_is_running()) or crashed */
	JOURNAL_TORN, /* the last record is incomplete and was cut off: crash, or a write under way
		       */
	JOURNAL_DAMAGED, /* a record that was once whole does not verify: the prefix before it is
			    good */
};

struct journal_reader;

/* Opens session_fd/journal (session_fd borrowed). session_id seeds the chain: records of another
 * session do not verify. Returns 0, -ENOENT (no journal), -EPROTONOSUPPORT (newer format), -EBADMSG
 * (not a journal) or -errno. */
int journal_reader_open(int session_fd, const char *session_id, struct journal_reader **ret);

/* Returns 1 and the next record (borrowed strings), 0 at the end of the good prefix (then
 * journal_reader_state() tells why), or -errno (I/O). */
int journal_reader_next(struct journal_reader *reader, struct journal_record *ret);

/* Valid once next returned 0. reason (borrowed, static) is one line or NULL. */
enum journal_state journal_reader_state(const struct journal_reader *reader,
					const char **ret_reason);

/* Byte offset of the record that the next call would read: where damage was found. */
uint64_t journal_reader_offset(const struct journal_reader *reader);

void journal_reader_free(struct journal_reader *reader);
void cleanup_journal_reader_free(struct journal_reader **reader);
#define cleanup_journal_reader __attribute__((cleanup(cleanup_journal_reader_free)))

#endif
