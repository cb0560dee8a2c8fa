/* SPDX-License-Identifier: MIT */
/* A journal that was cut, flipped or never wholly written: what is read is a prefix of what was
 * written, unchanged, and the state tells why it ends. */
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <errno.h>

#include "fs/base/cleanup.h"
#include "fs/journal/little_endian.h"
#include "fs/journal/reader.h"
#include "fs/journal/writer.h"
#include "tests/unit/journal/sample_records.h"

#define RECORDS_MAX 32

static struct temp_dir dir;
static uint8_t bytes[64u << 10]; /* of a journal with a record of every type */
static size_t size;
static size_t ends[RECORDS_MAX]; /* offset behind each record */
static size_t count;

static int setup(void **state)
{
	struct journal_writer *writer = NULL;
	size_t type_count = 0;
	const struct codec_type *types = codec_types(&type_count);
	cleanup_fd int fd = -1;

	(void)state;
	if (temp_dir_make(&dir) < 0 || journal_writer_create(dir.fd, SAMPLE_SESSION, &writer) < 0)
		return -1;
	ends[count++] = journal_writer_size(writer);
	for (size_t i = 0; i < type_count; i++) {
		struct journal_record record = sample_record(&types[i]);

		if (record.type == JOURNAL_SESSION || record.type == JOURNAL_END)
			continue;
		if (journal_append(writer, &record) < 0)
			return -1;
		ends[count++] = journal_writer_size(writer);
	}
	if (journal_writer_close(writer) < 0)
		return -1;
	fd = openat(dir.fd, "journal", O_RDONLY | O_CLOEXEC);
	size = (size_t)read(fd, bytes, sizeof(bytes));
	ends[count++] = size;
	return size > 0 && size < sizeof(bytes) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static void write_file(const uint8_t *data, size_t len)
{
	cleanup_fd int fd =
		openat(dir.fd, "journal", O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, data, len), len);
}

static bool is_record(size_t index, const struct journal_record *record)
{
	const struct codec_type *type = codec_type_of((unsigned int)index + 1);
	struct journal_record expected = sample_record(type);

	if (record->type == JOURNAL_SESSION || record->type == JOURNAL_END)
		expected.has = type->needs;
	return record->seq == index + 1 && sample_is_equal(&expected, record);
}

/* How many records are read; each must be the one that was written. */
static size_t read_file(enum journal_state *ret_state)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	size_t n = 0;
	int r;

	r = journal_reader_open(dir.fd, SAMPLE_SESSION, &reader);
	if (r == -EBADMSG) {
		*ret_state = JOURNAL_DAMAGED;
		return 0;
	}
	assert_int_equal(r, 0);
	while ((r = journal_reader_next(reader, &record)) > 0)
		assert_true(is_record(n++, &record));
	assert_int_equal(r, 0);
	*ret_state = journal_reader_state(reader, NULL);
	if (n > 0)
		assert_int_equal(journal_reader_offset(reader), ends[n - 1]);
	return n;
}

static size_t whole_records_in(size_t len)
{
	size_t n = 0;

	while (n < count && ends[n] <= len)
		n++;
	return n;
}

static void a_cut_at_any_byte_yields_the_whole_records_before_it(void **state)
{
	(void)state;
	for (size_t len = 0; len <= size; len++) {
		size_t whole = whole_records_in(len);
		bool is_boundary = len == CODEC_FILE_HEADER_SIZE ||
				   (whole > 0 && ends[whole - 1] == len);
		enum journal_state end = JOURNAL_DAMAGED;

		write_file(bytes, len);
		assert_int_equal(read_file(&end), whole);
		if (len == size)
			assert_int_equal(end, JOURNAL_COMPLETE);
		else
			assert_int_equal(end, is_boundary ? JOURNAL_OPEN : JOURNAL_TORN);
	}
}

