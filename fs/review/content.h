/* SPDX-License-Identifier: MIT */
/* The bytes of a change and of its base. Objects and host files are checked against what the
 * journal says of them before they are believed. */
#ifndef CLAUDEFS_REVIEW_CONTENT_H
#define CLAUDEFS_REVIEW_CONTENT_H

#include <stdint.h>
#include <sys/types.h>

#include "fs/base/cleanup.h"
#include "fs/review/review.h"

/* A content in up to two pieces: [0, prefix) of prefix_fd, then tail_fd from offset tail_offset.
 * Starts as CONTENT_NONE. */
struct content {
	int prefix_fd; /* -1: none */
	int tail_fd;   /* -1: none */
	uint64_t prefix;
	uint64_t tail_offset;
	uint64_t size; /* of the whole */
};
#define CONTENT_NONE ((struct content){ .prefix_fd = -1, .tail_fd = -1 })

void content_done(struct content *content);
#define cleanup_content __attribute__((cleanup(content_done)))

/* The content of a change as the session left it. Sealed objects are verified.
 * Returns 0, -EBADMSG (the object is not what the journal says), -ESTALE (the host file that holds
 * the prefix has changed in it, or is gone), -EISDIR or -ENODATA (the change leaves a directory or
 * nothing) or another -errno. */
int content_open(const struct review *review, const struct change *change, struct content *ret);

/* The first size bytes of an object alone, whatever its seal says: as every other reading of this
 * review sees them. Returns 0, -EBADMSG (missing, or not an object) or another -errno. */
int content_open_object(const struct review *review, uint64_t object, uint64_t size,
			struct content *ret);

/* What the session found at the name, as it was shown (or what the last commit left there): to
 * compare with. Returns 0, -ENODATA (there was nothing, or a directory), -ESTALE (the host's file
 * is no longer that one) or another -errno. */
int content_open_base(const struct review *review, const struct change *change,
		      struct content *ret);

/* The content of any name as the session sees it (`claudefs show`): its own entry, else the host's
 * file unless the rules hide or filter it (-EACCES then). Returns 0, -ENOENT, -EISDIR, or as
 * above. */
int content_open_path(const struct review *review, const char *path, struct content *ret);

/* Reads up to len bytes at offset. Returns the count (less than len only at the end), -EBADMSG or
 * -ESTALE (it has got shorter) or another -errno. */
ssize_t content_read(const struct content *content, void *buf, size_t len, uint64_t offset);

/* Copies [offset, content->size) to out_fd from its current offset 0 on. Returns 0 or -errno. */
int content_copy(const struct content *content, uint64_t offset, int out_fd);

/* The whole content from offset on, in memory (ret_, NUL added). Returns 0, -EFBIG (more than max
 * bytes), -EBADMSG (it has got shorter) or -errno. */
int content_load(const struct content *content, uint64_t offset, size_t max, char **ret,
		 size_t *ret_len);

#endif
