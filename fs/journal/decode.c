/* SPDX-License-Identifier: MIT */
/* A record from bytes that an untrusted session may have forged, chain and all: every length is
 * bounded by the record, names are validated again, and only the fields of the type are let in. */
#include <errno.h>
#include <string.h>

#include "fs/journal/codec.h"
#include "fs/journal/little_endian.h"

struct arena {
	char *data;
	size_t len;
};

static char *take(struct arena *arena, size_t size)
{
	char *p = arena->data + arena->len;

	if (size > CODEC_ARENA_SIZE - arena->len)
		return NULL;
	arena->len += size;
	return p;
}

static int get_string(struct arena *arena, const uint8_t *p, size_t len, size_t max,
		      const char **ret)
{
	char *s;

	if (len > max || memchr(p, '\0', len))
		return -EBADMSG;
	s = take(arena, len + 1);
	if (!s)
		return -EBADMSG;
	memcpy(s, p, len);
	s[len] = '\0';
	*ret = s;
	return 0;
}

static int get_path(struct arena *arena, const uint8_t *p, size_t len, const char **ret)
{
	const uint8_t *end = p + len;
	size_t used = 0;
	char *s;

	if (len > PATH_BYTES_MAX + 1)
		return -EBADMSG;
	s = take(arena, len + 1);
	if (!s)
		return -EBADMSG;
	while (p < end) {
		size_t name_len = *p++;

		if (name_len > (size_t)(end - p) || !path_name_is_valid((const char *)p, name_len))
			return -EBADMSG;
		if (used > 0)
			s[used++] = '/';
		memcpy(s + used, p, name_len);
		used += name_len;
		p += name_len;
	}
	s[used] = '\0';
	*ret = s;
	return 0;
}

static struct journal_identity get_identity(const uint8_t *p)
{
	return (struct journal_identity){
		.dev = get_le64(p),
		.ino = get_le64(p + 8),
		.size = get_le64(p + 16),
		.mtime_ns = get_le64(p + 24),
		.ctime_ns = get_le64(p + 32),
		.mode = get_le32(p + 40),
		.nlink = get_le32(p + 44),
	};
}

/* The length that a kind must have; 0 for those whose own getter checks it. */
static size_t fixed_size(enum codec_kind kind)
{
	switch (kind) {
	case CODEC_U32: return 4;
	case CODEC_U64:
	case CODEC_NUMBER: return 8;
	case CODEC_HASH: return HASH_SIZE;
	case CODEC_IDENTITY: return 48;
	case CODEC_FLAG:
	case CODEC_PATH:
	case CODEC_STRING:
	case CODEC_CUT: break;
	}
	return 0;
}

static int get_value(struct arena *arena, const struct codec_field *field, const uint8_t *p,
		     size_t len, void *value)
{
	size_t fixed = fixed_size(field->kind);
	struct journal_identity identity;
	uint64_t u64;
	uint32_t u32;

	if (fixed > 0 && len != fixed)
		return -EBADMSG;
	switch (field->kind) {
	case CODEC_FLAG: return len == 0 ? 0 : -EBADMSG;
	case CODEC_U32:
		u32 = get_le32(p);
		memcpy(value, &u32, sizeof(u32));
		return 0;
	case CODEC_U64:
	case CODEC_NUMBER:
		u64 = get_le64(p);
		memcpy(value, &u64, sizeof(u64));
		return u64 == 0 && field->kind == CODEC_NUMBER ? -EBADMSG : 0;
	case CODEC_HASH: memcpy(value, p, HASH_SIZE); return 0;
	case CODEC_IDENTITY:
		identity = get_identity(p);
		memcpy(value, &identity, sizeof(identity));
		return 0;
	case CODEC_PATH: return get_path(arena, p, len, value);
	case CODEC_STRING:
	case CODEC_CUT: return get_string(arena, p, len, field->max, value);
	}
	return -EBADMSG;
}

static const struct codec_field *field_of(unsigned int tag)
{
	size_t count = 0;
	const struct codec_field *fields = codec_fields(&count);

	/* Tags are 1, 2, 3, ... without a gap: test_record checks it. */
	if (tag == 0 || tag > count)
		return NULL;
	return &fields[tag - 1];
}

int codec_decode(const uint8_t *bytes, size_t length, char arena[CODEC_ARENA_SIZE],
		 struct journal_record *ret)
{
	const struct codec_type *type = codec_type_of(get_le16(bytes + CODEC_AT_TYPE));
	struct journal_record record = { 0 };
	struct arena room = { .data = arena };
	size_t at = CODEC_HEADER_SIZE;
	unsigned int last_tag = 0;

	if (!type)
		return -EBADMSG;
	record.type = type->type;
	record.seq = get_le64(bytes + CODEC_AT_SEQ);
	record.time_ns = get_le64(bytes + CODEC_AT_TIME);
	while (at < length) {
		const struct codec_field *field;
		unsigned int tag;
		size_t len;

		if (length - at < 4)
			return -EBADMSG;
		tag = get_le16(bytes + at);
		len = get_le16(bytes + at + 2);
		at += 4;
		field = field_of(tag);
		/* Ascending: so none comes twice, and each record has one spelling only. */
		if (!field || tag <= last_tag || len > length - at)
			return -EBADMSG;
		if (get_value(&room, field, bytes + at, len, (char *)&record + field->offset) < 0)
			return -EBADMSG;
		record.has |= (uint32_t)field->bit;
		last_tag = tag;
		at += len;
	}
	if (!codec_has_right_fields(type, record.has))
		return -EBADMSG;
	*ret = record;
	return 0;
}