static void a_flip_of_any_bit_is_named_and_what_precedes_it_kept(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * size; bit++) {
		size_t at = bit / 8;
		uint8_t mask = (uint8_t)(1u << (bit % 8));
		enum journal_state end = JOURNAL_COMPLETE;
		size_t n;

		bytes[at] ^= mask;
		write_file(bytes, size);
		bytes[at] ^= mask;
		n = read_file(&end);
		assert_int_equal(end, JOURNAL_DAMAGED);
		assert_int_equal(n, whole_records_in(at));
	}
}

/* A flip in a journal whose end was lost too must not turn into a torn tail that hides it. */
static void a_flip_before_a_torn_tail_is_damage(void **state)
{
	size_t at = ends[2] + 5;
	enum journal_state end = JOURNAL_COMPLETE;

	(void)state;
	bytes[at] ^= 0x40; /* of the length: the record seems to be longer than the file */
	write_file(bytes, size - 3);
	bytes[at] ^= 0x40;
	assert_int_equal(read_file(&end), 3);
	assert_int_equal(end, JOURNAL_DAMAGED);
}

static void removed_repeated_and_swapped_records_are_damage(void **state)
{
	uint8_t copy[sizeof(bytes)];
	size_t first = ends[2];
	size_t second = ends[3];
	size_t third = ends[4];
	enum journal_state end = JOURNAL_COMPLETE;
	size_t len = 0;

	(void)state;
	memcpy(copy, bytes, first);
	memcpy(copy + first, bytes + second, size - second);
	write_file(copy, size - (second - first));
	assert_int_equal(read_file(&end), 3);
	assert_int_equal(end, JOURNAL_DAMAGED);

	memcpy(copy, bytes, second);
	memcpy(copy + second, bytes + first, size - first);
	write_file(copy, size + (second - first));
	assert_int_equal(read_file(&end), 4);
	assert_int_equal(end, JOURNAL_DAMAGED);

	memcpy(copy, bytes, size);
	len = third - second;
	memcpy(copy + first, bytes + second, len);
	memcpy(copy + first + len, bytes + first, second - first);
	write_file(copy, size);
	assert_int_equal(read_file(&end), 3);
	assert_int_equal(end, JOURNAL_DAMAGED);
}

/* What a power loss leaves: the length is there, the last blocks are not. */
static void zeros_in_place_of_the_last_blocks_are_a_torn_tail(void **state)
{
	uint8_t copy[sizeof(bytes)] = { 0 };
	enum journal_state end = JOURNAL_COMPLETE;

	(void)state;
	for (size_t from = 0; from < size; from += 512) {
		memcpy(copy, bytes, from);
		memset(copy + from, 0, sizeof(copy) - from);
		write_file(copy, size);
		assert_int_equal(read_file(&end), whole_records_in(from));
		assert_int_equal(end, JOURNAL_TORN);
		write_file(copy, sizeof(copy));
		assert_int_equal(read_file(&end), whole_records_in(from));
		assert_int_equal(end, JOURNAL_TORN);
	}
	/* Right behind a record: no block boundary needed. */
	for (size_t i = 0; i + 1 < count; i++) {
		memcpy(copy, bytes, ends[i]);
		memset(copy + ends[i], 0, 10);
		write_file(copy, ends[i] + 10);
		assert_int_equal(read_file(&end), i + 1);
		assert_int_equal(end, JOURNAL_TORN);
	}
}

/* What a writer does that ran out of space: half a record goes, another comes in its place. */
static void a_half_record_that_was_replaced_is_read_as_the_new_one(void **state)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	uint8_t copy[sizeof(bytes)];
	size_t half = ends[1] + CODEC_HEADER_SIZE + 5;

	(void)state;
	memcpy(copy, bytes, size);
	memset(copy + ends[1] + CODEC_AT_TIME, 0x55, 8);
	memset(copy + ends[1] + CODEC_HEADER_SIZE, 0x55, 5);
	put_le(copy + ends[1] + CODEC_AT_CHECK, codec_header_check(copy + ends[1]), 4);
	write_file(copy, half);
	assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(journal_reader_next(reader, &record), 1);
	assert_int_equal(journal_reader_next(reader, &record), 0);
	assert_int_equal(journal_reader_state(reader, NULL), JOURNAL_TORN);
	write_file(bytes, size);
	for (size_t i = 2; i < count; i++) {
		assert_int_equal(journal_reader_next(reader, &record), 1);
		assert_true(is_record(i, &record));
	}
	assert_int_equal(journal_reader_next(reader, &record), 0);
	assert_int_equal(journal_reader_state(reader, NULL), JOURNAL_COMPLETE);
}

