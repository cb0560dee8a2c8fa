/* SPDX-License-Identifier: MIT */
/* The bytes of the journal: what writer and reader share, and what docs/JOURNAL-FORMAT.md is
 * checked against. Private to fs/journal and its tests. */
#ifndef CLAUDEFS_JOURNAL_CODEC_H
#define CLAUDEFS_JOURNAL_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "fs/journal/record.h"

/* file_header := magic 8 bytes | version u32 | check u32. This much never changes, so that every
 * version can tell a newer journal from a damaged one. */
#define CODEC_FILE_MAGIC       "claudefs"
#define CODEC_FILE_HEADER_SIZE 16u /* bytes */

#define CODEC_MAGIC       0x6a736663u /* "cfsj" */
#define CODEC_HEADER_SIZE 48u         /* bytes */

/* Offsets in a record's header. */
enum codec_offset {
	CODEC_AT_MAGIC = 0,
	CODEC_AT_LENGTH = 4,
	CODEC_AT_TYPE = 8,
	CODEC_AT_ZERO = 10,
	CODEC_AT_CHECK = 12,
	CODEC_AT_SEQ = 16,
	CODEC_AT_TIME = 24,
	CODEC_AT_CHAIN = 32,
};

enum codec_kind {
	CODEC_FLAG,     /* no bytes: present or not */
	CODEC_U32,      /* 4 bytes */
	CODEC_U64,      /* 8 bytes */
	CODEC_NUMBER,   /* 8 bytes, not 0 */
	CODEC_HASH,     /* 16 bytes */
	CODEC_IDENTITY, /* dev ino size mtime ctime u64, mode nlink u32: 48 bytes */
	CODEC_PATH,     /* a state path: {length u8, bytes} per component */
	CODEC_STRING,   /* at most max bytes, no NUL; longer is refused */
	CODEC_CUT,      /* the same, but a longer one is cut when it is written */
};

struct codec_field {
	uint16_t tag;
	uint16_t max; /* bytes of a string */
	enum codec_kind kind;
	enum journal_field bit;
	size_t offset; /* in struct journal_record */
	const char *name;
};

/* Which fields a record of this type has. All of needs; if one_of is not 0, at least one of it; of
 * together all or none; may as it likes. PROCESS may be on any. */
struct codec_type {
	enum journal_type type;
	uint32_t needs;
	uint32_t may;
	uint32_t one_of;
	uint32_t together;
	const char *name;
};

/* Both in the order of their numbers; the tables live as long as the program. */
const struct codec_field *codec_fields(size_t *ret_count);
const struct codec_type *codec_types(size_t *ret_count);
/* NULL: no such type. */
const struct codec_type *codec_type_of(unsigned int type);

/* True if has is a set of fields that this type may come with. */
bool codec_has_right_fields(const struct codec_type *type, uint32_t has);

/* The digest that the first record is chained to. */
struct hash codec_seed(const char *session_id);
uint32_t codec_file_check(const uint8_t header[CODEC_FILE_HEADER_SIZE]);
uint32_t codec_header_check(const uint8_t header[CODEC_HEADER_SIZE]);
void codec_put_file_header(uint8_t out[CODEC_FILE_HEADER_SIZE]);

/* Room for one record, preceded by the chain that it is hashed with. */
struct codec_frame {
	uint8_t previous[HASH_SIZE];
	uint8_t bytes[JOURNAL_RECORD_MAX];
};

/* The chain of the record of length bytes in frame; its chain field counts as zero. */
struct hash codec_chain(struct codec_frame *frame, const struct hash *previous, size_t length);

/* Fills frame->bytes with the finished record (record->seq and ->time_ns are set). Returns its
 * length or -EINVAL (wrong fields for its type, a field that is not well-formed, too long). */
int codec_encode(const struct journal_record *record, const struct hash *previous,
		 struct codec_frame *frame, struct hash *ret_chain);

/* Strings of one decoded record: no field is longer decoded than encoded, but for its NUL. */
#define CODEC_ARENA_SIZE (JOURNAL_RECORD_MAX + 64u)

/* Decodes the fields of a record whose header and chain have been checked. *ret is filled with
 * strings borrowed from arena. Returns 0 or -EBADMSG. */
int codec_decode(const uint8_t *bytes, size_t length, char arena[CODEC_ARENA_SIZE],
		 struct journal_record *ret);

#endif
