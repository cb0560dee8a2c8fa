/* SPDX-License-Identifier: MIT */
/* forge_name SESSION_DIR NAME OTHER: puts OTHER in the place of NAME in the session's journal, with
 * all lengths, checks and chains right, as an attacker who can write there would. Both have one
 * length; a '0' in OTHER becomes a NUL. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/journal/codec.h"
#include "fs/journal/little_endian.h"

#define JOURNAL_MAX (1u << 20)

static uint8_t journal[JOURNAL_MAX];
static struct codec_frame frame;

static unsigned int replace(uint8_t *record, size_t length, const char *name, const char *other)
{
	size_t len = strlen(name);
	unsigned int count = 0;

	for (size_t at = CODEC_HEADER_SIZE; at + len <= length; at++) {
		if (memcmp(record + at, name, len) != 0)
			continue;
		for (size_t i = 0; i < len; i++)
			record[at + i] = (uint8_t)(other[i] == '0' ? 0 : other[i]);
		count++;
	}
	return count;
}

static unsigned int forge(size_t size, const char *session, const char *name, const char *other)
{
	struct hash chain = codec_seed(session);
	unsigned int count = 0;
	size_t length;

	for (size_t at = CODEC_FILE_HEADER_SIZE; at + CODEC_HEADER_SIZE <= size; at += length) {
		length = get_le32(journal + at + 4);
		if (length < CODEC_HEADER_SIZE || length > size - at)
			return 0;
		count += replace(journal + at, length, name, other);
		memcpy(frame.bytes, journal + at, length);
		put_le(frame.bytes + CODEC_AT_CHECK, codec_header_check(frame.bytes), 4);
		chain = codec_chain(&frame, &chain, length);
		memcpy(frame.bytes + CODEC_AT_CHAIN, chain.bytes, HASH_SIZE);
		memcpy(journal + at, frame.bytes, length);
	}
	return count;
}

int main(int argc, char **argv)
{
	cleanup_fd int dir_fd = argc == 4 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	cleanup_fd int fd = dir_fd < 0 ? -1 : openat(dir_fd, "journal", O_RDWR | O_CLOEXEC);
	const char *session;
	ssize_t size;

	if (fd < 0 || strlen(argv[2]) != strlen(argv[3])) {
		(void)fprintf(stderr,
			      "forge_name: SESSION_DIR NAME OTHER, as long as each other\n");
		return 2;
	}
	session = strrchr(argv[1], '/') ? strrchr(argv[1], '/') + 1 : argv[1];
	size = pread(fd, journal, sizeof(journal), 0);
	if (size <= 0 || forge((size_t)size, session, argv[2], argv[3]) == 0)
		return 1;
	return pwrite(fd, journal, (size_t)size, 0) == size ? 0 : 1;
}
