/* SPDX-License-Identifier: MIT */
/* Records as bytes and back; what may not be in one is refused on both ways. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/journal/little_endian.h"
#include "tests/unit/journal/sample_records.h"

static struct codec_frame frame;
static char arena[CODEC_ARENA_SIZE];
static const struct hash zero_chain;

static int encode(const struct journal_record *record)
{
	struct hash chain;

	return codec_encode(record, &zero_chain, &frame, &chain);
}

static int decode(size_t length, struct journal_record *ret)
{
	return codec_decode(frame.bytes, length, arena, ret);
}

static struct journal_record record_of(enum journal_type type)
{
	return sample_record(codec_type_of((unsigned int)type));
}

static void tables_are_in_order_and_complete(void **state)
{
	size_t count = 0;
	const struct codec_field *fields = codec_fields(&count);
	const struct codec_type *types;
	uint32_t bits = 0;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(fields[i].tag, i + 1);
		assert_int_equal(bits & fields[i].bit, 0);
		bits |= (uint32_t)fields[i].bit;
	}
	assert_int_equal(bits, (JOURNAL_HAS_SAMPLED << 1) - 1);
	types = codec_types(&count);
	assert_int_equal(count, JOURNAL_TYPE_LAST);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(types[i].type, i + 1);
		assert_string_equal(journal_type_name(types[i].type), types[i].name);
		assert_int_equal(types[i].needs & types[i].may, 0);
	}
	assert_null(codec_type_of(0));
	assert_null(codec_type_of(JOURNAL_TYPE_LAST + 1));
	assert_string_equal(journal_type_name((enum journal_type)0), "unknown");
}

static void every_type_survives_the_round_trip_with_all_fields(void **state)
{
	size_t count = 0;
	const struct codec_type *types = codec_types(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct journal_record in = sample_record(&types[i]);
		struct journal_record out;
		int len;

		in.seq = 5;
		in.time_ns = 6;
		len = encode(&in);
		assert_true(len > 0);
		assert_int_equal(decode((size_t)len, &out), 0);
		assert_true(sample_is_equal(&in, &out));
		assert_int_equal(out.seq, 5);
		assert_int_equal(out.time_ns, 6);
	}
}

/* All sets of up to three fields would be many; every single field taken away or added will do. */
static void missing_and_superfluous_fields_are_refused(void **state)
{
	size_t type_count = 0;
	size_t count = 0;
	const struct codec_type *types = codec_types(&type_count);
	const struct codec_field *fields = codec_fields(&count);

	(void)state;
	for (size_t i = 0; i < type_count; i++) {
		uint32_t all = sample_has(&types[i]);

		for (size_t k = 0; k < count; k++) {
			struct journal_record record = sample_record(&types[i]);
			uint32_t bit = (uint32_t)fields[k].bit;
			bool may_flip = (all & bit) &&
					!((types[i].needs | types[i].together) & bit);

			record.has = all ^ bit;
			if (may_flip)
				assert_true(encode(&record) > 0);
			else
				assert_int_equal(encode(&record), -EINVAL);
		}
	}
}

static void fields_of_a_file_come_together(void **state)
{
	struct journal_record record = record_of(JOURNAL_COPY_UP);

	(void)state;
	record.has = JOURNAL_HAS_PATH | JOURNAL_HAS_MODE;
	assert_true(encode(&record) > 0);
	record.has |= JOURNAL_HAS_OBJECT;
	assert_int_equal(encode(&record), -EINVAL);
	record = record_of(JOURNAL_SET_ATTR);
	record.has = JOURNAL_HAS_MODE;
	assert_int_equal(encode(&record), -EINVAL);
	record.has |= JOURNAL_HAS_OBJECT;
	assert_true(encode(&record) > 0);
}

static void the_same_is_refused_when_it_is_read(void **state)
{
	struct journal_record record = record_of(JOURNAL_UNLINK);
	struct journal_record out;
	int len = encode(&record);

	(void)state;
	/* An UNLINK's bytes under the name of an END (which has no path), and of nothing at all. */
	assert_int_equal(decode((size_t)len, &out), 0);
	put_le(frame.bytes + CODEC_AT_TYPE, JOURNAL_END, 2);
	assert_int_equal(decode((size_t)len, &out), -EBADMSG);
	put_le(frame.bytes + CODEC_AT_TYPE, JOURNAL_RENAME, 2);
	assert_int_equal(decode((size_t)len, &out), -EBADMSG);
	put_le(frame.bytes + CODEC_AT_TYPE, 0, 2);
	assert_int_equal(decode((size_t)len, &out), -EBADMSG);
	put_le(frame.bytes + CODEC_AT_TYPE, JOURNAL_TYPE_LAST + 1, 2);
	assert_int_equal(decode((size_t)len, &out), -EBADMSG);
}

