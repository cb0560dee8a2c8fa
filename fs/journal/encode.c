/* SPDX-License-Identifier: MIT */
/* A record as bytes. What cannot be read back is refused here already. */
#include <errno.h>
#include <string.h>

#include "fs/journal/codec.h"
#include "fs/journal/little_endian.h"

struct output {
	uint8_t *bytes;
	size_t len;
};

/* Room for n more bytes of this record, or NULL. */
static uint8_t *reserve(struct output *out, size_t n)
{
	uint8_t *p = out->bytes + out->len;

	if (n > JOURNAL_RECORD_MAX - out->len)
		return NULL;
	out->len += n;
	return p;
}

static int put_number(struct output *out, uint64_t value, size_t size)
{
	uint8_t *p = reserve(out, size);

	if (!p)
		return -EINVAL;
	put_le(p, value, size);
	return 0;
}

static int put_bytes(struct output *out, const void *data, size_t len)
{
	uint8_t *p = reserve(out, len);

	if (!p)
		return -EINVAL;
	memcpy(p, data, len);
	return 0;
}

static int put_identity(struct output *out, const struct journal_identity *identity)
{
	uint8_t *p = reserve(out, 48);

	if (!p)
		return -EINVAL;
	put_le(p, identity->dev, 8);
	put_le(p + 8, identity->ino, 8);
	put_le(p + 16, identity->size, 8);
	put_le(p + 24, identity->mtime_ns, 8);
	put_le(p + 32, identity->ctime_ns, 8);
	put_le(p + 40, identity->mode, 4);
	put_le(p + 44, identity->nlink, 4);
	return 0;
}

static int put_path(struct output *out, const char *path)
{
	const char *name;
	size_t len = 0;
	int r = 0;

	if (!path || !path_is_valid(path))
		return -EINVAL;
	while (r == 0 && (name = path_next(&path, &len)) != NULL) {
		r = put_number(out, len, 1);
		if (r == 0)
			r = put_bytes(out, name, len);
	}
	return r;
}

static int put_string(struct output *out, const char *s, size_t max, bool may_cut)
{
	size_t len;

	if (!s)
		return -EINVAL;
	len = strnlen(s, max + 1);
	if (len > max && !may_cut)
		return -EINVAL;
	return put_bytes(out, s, len > max ? max : len);
}

static int put_value(struct output *out, const struct codec_field *field, const void *value)
{
	uint64_t u64 = 0;
	uint32_t u32 = 0;

	switch (field->kind) {
	case CODEC_FLAG: return 0;
	case CODEC_U32: memcpy(&u32, value, sizeof(u32)); return put_number(out, u32, 4);
	case CODEC_NUMBER:
	case CODEC_U64:
		memcpy(&u64, value, sizeof(u64));
		if (u64 == 0 && field->kind == CODEC_NUMBER)
			return -EINVAL;
		return put_number(out, u64, 8);
	case CODEC_HASH: return put_bytes(out, value, HASH_SIZE);
	case CODEC_IDENTITY: return put_identity(out, value);
	case CODEC_PATH: return put_path(out, *(const char *const *)value);
	case CODEC_STRING: return put_string(out, *(const char *const *)value, field->max, false);
	case CODEC_CUT: return put_string(out, *(const char *const *)value, field->max, true);
	}
	return -EINVAL;
}

static int put_field(struct output *out, const struct codec_field *field,
		     const struct journal_record *record)
{
	const void *value = (const char *)record + field->offset;
	uint8_t *head = reserve(out, 4);
	size_t start = out->len;
	int r;

	if (!head)
		return -EINVAL;
	r = put_value(out, field, value);
	if (r < 0)
		return r;
	put_le(head, field->tag, 2);
	put_le(head + 2, out->len - start, 2);
	return 0;
}

int codec_encode(const struct journal_record *record, const struct hash *previous,
		 struct codec_frame *frame, struct hash *ret_chain)
{
	const struct codec_type *type = codec_type_of((unsigned int)record->type);
	struct output out = { .bytes = frame->bytes, .len = CODEC_HEADER_SIZE };
	const struct codec_field *fields;
	uint8_t *header = frame->bytes;
	uint32_t has = record->has;
	size_t count = 0;

	/* Process 0 is the daemon, which needs no mention. */
	if (record->process == 0 && record->type != JOURNAL_PROCESS)
		has &= ~(uint32_t)JOURNAL_HAS_PROCESS;
	if (!type || !codec_has_right_fields(type, has))
		return -EINVAL;
	fields = codec_fields(&count);
	for (size_t i = 0; i < count; i++) {
		int r = has & fields[i].bit ? put_field(&out, &fields[i], record) : 0;

		if (r < 0)
			return r;
	}
	memset(header, 0, CODEC_HEADER_SIZE);
	put_le(header + CODEC_AT_MAGIC, CODEC_MAGIC, 4);
	put_le(header + CODEC_AT_LENGTH, out.len, 4);
	put_le(header + CODEC_AT_TYPE, (uint64_t)record->type, 2);
	put_le(header + CODEC_AT_SEQ, record->seq, 8);
	put_le(header + CODEC_AT_TIME, record->time_ns, 8);
	put_le(header + CODEC_AT_CHECK, codec_header_check(header), 4);
	*ret_chain = codec_chain(frame, previous, out.len);
	memcpy(header + CODEC_AT_CHAIN, ret_chain->bytes, HASH_SIZE);
	return (int)out.len;
}
