/* SPDX-License-Identifier: MIT */
/* The merge of transcripts (JSON lines): which of the records that a session added does the host
 * not have yet? Pure, and streaming: both sides are read once or twice through callbacks, only from
 * where they may differ on. Memory is bounded by the longest line, plus some 50 bytes for each
 * record that was added; what the session found is neither read nor remembered.
 *
 * The result is the host's file as it is, followed by the emitted lines. So no line of the host is
 * ever lost, each side's lines keep their order, and where the last record of a kind wins (mode,
 * custom-title, ai-title, permission-mode, last-prompt, worktree-state, summary, ...) the session's
 * does.
 *
 * - A record with a uuid that the host added too is the same one: if the bytes are equal, it is
 *   there already; if not, that is a conflict, reported and not emitted.
 * - Records without uuid form a sequence per kind: type, leafUuid, sessionId, messageId. What of
 * the session's sequence ends the host's sequence already is not repeated.
 * - What the host has that is no record (half a line, garbage) stays, and is compared with
 *   nothing. */
#ifndef CLAUDEFS_MERGE_UNION_RECORDS_H
#define CLAUDEFS_MERGE_UNION_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define UNION_LINE_MAX    (192u << 20) /* bytes of one line; a longer one is bad */
#define UNION_RECORDS_MAX (8u << 20)   /* added records of one side; more is -E2BIG */

/* Reads up to len bytes at offset: the count, 0 at the end, or -errno. */
typedef ssize_t union_read_fn(void *arg, void *buf, size_t len, uint64_t offset);

/* The part of a side that it added: from offset (where a line starts) to the end. What an earlier
 * union has settled is in the host's part still: it begins where the session found the file to end,
 * however often the session was committed since, so that a record that came from elsewhere is known
 * by its uuid also after that. */
struct union_side {
	union_read_fn *read;
	void *arg;
	uint64_t offset;
	/* Of the host's side, where the last union ended: records without uuid before it belong to
	 * no sequence any more. Not more than offset: there was none. */
	uint64_t settled;
	/* Of the host's side: some of the session's records, and not the ones before them, were
	 * brought there. Those without uuid are known by their bytes then, each as often as the
	 * host has it, and not by their sequence. */
	bool has_gaps;
};

/* A line to be appended, without its newline. Not 0 stops the merge with that error. */
typedef int union_emit_fn(const char *line, size_t len, void *arg);

struct union_report {
	uint64_t records;         /* that the session added; blank lines are none */
	uint64_t emitted;         /* that the host lacks */
	uint64_t conflicts;       /* with a uuid that the host added with another content */
	uint64_t conflict_record; /* the first of them: the how-manyeth record, from 1 */
	uint64_t bad_line; /* of the session, that is no JSON object; 0: none. Ends the merge */
	const char *bad;   /* static: what is wrong with it */
};

/* emit NULL: only reports. Returns 0, -EBADMSG (ret->bad_line), -E2BIG, -ENOMEM, what emit or read
 * returned, or -EAGAIN (a side changed while it was read). */
int union_records_merge(const struct union_side *host, const struct union_side *session,
			union_emit_fn *emit, void *arg, struct union_report *ret);

#endif
