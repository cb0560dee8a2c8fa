/* SPDX-License-Identifier: MIT */
/* SHA-256 and HMAC-SHA-256, by libcrypto: for what an attacker must not be able to forge (what a
 * person approved, what a receipt keeps). hash.h is for accidents. The only module that knows
 * openssl's headers. */
#ifndef CLAUDEFS_BASE_DIGEST_H
#define CLAUDEFS_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE     32u /* bytes */
#define DIGEST_HEX_SIZE 65u /* characters with the NUL */

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

/* In constant time. */
bool digest_is_equal(const struct digest *a, const struct digest *b);
void digest_to_hex(const struct digest *digest, char hex[DIGEST_HEX_SIZE]);
/* Returns 0 or -EINVAL (not 64 lower-case hexadecimal digits). */
int digest_from_hex(const char *hex, struct digest *ret);

struct digest_stream;

/* NULL: out of memory. A failure later on is kept, and told by digest_stream_finish(). */
struct digest_stream *digest_stream_new(void);
void digest_stream_free(struct digest_stream *stream);
void cleanup_digest_stream_free(struct digest_stream **stream);
#define cleanup_digest_stream __attribute__((cleanup(cleanup_digest_stream_free)))

void digest_stream_update(struct digest_stream *stream, const void *data, size_t len);
/* Framed, so that no two lists of fields give the same bytes: eight bytes of length (little-endian)
 * first; a number is a field of eight bytes. */
void digest_stream_field(struct digest_stream *stream, const void *data, size_t len);
void digest_stream_text(struct digest_stream *stream, const char *s); /* NULL is "" */
void digest_stream_number(struct digest_stream *stream, uint64_t number);

/* Once. Returns 0 or -ENOMEM. */
int digest_stream_finish(struct digest_stream *stream, struct digest *ret);

/* Of a whole file, from offset 0. Returns 0 or -errno. */
int digest_file(int fd, struct digest *ret);

#define DIGEST_SHA1_SIZE 20u /* bytes */

/* SHA-1 of a stream, for the one place where a format of others has it: the end of a git pack is
 * where its last 20 bytes are the sum of all before. It says where something ends; nothing is
 * trusted for it. */
struct digest_sha1;

/* NULL: out of memory. */
struct digest_sha1 *digest_sha1_new(void);
void digest_sha1_free(struct digest_sha1 *sha1);
void digest_sha1_update(struct digest_sha1 *sha1, const void *data, size_t len);
/* Is this the sum of what came so far? More may follow. */
bool digest_sha1_is(const struct digest_sha1 *sha1, const uint8_t sum[DIGEST_SHA1_SIZE]);

/* HMAC-SHA-256. Returns 0 or -ENOMEM. */
int digest_hmac(const void *key, size_t key_len, const void *data, size_t len, struct digest *ret);

#endif
