/* SPDX-License-Identifier: MIT */
/* One record of every type with all of its fields, and a comparison that looks at nothing else. */
#ifndef CLAUDEFS_TESTS_SAMPLE_RECORDS_H
#define CLAUDEFS_TESTS_SAMPLE_RECORDS_H

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "fs/journal/codec.h"
#include "fs/journal/record.h"

#define SAMPLE_SESSION "20260102T030405.678Z-0a1b2c3d"

/* All that a type may have (for COPY_UP and SET_ATTR too). */
static inline uint32_t sample_has(const struct codec_type *type)
{
	return type->needs | type->may | type->one_of | type->together | JOURNAL_HAS_PROCESS;
}

static inline struct journal_record sample_record(const struct codec_type *type)
{
	return (struct journal_record){
		.type = type->type,
		.has = sample_has(type),
		.process = 7,
		.session = SAMPLE_SESSION,
		.path = "projects/-tmp-p/a\n\x01\xff.jsonl",
		.to = "b/c",
		.exe = "/usr/bin/node",
		.command = "node -e \x1b[31m",
		.operation = "symlink",
		.version = JOURNAL_FORMAT_VERSION,
		.pid = 4242,
		.uid = 1000,
		.mode = 0100644,
		.error = 1,
		.object = 0x0102030405060708ull,
		.object_before = 9,
		.size = UINT64_MAX,
		.prefix = 1ull << 40,
		.offset = 12,
		.low_water = 13,
		.mtime_ns = 1234567890123456789ull,
		.identity = { 1, 2, 3, 4, 5, 6, 7 },
		.hash = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } },
	};
}

static inline bool sample_value_is_equal(const struct codec_field *field,
					 const struct journal_record *a,
					 const struct journal_record *b)
{
	const char *x = (const char *)a + field->offset;
	const char *y = (const char *)b + field->offset;

	switch (field->kind) {
	case CODEC_FLAG: return true;
	case CODEC_U32: return memcmp(x, y, 4) == 0;
	case CODEC_U64:
	case CODEC_NUMBER: return memcmp(x, y, 8) == 0;
	case CODEC_HASH: return memcmp(x, y, HASH_SIZE) == 0;
	case CODEC_IDENTITY: return memcmp(x, y, sizeof(struct journal_identity)) == 0;
	case CODEC_PATH:
	case CODEC_STRING:
	case CODEC_CUT: return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
	}
	return false;
}

static inline bool sample_is_equal(const struct journal_record *a, const struct journal_record *b)
{
	size_t count = 0;
	const struct codec_field *fields = codec_fields(&count);

	if (a->type != b->type || a->has != b->has)
		return false;
	for (size_t i = 0; i < count; i++) {
		if ((a->has & fields[i].bit) && !sample_value_is_equal(&fields[i], a, b))
			return false;
	}
	return true;
}

#endif