static void names_that_escape_are_refused_when_written(void **state)
{
	static const char *const bad[] = { "..", "a/../b", "/a", "a/", "a//b", ".", "a/.", NULL };
	char long_name[PATH_NAME_MAX + 2];
	struct journal_record record = record_of(JOURNAL_UNLINK);

	(void)state;
	for (size_t i = 0; bad[i]; i++) {
		record.path = bad[i];
		assert_int_equal(encode(&record), -EINVAL);
	}
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	record.path = long_name;
	assert_int_equal(encode(&record), -EINVAL);
	long_name[PATH_NAME_MAX] = '\0';
	assert_true(encode(&record) > 0);
	record.path = "";
	assert_true(encode(&record) > 0);
	record.path = NULL;
	assert_int_equal(encode(&record), -EINVAL);
}

/* One UNLINK (without process) whose path field holds these bytes, as a forger would write it. */
static int decode_forged_path(const char *bytes, size_t len, struct journal_record *ret)
{
	memset(frame.bytes, 0, CODEC_HEADER_SIZE);
	put_le(frame.bytes + CODEC_AT_TYPE, JOURNAL_UNLINK, 2);
	put_le(frame.bytes + CODEC_HEADER_SIZE, 8, 2);
	put_le(frame.bytes + CODEC_HEADER_SIZE + 2, len, 2);
	memcpy(frame.bytes + CODEC_HEADER_SIZE + 4, bytes, len);
	return decode(CODEC_HEADER_SIZE + 4 + len, ret);
}

static void forged_names_are_refused_when_read(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "\x02..", 3 },
		{ "\x01.", 2 },
		{ "\x03"
		  "a/b",
		  4 },
		{ "\x03"
		  "a\0b",
		  4 },
		{ "\x00", 1 },
		{ "\x01"
		  "a\x00",
		  3 },
		{ "\x05"
		  "abcd",
		  5 },
		{ "\x01"
		  "a\x02"
		  "..",
		  5 },
		{ "\xff"
		  "a",
		  2 },
		{ "\x01/", 2 },
	};
	struct journal_record out;

	(void)state;
	assert_int_equal(decode_forged_path("\x01"
					    "a\x02"
					    "bc",
					    5, &out),
			 0);
	assert_string_equal(out.path, "a/bc");
	assert_int_equal(decode_forged_path("", 0, &out), 0);
	assert_string_equal(out.path, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(decode_forged_path(bad[i].bytes, bad[i].len, &out), -EBADMSG);
}

static void a_forged_path_beyond_the_limit_is_refused(void **state)
{
	char bytes[PATH_BYTES_MAX + 3];
	struct journal_record out;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i += 2) {
		bytes[i] = 1;
		if (i + 1 < sizeof(bytes))
			bytes[i + 1] = 'a';
	}
	assert_int_equal(decode_forged_path(bytes, PATH_BYTES_MAX, &out), 0);
	assert_int_equal(decode_forged_path(bytes, PATH_BYTES_MAX + 2, &out), -EBADMSG);
}

static void forged_fields_are_refused_when_read(void **state)
{
	static const struct {
		uint8_t fields[40];
		size_t len;
	} bad[] = {
		/* truncated head; length beyond the record; tag 0; unknown tag */
		{ { 8, 0, 1 }, 3 },
		{ { 8, 0, 9, 0, 1, 'a' }, 6 },
		{ { 0, 0, 0, 0, 8, 0, 2, 0, 1, 'a' }, 10 },
		{ { 8, 0, 2, 0, 1, 'a', 23, 0, 0, 0 }, 10 },
		/* the same tag twice; tags out of order; a number too short; process 0 */
		{ { 8, 0, 2, 0, 1, 'a', 8, 0, 2, 0, 1, 'b' }, 12 },
		{ { 8, 0, 2, 0, 1, 'a', 3, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0 }, 18 },
		{ { 3, 0, 4, 0, 1, 0, 0, 0, 8, 0, 2, 0, 1, 'a' }, 14 },
		{ { 3, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 2, 0, 1, 'a' }, 18 },
		/* a flag with bytes */
		{ { 8, 0, 2, 0, 1, 'a', 22, 0, 1, 0, 1 }, 11 },
	};
	struct journal_record out;

	(void)state;
	memset(frame.bytes, 0, CODEC_HEADER_SIZE);
	put_le(frame.bytes + CODEC_AT_TYPE, JOURNAL_UNLINK, 2);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(frame.bytes + CODEC_HEADER_SIZE, bad[i].fields, bad[i].len);
		assert_int_equal(decode(CODEC_HEADER_SIZE + bad[i].len, &out), -EBADMSG);
	}
}

