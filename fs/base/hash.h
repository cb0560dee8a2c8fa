/* SPDX-License-Identifier: MIT */
/* XXH3-128: detects accidents (torn writes, bit rot, a host file that changed), not attackers.
 * The only module that knows xxhash. Digests are stored in XXH128's canonical (big-endian) form. */
#ifndef CLAUDEFS_BASE_HASH_H
#define CLAUDEFS_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HASH_SIZE     16u /* bytes */
#define HASH_HEX_SIZE 33u /* characters with the NUL */

struct hash {
	uint8_t bytes[HASH_SIZE];
};

struct hash_stream; /* about 600 bytes */

struct hash hash_bytes(const void *data, size_t len);
bool hash_is_equal(const struct hash *a, const struct hash *b);
bool hash_is_zero(const struct hash *hash);
void hash_to_hex(const struct hash *hash, char hex[HASH_HEX_SIZE]);
/* Returns 0 or -EINVAL (not 32 hexadecimal digits). */
int hash_from_hex(const char *hex, struct hash *ret);

/* NULL: out of memory. */
struct hash_stream *hash_stream_new(void);
void hash_stream_free(struct hash_stream *stream);
void cleanup_hash_stream_free(struct hash_stream **stream);
#define cleanup_hash_stream __attribute__((cleanup(cleanup_hash_stream_free)))
void hash_stream_reset(struct hash_stream *stream);
void hash_stream_update(struct hash_stream *stream, const void *data, size_t len);
struct hash hash_stream_digest(const struct hash_stream *stream);

/* Feeds [offset, offset+len) of a file (len < 0: to the end) into the stream.
 * Returns the number of bytes (less than len: the file ended) or -errno. */
off_t hash_stream_update_fd(struct hash_stream *stream, int fd, off_t offset, off_t len);

/* The digest of a whole file from offset 0. Returns its length in bytes or -errno. */
off_t hash_file(int fd, struct hash *ret);

#endif
