/* SPDX-License-Identifier: MIT */
/* Checks and chain of the journal's frames. */
#include <string.h>

#include "fs/journal/codec.h"
#include "fs/journal/little_endian.h"

_Static_assert(offsetof(struct codec_frame, bytes) == HASH_SIZE,
	       "the previous chain and the record are hashed as one run of bytes");

struct hash codec_seed(const char *session_id)
{
	return hash_bytes(session_id, strlen(session_id));
}

static uint32_t check_of(const uint8_t *bytes, size_t len)
{
	struct hash hash = hash_bytes(bytes, len);

	return get_le32(hash.bytes);
}

uint32_t codec_file_check(const uint8_t header[CODEC_FILE_HEADER_SIZE])
{
	return check_of(header, CODEC_FILE_HEADER_SIZE - sizeof(uint32_t));
}

void codec_put_file_header(uint8_t out[CODEC_FILE_HEADER_SIZE])
{
	memcpy(out, CODEC_FILE_MAGIC, 8);
	put_le(out + 8, JOURNAL_FORMAT_VERSION, 4);
	put_le(out + 12, codec_file_check(out), 4);
}

uint32_t codec_header_check(const uint8_t header[CODEC_HEADER_SIZE])
{
	uint8_t copy[CODEC_HEADER_SIZE];

	memcpy(copy, header, sizeof(copy));
	memset(copy + CODEC_AT_CHECK, 0, 4);
	memset(copy + CODEC_AT_CHAIN, 0, HASH_SIZE);
	return check_of(copy, sizeof(copy));
}

struct hash codec_chain(struct codec_frame *frame, const struct hash *previous, size_t length)
{
	uint8_t chain[HASH_SIZE];
	struct hash hash;

	memcpy(frame->previous, previous->bytes, HASH_SIZE);
	memcpy(chain, frame->bytes + CODEC_AT_CHAIN, HASH_SIZE);
	memset(frame->bytes + CODEC_AT_CHAIN, 0, HASH_SIZE);
	hash = hash_bytes(frame, HASH_SIZE + length);
	memcpy(frame->bytes + CODEC_AT_CHAIN, chain, HASH_SIZE);
	return hash;
}