static void forged_strings_are_refused_when_read(void **state)
{
	struct journal_record record = record_of(JOURNAL_REFUSE);
	struct journal_record out;
	uint8_t *string = frame.bytes + CODEC_HEADER_SIZE + 4;

	(void)state;
	record.has = JOURNAL_HAS_OPERATION | JOURNAL_HAS_ERROR;
	record.operation = "symlink";
	assert_true(encode(&record) > 0);
	assert_int_equal(decode(CODEC_HEADER_SIZE + 4 + 7 + 8, &out), 0);
	string[3] = '\0';
	assert_int_equal(decode(CODEC_HEADER_SIZE + 4 + 7 + 8, &out), -EBADMSG);
	for (size_t len = JOURNAL_OPERATION_MAX; len <= JOURNAL_OPERATION_MAX + 1; len++) {
		static const uint8_t error[8] = { 21, 0, 4, 0, 1 };

		put_le(string - 2, len, 2);
		memset(string, 'x', len);
		memcpy(string + len, error, sizeof(error));
		assert_int_equal(decode(CODEC_HEADER_SIZE + 4 + len + 8, &out),
				 len > JOURNAL_OPERATION_MAX ? -EBADMSG : 0);
	}
}

static void long_commands_are_cut_and_other_long_strings_refused(void **state)
{
	struct journal_record record = record_of(JOURNAL_PROCESS);
	char text[JOURNAL_COMMAND_MAX + 100];
	struct journal_record out;
	int len;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	record.command = text;
	record.exe = text;
	len = encode(&record);
	assert_true(len > 0);
	assert_int_equal(decode((size_t)len, &out), 0);
	assert_int_equal(strlen(out.command), JOURNAL_COMMAND_MAX);
	assert_int_equal(strlen(out.exe), JOURNAL_COMMAND_MAX);
	record = record_of(JOURNAL_REFUSE);
	record.operation = text;
	assert_int_equal(encode(&record), -EINVAL);
}

static void object_zero_does_not_exist(void **state)
{
	struct journal_record record = record_of(JOURNAL_LINK);

	(void)state;
	record.object = 0;
	assert_int_equal(encode(&record), -EINVAL);
	/* Process 0 is the daemon: not written. */
	record.object = 1;
	record.process = 0;
	assert_true(encode(&record) > 0);
	record = record_of(JOURNAL_PROCESS);
	record.process = 0;
	assert_int_equal(encode(&record), -EINVAL);
}

static void the_longest_rename_fits(void **state)
{
	struct journal_record record = record_of(JOURNAL_RENAME);
	char path[PATH_BYTES_MAX + 1];
	struct journal_record out;
	int len;

	(void)state;
	for (size_t i = 0; i < PATH_BYTES_MAX; i++)
		path[i] = i % 2 ? '/' : 'a';
	path[PATH_BYTES_MAX - 1] = 'b';
	path[PATH_BYTES_MAX] = '\0';
	record.path = path;
	record.to = path;
	len = encode(&record);
	assert_true(len > 0);
	assert_int_equal(decode((size_t)len, &out), 0);
	assert_string_equal(out.path, path);
	assert_string_equal(out.to, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_in_order_and_complete),
		cmocka_unit_test(every_type_survives_the_round_trip_with_all_fields),
		cmocka_unit_test(missing_and_superfluous_fields_are_refused),
		cmocka_unit_test(fields_of_a_file_come_together),
		cmocka_unit_test(the_same_is_refused_when_it_is_read),
		cmocka_unit_test(names_that_escape_are_refused_when_written),
		cmocka_unit_test(forged_names_are_refused_when_read),
		cmocka_unit_test(a_forged_path_beyond_the_limit_is_refused),
		cmocka_unit_test(forged_fields_are_refused_when_read),
		cmocka_unit_test(forged_strings_are_refused_when_read),
		cmocka_unit_test(long_commands_are_cut_and_other_long_strings_refused),
		cmocka_unit_test(object_zero_does_not_exist),
		cmocka_unit_test(the_longest_rename_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
