/* SPDX-License-Identifier: MIT */
#include "fs/base/digest.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

#define CHUNK_SIZE (256u << 10) /* bytes read at a time */

struct digest_stream {
	EVP_MD_CTX *context;
	bool is_failed;
};

bool digest_is_equal(const struct digest *a, const struct digest *b)
{
	return CRYPTO_memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

void digest_to_hex(const struct digest *digest, char hex[DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		hex[2 * i] = digits[digest->bytes[i] >> 4];
		hex[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	hex[DIGEST_HEX_SIZE - 1] = '\0';
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int digest_from_hex(const char *hex, struct digest *ret)
{
	if (strlen(hex) != DIGEST_HEX_SIZE - 1)
		return -EINVAL;
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		int high = digit_value(hex[2 * i]);
		int low = digit_value(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		ret->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

struct digest_stream *digest_stream_new(void)
{
	struct digest_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->context = EVP_MD_CTX_new();
	if (!stream->context || EVP_DigestInit_ex(stream->context, EVP_sha256(), NULL) != 1) {
		digest_stream_free(stream);
		return NULL;
	}
	return stream;
}

void digest_stream_free(struct digest_stream *stream)
{
	if (!stream)
		return;
	EVP_MD_CTX_free(stream->context);
	free(stream);
}

void cleanup_digest_stream_free(struct digest_stream **stream)
{
	digest_stream_free(*stream);
}

void digest_stream_update(struct digest_stream *stream, const void *data, size_t len)
{
	if (len > 0 && EVP_DigestUpdate(stream->context, data, len) != 1)
		stream->is_failed = true;
}

static void put_number(uint8_t bytes[8], uint64_t number)
{
	for (unsigned int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
}

void digest_stream_field(struct digest_stream *stream, const void *data, size_t len)
{
	uint8_t length[8];

	put_number(length, len);
	digest_stream_update(stream, length, sizeof(length));
	digest_stream_update(stream, data, len);
}

void digest_stream_text(struct digest_stream *stream, const char *s)
{
	digest_stream_field(stream, s ? s : "", s ? strlen(s) : 0);
}

void digest_stream_number(struct digest_stream *stream, uint64_t number)
{
	uint8_t bytes[8];

	put_number(bytes, number);
	digest_stream_field(stream, bytes, sizeof(bytes));
}

int digest_stream_finish(struct digest_stream *stream, struct digest *ret)
{
	struct digest digest;
	unsigned int len = 0;

	if (stream->is_failed || EVP_DigestFinal_ex(stream->context, digest.bytes, &len) != 1 ||
	    len != DIGEST_SIZE)
		return -ENOMEM;
	*ret = digest;
	return 0;
}

int digest_file(int fd, struct digest *ret)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	cleanup_free char *buf = malloc(CHUNK_SIZE);
	off_t offset = 0;
	ssize_t n;

	if (!stream || !buf)
		return -ENOMEM;
	while ((n = fd_pread_all(fd, buf, CHUNK_SIZE, offset)) > 0) {
		digest_stream_update(stream, buf, (size_t)n);
		offset += n;
	}
	return n < 0 ? (int)n : digest_stream_finish(stream, ret);
}

struct digest_sha1 {
	EVP_MD_CTX *context;
	bool is_failed;
};

struct digest_sha1 *digest_sha1_new(void)
{
	struct digest_sha1 *sha1 = calloc(1, sizeof(*sha1));

	if (!sha1)
		return NULL;
	sha1->context = EVP_MD_CTX_new();
	sha1->is_failed = !sha1->context || EVP_DigestInit_ex(sha1->context, EVP_sha1(), NULL) != 1;
	return sha1;
}

void digest_sha1_free(struct digest_sha1 *sha1)
{
	if (!sha1)
		return;
	EVP_MD_CTX_free(sha1->context);
	free(sha1);
}

void digest_sha1_update(struct digest_sha1 *sha1, const void *data, size_t len)
{
	if (!sha1->is_failed && EVP_DigestUpdate(sha1->context, data, len) != 1)
		sha1->is_failed = true;
}

bool digest_sha1_is(const struct digest_sha1 *sha1, const uint8_t sum[DIGEST_SHA1_SIZE])
{
	EVP_MD_CTX *copy = sha1->is_failed ? NULL : EVP_MD_CTX_new();
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	bool is_same = copy && EVP_MD_CTX_copy_ex(copy, sha1->context) == 1 &&
		       EVP_DigestFinal_ex(copy, bytes, &len) == 1 && len == DIGEST_SHA1_SIZE &&
		       memcmp(bytes, sum, len) == 0;

	EVP_MD_CTX_free(copy);
	return is_same;
}

int digest_hmac(const void *key, size_t key_len, const void *data, size_t len, struct digest *ret)
{
	struct digest digest;
	unsigned int digest_len = 0;

	if (!HMAC(EVP_sha256(), key, (int)key_len, data, len, digest.bytes, &digest_len) ||
	    digest_len != DIGEST_SIZE)
		return -ENOMEM;
	*ret = digest;
	return 0;
}