static void zeros_with_something_behind_them_are_damage(void **state)
{
	uint8_t copy[sizeof(bytes)];
	enum journal_state end = JOURNAL_COMPLETE;

	(void)state;
	memcpy(copy, bytes, size);
	memset(copy + 512, 0, 512);
	write_file(copy, size);
	assert_int_equal(read_file(&end), whole_records_in(512));
	assert_int_equal(end, JOURNAL_DAMAGED);
	/* Zeros behind END were never a record. */
	memcpy(copy, bytes, size);
	memset(copy + size, 0, 600);
	write_file(copy, size + 600);
	assert_int_equal(read_file(&end), count);
	assert_int_equal(end, JOURNAL_DAMAGED);
}

/* A frame with good check and chain, as only a forger writes it. */
static size_t forge(uint8_t *out, size_t at, unsigned int type, uint64_t seq, size_t length)
{
	static struct codec_frame frame;
	struct hash chain = codec_seed(SAMPLE_SESSION);
	size_t copied = length < JOURNAL_RECORD_MAX ? length : JOURNAL_RECORD_MAX;

	if (copied < CODEC_HEADER_SIZE)
		copied = CODEC_HEADER_SIZE;
	if (at > CODEC_FILE_HEADER_SIZE)
		memcpy(chain.bytes, bytes + CODEC_FILE_HEADER_SIZE + CODEC_AT_CHAIN, HASH_SIZE);
	memset(&frame, 0, sizeof(frame));
	put_le(frame.bytes + CODEC_AT_MAGIC, CODEC_MAGIC, 4);
	put_le(frame.bytes + CODEC_AT_LENGTH, length, 4);
	put_le(frame.bytes + CODEC_AT_TYPE, type, 2);
	put_le(frame.bytes + CODEC_AT_SEQ, seq, 8);
	put_le(frame.bytes + CODEC_AT_CHECK, codec_header_check(frame.bytes), 4);
	chain = codec_chain(&frame, &chain, copied);
	memcpy(frame.bytes + CODEC_AT_CHAIN, chain.bytes, HASH_SIZE);
	memcpy(out + at, frame.bytes, copied);
	return at + copied;
}

static void forged_frames_are_damage(void **state)
{
	static const struct {
		unsigned int type;
		uint64_t seq;
		size_t length;
		size_t records; /* read */
	} cases[] = {
		{ JOURNAL_END, 2, CODEC_HEADER_SIZE, 2 }, /* this one is good */
		{ JOURNAL_END, 3, CODEC_HEADER_SIZE, 1 },
		{ JOURNAL_END, 1, CODEC_HEADER_SIZE, 1 },
		{ JOURNAL_END, 2, CODEC_HEADER_SIZE + 4, 1 },
		{ JOURNAL_SESSION, 2, CODEC_HEADER_SIZE, 1 },
		{ JOURNAL_UNLINK, 2, CODEC_HEADER_SIZE, 1 },
		{ 0, 2, CODEC_HEADER_SIZE, 1 },
		{ JOURNAL_TYPE_LAST + 1, 2, CODEC_HEADER_SIZE, 1 },
		{ JOURNAL_END, 2, CODEC_HEADER_SIZE - 1, 1 },
		{ JOURNAL_END, 2, 0, 1 },
		{ JOURNAL_END, 2, JOURNAL_RECORD_MAX + 1, 1 },
		{ JOURNAL_END, 2, UINT32_MAX, 1 },
	};
	static uint8_t copy[2 * JOURNAL_RECORD_MAX];
	enum journal_state end = JOURNAL_COMPLETE;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_journal_reader struct journal_reader *reader = NULL;
		struct journal_record record;
		size_t n = 0;
		size_t len;

		memcpy(copy, bytes, ends[0]);
		len = forge(copy, ends[0], cases[i].type, cases[i].seq, cases[i].length);
		write_file(copy, len);
		assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), 0);
		while (journal_reader_next(reader, &record) > 0)
			n++;
		assert_int_equal(n, cases[i].records);
		end = journal_reader_state(reader, NULL);
		assert_int_equal(end, n == 2 ? JOURNAL_COMPLETE : JOURNAL_DAMAGED);
	}
	/* A journal whose first record is not SESSION. */
	memcpy(copy, bytes, CODEC_FILE_HEADER_SIZE);
	write_file(copy, forge(copy, CODEC_FILE_HEADER_SIZE, JOURNAL_END, 1, CODEC_HEADER_SIZE));
	assert_int_equal(read_file(&end), 0);
	assert_int_equal(end, JOURNAL_DAMAGED);
}

