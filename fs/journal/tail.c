/* SPDX-License-Identifier: MIT */
#include "fs/journal/tail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/journal/codec.h"
#include "fs/journal/little_endian.h"

#define READ_SIZE  (64u << 10) /* bytes */
#define BLOCK_SIZE 512u        /* bytes: no disk writes less at a time */

int tail_file_header(int fd)
{
	uint8_t header[CODEC_FILE_HEADER_SIZE];
	uint8_t good[CODEC_FILE_HEADER_SIZE];
	bool is_zeros = false;
	ssize_t n = fd_pread_all(fd, header, sizeof(header), 0);
	int r;

	if (n < 0)
		return (int)n;
	codec_put_file_header(good);
	if (memcmp(header, good, (size_t)n) == 0)
		return n == (ssize_t)sizeof(header);
	r = tail_is_unwritten(fd, 0, sizeof(header), &is_zeros);
	if (r < 0)
		return r;
	if (is_zeros)
		return 0;
	if (n < (ssize_t)sizeof(header) || memcmp(header, good, 8) != 0 ||
	    get_le32(header + 12) != codec_file_check(header))
		return -EBADMSG;
	return get_le32(header + 8) > JOURNAL_FORMAT_VERSION ? -EPROTONOSUPPORT : -EBADMSG;
}

int tail_is_unwritten(int fd, uint64_t offset, size_t span, bool *ret)
{
	cleanup_free uint8_t *buf = malloc(READ_SIZE);
	uint64_t zeros_from = offset; /* everything from here on, as far as was read, is zero */
	uint64_t at = offset;
	uint64_t block;

	if (!buf)
		return -ENOMEM;
	*ret = false;
	for (;;) {
		ssize_t n = fd_pread_all(fd, buf, READ_SIZE, (off_t)at);
		size_t used;

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		for (used = (size_t)n; used > 0 && buf[used - 1] == 0; used--)
			;
		if (used > 0)
			zeros_from = at + used;
		at += (uint64_t)n;
		if (zeros_from >= offset + span || at - offset > TAIL_MAX)
			return 0;
	}
	block = (zeros_from + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
	*ret = zeros_from == offset ? at > offset : block < offset + span && block < at;
	return 0;
}
