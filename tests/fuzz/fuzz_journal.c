/* SPDX-License-Identifier: MIT */
/* A journal of any bytes. Whatever record is accepted re-encodes to the bytes it was read from, so
 * that no record has two spellings. A fuzzer cannot guess digests: with a first byte of 1 the rest
 * is taken as the file's content and the checks and the chain are put in before it is read. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/journal/codec.h"
#include "fs/journal/little_endian.h"
#include "fs/journal/reader.h"
#include "tests/fuzz/fuzz.h"

static struct codec_frame frame;

/* Makes every record's header check and chain right, as far as lengths lead. */
static void mend(uint8_t *bytes, size_t size)
{
	struct hash chain = codec_seed(FUZZ_SESSION);
	size_t at = CODEC_FILE_HEADER_SIZE;
	uint64_t seq = 1;

	if (size >= CODEC_FILE_HEADER_SIZE)
		codec_put_file_header(bytes);
	while (size > at && size - at >= CODEC_HEADER_SIZE) {
		uint8_t *record = bytes + at;
		size_t length = get_le32(record + CODEC_AT_LENGTH) % (2 * JOURNAL_RECORD_MAX);

		put_le(record + CODEC_AT_MAGIC, CODEC_MAGIC, 4);
		put_le(record + CODEC_AT_ZERO, 0, 2);
		put_le(record + CODEC_AT_SEQ, seq++, 8);
		put_le(record + CODEC_AT_CHECK, codec_header_check(record), 4);
		if (length < CODEC_HEADER_SIZE || length > JOURNAL_RECORD_MAX || length > size - at)
			return;
		memcpy(frame.bytes, record, length);
		chain = codec_chain(&frame, &chain, length);
		memcpy(record + CODEC_AT_CHAIN, chain.bytes, HASH_SIZE);
		at += length;
	}
}

/* Reads all of it; each record must be the bytes between the offsets before and behind it. */
static size_t read_all(const uint8_t *bytes, size_t size)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct hash chain = codec_seed(FUZZ_SESSION);
	struct journal_record record;
	enum journal_state state;
	size_t count = 0;

	if (journal_reader_open(fuzz_dir(), FUZZ_SESSION, &reader) < 0)
		return 0;
	for (;;) {
		uint64_t from = journal_reader_offset(reader);
		uint64_t to;
		int r = journal_reader_next(reader, &record);
		int length;

		FUZZ_CHECK(r >= 0);
		to = journal_reader_offset(reader);
		FUZZ_CHECK(to <= size);
		if (r == 0)
			break;
		/* The header of the file is passed over by the first call where it was incomplete.
		 */
		from = from < CODEC_FILE_HEADER_SIZE ? CODEC_FILE_HEADER_SIZE : from;
		length = codec_encode(&record, &chain, &frame, &chain);
		FUZZ_CHECK(length > 0 && (uint64_t)length == to - from);
		FUZZ_CHECK(memcmp(frame.bytes, bytes + from, (size_t)length) == 0);
		FUZZ_CHECK(record.seq == ++count);
		FUZZ_CHECK(!(record.has & JOURNAL_HAS_PATH) || path_is_valid(record.path));
		FUZZ_CHECK(!(record.has & JOURNAL_HAS_TO) || path_is_valid(record.to));
	}
	state = journal_reader_state(reader, NULL);
	FUZZ_CHECK(state != JOURNAL_COMPLETE || journal_reader_offset(reader) == size);
	FUZZ_CHECK(state != JOURNAL_OPEN || journal_reader_offset(reader) == size);
	FUZZ_CHECK(journal_reader_next(reader, &record) == 0);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *copy = NULL;
	bool is_mended = size > 0 && data[0] == 1;
	size_t count;

	if (size == 0)
		return 0;
	copy = fuzz_string(data + 1, size - 1);
	size--;
	if (is_mended)
		mend((uint8_t *)copy, size);
	fuzz_put_file("journal", copy, size);
	count = read_all((const uint8_t *)copy, size);
	/* A cut loses no more than the records it cuts. */
	if (size > CODEC_FILE_HEADER_SIZE) {
		fuzz_put_file("journal", copy, size - 1);
		FUZZ_CHECK(read_all((const uint8_t *)copy, size - 1) + 1 >= count);
	}
	return 0;
}