/* The chain begins at the right session, but the record names another. */
static void a_forged_name_of_the_session_is_damage(void **state)
{
	static struct codec_frame frame;
	struct hash seed = codec_seed(SAMPLE_SESSION);
	struct journal_record record = {
		.type = JOURNAL_SESSION,
		.has = JOURNAL_HAS_SESSION | JOURNAL_HAS_VERSION,
		.seq = 1,
		.version = JOURNAL_FORMAT_VERSION,
	};
	uint8_t copy[1024];
	enum journal_state end = JOURNAL_COMPLETE;
	struct hash chain;
	int len;

	(void)state;
	memcpy(copy, bytes, CODEC_FILE_HEADER_SIZE);
	for (int is_good = 0; is_good < 2; is_good++) {
		record.session = is_good ? SAMPLE_SESSION : "20260102T030405.678Z-ffffffff";
		len = codec_encode(&record, &seed, &frame, &chain);
		assert_true(len > 0 && len < 512);
		memcpy(copy + CODEC_FILE_HEADER_SIZE, frame.bytes, (size_t)len);
		write_file(copy, CODEC_FILE_HEADER_SIZE + (size_t)len);
		assert_int_equal(read_file(&end), is_good);
		assert_int_equal(end, is_good ? JOURNAL_OPEN : JOURNAL_DAMAGED);
	}
	record.version++;
	len = codec_encode(&record, &seed, &frame, &chain);
	memcpy(copy + CODEC_FILE_HEADER_SIZE, frame.bytes, (size_t)len);
	write_file(copy, CODEC_FILE_HEADER_SIZE + (size_t)len);
	assert_int_equal(read_file(&end), 0);
	assert_int_equal(end, JOURNAL_DAMAGED);
}

static void damage_is_said_in_one_line(void **state)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	const char *reason = NULL;

	(void)state;
	bytes[ends[1] + 60] ^= 1;
	write_file(bytes, size);
	bytes[ends[1] + 60] ^= 1;
	assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), 0);
	while (journal_reader_next(reader, &record) > 0)
		;
	assert_int_equal(journal_reader_state(reader, &reason), JOURNAL_DAMAGED);
	assert_string_equal(reason, "a record does not verify");
	assert_int_equal(journal_reader_offset(reader), ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut_at_any_byte_yields_the_whole_records_before_it),
		cmocka_unit_test(a_flip_of_any_bit_is_named_and_what_precedes_it_kept),
		cmocka_unit_test(a_flip_before_a_torn_tail_is_damage),
		cmocka_unit_test(removed_repeated_and_swapped_records_are_damage),
		cmocka_unit_test(zeros_in_place_of_the_last_blocks_are_a_torn_tail),
		cmocka_unit_test(a_half_record_that_was_replaced_is_read_as_the_new_one),
		cmocka_unit_test(zeros_with_something_behind_them_are_damage),
		cmocka_unit_test(forged_frames_are_damage),
		cmocka_unit_test(a_forged_name_of_the_session_is_damage),
		cmocka_unit_test(damage_is_said_in_one_line),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
