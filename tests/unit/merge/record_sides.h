/* SPDX-License-Identifier: MIT */
/* Strings as the sides of a union of records, and its result as a string. */
#ifndef CLAUDEFS_TESTS_MERGE_RECORD_SIDES_H
#define CLAUDEFS_TESTS_MERGE_RECORD_SIDES_H

#include <string.h>

#include "fs/base/text.h"
#include "fs/merge/union_records.h"

/* At most this many bytes at a time, so that lines come in pieces. */
static size_t side_read_max = 1u << 20;

static inline ssize_t side_read(void *arg, void *buf, size_t len, uint64_t offset)
{
	const char *s = arg;
	size_t size = strlen(s);
	size_t n = offset < size ? size - (size_t)offset : 0;

	n = n < len ? n : len;
	n = n < side_read_max ? n : side_read_max;
	memcpy(buf, s + (n > 0 ? offset : 0), n);
	return (ssize_t)n;
}

static inline int side_emit(const char *line, size_t len, void *arg)
{
	struct text *out = arg;

	text_append_bytes(out, line, len);
	text_append(out, "\n");
	return out->is_failed ? -1 : 0;
}

/* host and session: what each added. out: what is to be appended to the host. */
static inline int union_of(const char *host, const char *session, struct text *out,
			   struct union_report *report)
{
	struct union_side ours = { .read = side_read, .arg = (void *)(uintptr_t)host };
	struct union_side theirs = { .read = side_read, .arg = (void *)(uintptr_t)session };

	return union_records_merge(&ours, &theirs, out ? side_emit : NULL, out, report);
}

#endif
