/* SPDX-License-Identifier: MIT */
#include "fs/journal/sample.h"

#include <errno.h>

#include "fs/journal/record.h"

static int feed(struct hash_stream *stream, int fd, uint64_t offset, uint64_t len)
{
	off_t n = hash_stream_update_fd(stream, fd, (off_t)offset, (off_t)len);

	if (n < 0)
		return (int)n;
	return (uint64_t)n == len ? 0 : -ENODATA;
}

int journal_hash_content(int fd, uint64_t size, struct hash *ret, bool *ret_is_sampled)
{
	return journal_hash_content_at(fd, 0, size, ret, ret_is_sampled);
}

int journal_hash_content_at(int fd, uint64_t offset, uint64_t size, struct hash *ret,
			    bool *ret_is_sampled)
{
	cleanup_hash_stream struct hash_stream *stream = hash_stream_new();
	bool is_sampled = size > JOURNAL_SAMPLE_ABOVE;
	int r;

	if (!stream)
		return -ENOMEM;
	if (size > INT64_MAX || offset > INT64_MAX - size)
		return -EINVAL;
	if (is_sampled) {
		r = feed(stream, fd, offset, JOURNAL_SAMPLE_SIZE);
		if (r == 0)
			r = feed(stream, fd, offset + size - JOURNAL_SAMPLE_SIZE,
				 JOURNAL_SAMPLE_SIZE);
	} else {
		r = feed(stream, fd, offset, size);
	}
	if (r < 0)
		return r;
	*ret = hash_stream_digest(stream);
	*ret_is_sampled = is_sampled;
	return 0;
}
