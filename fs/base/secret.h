/* SPDX-License-Identifier: MIT */
/* Secrets in memory: blocks of their own pages that do not swap (as far as RLIMIT_MEMLOCK lets
 * them), are left out of core dumps, and are wiped before they are given back; and the frames in
 * which a secret passes from one of our programs to another:
 *
 *	frame := "CFC1" | length u32, little-endian | length bytes
 *
 * A frame ends by its length, not by the end of the stream, so that further ones may follow on the
 * same pipe. What comes in a frame is distrusted but for its length. */
#ifndef CLAUDEFS_BASE_SECRET_H
#define CLAUDEFS_BASE_SECRET_H

#include <stddef.h>

#define SECRET_MAX (64u << 10) /* bytes of a secret; Claude's logins have about 500 */

struct secret {
	size_t len;
	char data[]; /* a NUL behind it */
};

/* Room for SECRET_MAX bytes, empty. *ret (ret_: secret_free). Returns 0 or -ENOMEM. */
int secret_new(struct secret **ret);
/* A copy. Returns 0, -EFBIG (len over SECRET_MAX) or -ENOMEM. */
int secret_copy(const void *data, size_t len, struct secret **ret);
/* Wipes and frees. NULL is allowed. */
void secret_free(struct secret *secret);
static inline void cleanup_secret_ptr(struct secret **secret)
{
	secret_free(*secret);
}
#define cleanup_secret __attribute__((cleanup(cleanup_secret_ptr)))

/* The same bytes? In a time that does not tell where they differ. NULL equals NULL only. */
int secret_is_equal(const struct secret *a, const struct secret *b);

/* Clears the vector registers (x86-64): memcpy(3) and strlen(3) leave there what they read, and a
 * core of an idle thread has its registers. For those who copied or parsed a secret; the functions
 * here do so themselves. */
void secret_clear_registers(void);

/* Reads to the end of a file or pipe. Returns 0, -EFBIG or -errno. */
int secret_read(int fd, struct secret **ret);

/* Reads one frame (fd blocking), and not a byte more. Returns 0, -ENODATA (the stream ended before
 * a frame began), -EBADMSG (no frame, or a torn one), -EFBIG or -errno. */
int secret_read_frame(int fd, struct secret **ret);
/* Writes one frame; secret NULL: an empty one. Returns 0 or -errno. */
int secret_write_frame(int fd, const struct secret *secret);

/* A block of pages that core dumps leave out, zero-filled, for buffers through which secrets pass.
 * NULL: out of memory. secret_pages_free() wipes it; size as it was given. */
void *secret_pages_new(size_t size);
void secret_pages_free(void *pages, size_t size);

#endif
