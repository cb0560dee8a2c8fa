/* SPDX-License-Identifier: MIT */
#include "fs/base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

#define READ_SIZE (256u << 10) /* bytes */

static struct hash from_xxh(XXH128_hash_t value)
{
	XXH128_canonical_t canonical;
	struct hash hash;

	XXH128_canonicalFromHash(&canonical, value);
	memcpy(hash.bytes, canonical.digest, sizeof(hash.bytes));
	return hash;
}

struct hash hash_bytes(const void *data, size_t len)
{
	return from_xxh(XXH3_128bits(data, len));
}

bool hash_is_equal(const struct hash *a, const struct hash *b)
{
	return memcmp(a->bytes, b->bytes, HASH_SIZE) == 0;
}

bool hash_is_zero(const struct hash *hash)
{
	static const struct hash zero;

	return hash_is_equal(hash, &zero);
}

void hash_to_hex(const struct hash *hash, char hex[HASH_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < HASH_SIZE; i++) {
		hex[2 * i] = digits[hash->bytes[i] >> 4];
		hex[2 * i + 1] = digits[hash->bytes[i] & 15];
	}
	hex[2 * (size_t)HASH_SIZE] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int hash_from_hex(const char *hex, struct hash *ret)
{
	struct hash hash;

	if (strlen(hex) != HASH_HEX_SIZE - 1)
		return -EINVAL;
	for (size_t i = 0; i < HASH_SIZE; i++) {
		int high = hex_value(hex[2 * i]);
		int low = hex_value(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		hash.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret = hash;
	return 0;
}

/* XXH3_state_t is aligned to 64 bytes, which malloc does not promise: libxxhash allocates it. */
struct hash_stream *hash_stream_new(void)
{
	XXH3_state_t *state = XXH3_createState();

	if (state)
		(void)XXH3_128bits_reset(state);
	return (struct hash_stream *)state;
}

void hash_stream_free(struct hash_stream *stream)
{
	(void)XXH3_freeState((XXH3_state_t *)stream);
}

void cleanup_hash_stream_free(struct hash_stream **stream)
{
	if (*stream)
		hash_stream_free(*stream);
}

void hash_stream_reset(struct hash_stream *stream)
{
	(void)XXH3_128bits_reset((XXH3_state_t *)stream);
}

void hash_stream_update(struct hash_stream *stream, const void *data, size_t len)
{
	(void)XXH3_128bits_update((XXH3_state_t *)stream, data, len);
}

struct hash hash_stream_digest(const struct hash_stream *stream)
{
	return from_xxh(XXH3_128bits_digest((const XXH3_state_t *)stream));
}

off_t hash_stream_update_fd(struct hash_stream *stream, int fd, off_t offset, off_t len)
{
	size_t room = len > 0 && len < (off_t)READ_SIZE ? (size_t)len : READ_SIZE;
	cleanup_free char *buf = malloc(room);
	off_t done = 0;

	if (!buf)
		return -ENOMEM;
	while (len < 0 || done < len) {
		size_t want = room;
		ssize_t n;

		if (len >= 0 && (off_t)want > len - done)
			want = (size_t)(len - done);
		n = fd_pread_all(fd, buf, want, offset + done);
		if (n < 0)
			return n;
		if (n == 0)
			break;
		hash_stream_update(stream, buf, (size_t)n);
		done += n;
	}
	return done;
}

off_t hash_file(int fd, struct hash *ret)
{
	cleanup_hash_stream struct hash_stream *stream = hash_stream_new();
	off_t n;

	if (!stream)
		return -ENOMEM;
	n = hash_stream_update_fd(stream, fd, 0, -1);
	if (n < 0)
		return n;
	*ret = hash_stream_digest(stream);
	return n;
}
