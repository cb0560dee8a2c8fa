/* SPDX-License-Identifier: MIT */
/* A transcript that session and host both wrote to: which of the session's new records does the
 * host not have? Reads only what both added since the session found it (union_records.h): of the
 * host's file also what commits have brought there since, since they stand among records of others
 * that the session never saw. */
#ifndef CLAUDEFS_REVIEW_HOST_UNION_H
#define CLAUDEFS_REVIEW_HOST_UNION_H

#include "fs/merge/union_records.h"
#include "fs/review/content.h"
#include "fs/review/review.h"

/* Of a change whose merge is RULE_MERGE_UNION_RECORDS, with its content. A host that has gained
 * nothing is told by a report that is all zeros, and reads nothing. Returns 0, -EAGAIN (a file got
 * shorter while it was read) or an error of union_records_merge(). */
int host_union(const struct review *review, const struct change *change,
	       const struct content *content, struct union_report *ret);

/* Emits those that the host lacks; all of them, if it has gained nothing or has no such file.
 * ret_content: of the session's bytes that they were taken from, as change_digest_content(). */
int host_union_each(const struct review *review, const struct change *change, union_emit_fn *emit,
		    void *arg, struct digest *ret_content, struct union_report *ret);

/* The same with the session's new records as a file (borrowed), from offset 0 on; emits those that
 * the host lacks. *ret_is_needed is false, and nothing is emitted, if the host has gained nothing.
 */
int host_union_file(const struct review *review, const struct change *change, int session_fd,
		    union_emit_fn *emit, void *arg, struct union_report *ret, bool *ret_is_needed);

/* Emits every record of a file (borrowed), from offset 0 on. */
int records_of_file(int fd, union_emit_fn *emit, void *arg);

#endif
