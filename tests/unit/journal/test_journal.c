/* SPDX-License-Identifier: MIT */
/* Writer and reader together: order, ends, other sessions, and reading while it is written. */
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <errno.h>
#include <pthread.h>

#include "fs/base/cleanup.h"
#include "fs/base/lock.h"
#include "fs/journal/reader.h"
#include "fs/journal/writer.h"
#include "tests/unit/journal/sample_records.h"

#define OTHER_SESSION "20260102T030405.678Z-ffffffff"

static struct temp_dir dir;

static int setup(void **state)
{
	(void)state;
	return temp_dir_make(&dir);
}

static int teardown(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static struct journal_writer *create_writer(void)
{
	struct journal_writer *writer = NULL;

	assert_int_equal(journal_writer_create(dir.fd, SAMPLE_SESSION, &writer), 0);
	return writer;
}

static void append_unlink(struct journal_writer *writer, const char *path)
{
	struct journal_record record = { .type = JOURNAL_UNLINK,
					 .has = JOURNAL_HAS_PATH,
					 .path = path };

	assert_int_equal(journal_append(writer, &record), 0);
}

static enum journal_state count_records(const char *session, uint64_t *ret_count)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	const char *reason = NULL;
	int r;

	assert_int_equal(journal_reader_open(dir.fd, session, &reader), 0);
	*ret_count = 0;
	while ((r = journal_reader_next(reader, &record)) > 0)
		assert_int_equal(record.seq, ++*ret_count);
	assert_int_equal(r, 0);
	return journal_reader_state(reader, &reason);
}

static void every_type_is_read_back(void **state)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_writer *writer = create_writer();
	size_t count = 0;
	const struct codec_type *types = codec_types(&count);
	struct journal_record record;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct journal_record in = sample_record(&types[i]);
		bool is_own = in.type == JOURNAL_SESSION || in.type == JOURNAL_END;

		assert_int_equal(journal_append(writer, &in), is_own ? -EINVAL : 0);
	}
	assert_int_equal(journal_writer_close(writer), 0);
	assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), 0);
	for (size_t i = 0; i < count; i++) {
		struct journal_record in = sample_record(&types[i]);

		assert_int_equal(journal_reader_next(reader, &record), 1);
		assert_int_equal(record.seq, i + 1);
		assert_true(record.time_ns > 0);
		if (in.type != JOURNAL_SESSION && in.type != JOURNAL_END)
			assert_true(sample_is_equal(&in, &record));
	}
	assert_int_equal(journal_reader_next(reader, &record), 0);
	assert_int_equal(journal_reader_state(reader, NULL), JOURNAL_COMPLETE);
	assert_int_equal(journal_reader_next(reader, &record), 0);
}

static void the_file_is_private_and_as_long_as_the_writer_says(void **state)
{
	struct journal_writer *writer = create_writer();
	struct stat st;

	(void)state;
	append_unlink(writer, "a");
	assert_int_equal(fstatat(dir.fd, "journal", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(st.st_size, journal_writer_size(writer));
	assert_int_equal(journal_writer_close(writer), 0);
}

static void a_journal_without_end_is_open(void **state)
{
	struct journal_writer *writer = create_writer();
	uint64_t count = 0;

	(void)state;
	append_unlink(writer, "a");
	assert_int_equal(count_records(SAMPLE_SESSION, &count), JOURNAL_OPEN);
	assert_int_equal(count, 2);
	assert_true(lock_is_held(dir.fd, LOCK_SESSION_NAME));
	journal_writer_abandon(writer);
	assert_int_equal(count_records(SAMPLE_SESSION, &count), JOURNAL_OPEN);
	assert_false(lock_is_held(dir.fd, LOCK_SESSION_NAME));
}

static void a_second_writer_is_refused(void **state)
{
	struct journal_writer *writer = create_writer();
	struct journal_writer *second = NULL;

	(void)state;
	assert_int_equal(journal_writer_create(dir.fd, SAMPLE_SESSION, &second), -EBUSY);
	assert_int_equal(journal_writer_close(writer), 0);
	assert_int_equal(journal_writer_create(dir.fd, SAMPLE_SESSION, &second), -EEXIST);
	assert_null(second);
}

static void a_journal_of_another_session_is_refused(void **state)
{
	struct journal_writer *writer = create_writer();
	uint64_t count = 0;

	(void)state;
	append_unlink(writer, "a");
	assert_int_equal(journal_writer_close(writer), 0);
	assert_int_equal(count_records(OTHER_SESSION, &count), JOURNAL_DAMAGED);
	assert_int_equal(count, 0);
}

/* Bytes of a journal that names another session. */
static size_t read_all(const char *name, char *buf, size_t size)
{
	cleanup_fd int fd = openat(dir.fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, buf, size);

	assert_true(n > 0 && (size_t)n < size);
	return (size_t)n;
}

static void append_raw(const char *bytes, size_t len)
{
	cleanup_fd int fd = openat(dir.fd, "journal", O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_int_equal(write(fd, bytes, len), len);
}

static void a_record_of_another_session_does_not_verify(void **state)
{
	struct journal_writer *writer;
	char bytes[4096];
	size_t one;
	size_t two;
	uint64_t count = 0;

	(void)state;
	assert_int_equal(journal_writer_create(dir.fd, OTHER_SESSION, &writer), 0);
	one = journal_writer_size(writer);
	append_unlink(writer, "a");
	two = journal_writer_size(writer);
	journal_writer_abandon(writer);
	assert_int_equal(read_all("journal", bytes, sizeof(bytes)), two);
	assert_int_equal(unlinkat(dir.fd, "journal", 0), 0);
	journal_writer_abandon(create_writer());
	/* The right sequence number, a good header: only the chain tells. */
	append_raw(bytes + one, two - one);
	assert_int_equal(count_records(SAMPLE_SESSION, &count), JOURNAL_DAMAGED);
	assert_int_equal(count, 1);
}

static void any_byte_after_the_end_is_damage(void **state)
{
	struct journal_writer *writer = create_writer();
	uint64_t count = 0;

	(void)state;
	assert_int_equal(journal_writer_close(writer), 0);
	append_raw("", 1);
	assert_int_equal(count_records(SAMPLE_SESSION, &count), JOURNAL_DAMAGED);
	assert_int_equal(count, 2);
}

static void a_reader_goes_on_where_the_writer_went_on(void **state)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_writer *writer = create_writer();
	struct journal_record record;

	(void)state;
	assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), 0);
	assert_int_equal(journal_reader_next(reader, &record), 1);
	assert_int_equal(journal_reader_next(reader, &record), 0);
	assert_int_equal(journal_reader_state(reader, NULL), JOURNAL_OPEN);
	append_unlink(writer, "later");
	assert_int_equal(journal_reader_next(reader, &record), 1);
	assert_string_equal(record.path, "later");
	assert_int_equal(journal_writer_close(writer), 0);
	assert_int_equal(journal_reader_next(reader, &record), 1);
	assert_int_equal(record.type, JOURNAL_END);
	assert_int_equal(journal_reader_next(reader, &record), 0);
	assert_int_equal(journal_reader_state(reader, NULL), JOURNAL_COMPLETE);
}

#define THREADS 4
#define EACH    2000

static void *write_many(void *arg)
{
	struct journal_writer *writer = arg;
	char name[200];

	memset(name, 'n', sizeof(name) - 1);
	for (int i = 0; i < EACH; i++) {
		struct journal_record record = { .type = JOURNAL_UNLINK,
						 .has = JOURNAL_HAS_PATH,
						 .path = name };

		name[i % 199 + 1] = '\0';
		if (journal_append(writer, &record) < 0)
			return writer;
		name[i % 199 + 1] = 'n';
		if (i % 100 == 0 && journal_sync(writer) < 0)
			return writer;
	}
	return NULL;
}

static void records_of_several_threads_are_read_while_they_are_written(void **state)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_writer *writer = create_writer();
	pthread_t threads[THREADS];
	struct journal_record record;
	uint64_t seen = 0;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, writer), 0);
	assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), 0);
	while (seen < THREADS * EACH + 1) {
		int r = journal_reader_next(reader, &record);

		assert_true(r >= 0);
		if (r > 0)
			assert_int_equal(record.seq, ++seen);
		else
			assert_int_not_equal(journal_reader_state(reader, NULL), JOURNAL_DAMAGED);
	}
	for (int i = 0; i < THREADS; i++) {
		void *result = NULL;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
	assert_int_equal(journal_writer_close(writer), 0);
	assert_int_equal(journal_reader_next(reader, &record), 1);
	assert_int_equal(record.type, JOURNAL_END);
}

static void what_is_no_journal_is_told_apart(void **state)
{
	struct journal_reader *reader = NULL;
	uint64_t count = 0;

	(void)state;
	assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), -ENOENT);
	assert_int_equal(temp_dir_write(&dir, "journal", "claudefs and more of it"), 0);
	assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), -EBADMSG);
	assert_int_equal(temp_dir_write(&dir, "journal", ""), 0);
	assert_int_equal(count_records(SAMPLE_SESSION, &count), JOURNAL_TORN);
	assert_int_equal(unlinkat(dir.fd, "journal", 0), 0);
	assert_int_equal(symlinkat("elsewhere", dir.fd, "journal"), 0);
	assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), -EBADMSG);
	assert_int_equal(unlinkat(dir.fd, "journal", 0), 0);
	assert_int_equal(mkfifoat(dir.fd, "journal", 0600), 0);
	assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), -EBADMSG);
}

static void a_newer_format_is_told_from_damage(void **state)
{
	uint8_t header[CODEC_FILE_HEADER_SIZE];
	struct journal_reader *reader = NULL;
	uint32_t check;

	(void)state;
	codec_put_file_header(header);
	journal_writer_abandon(create_writer());
	header[8] = JOURNAL_FORMAT_VERSION + 1;
	for (int has_check = 0; has_check < 2; has_check++) {
		cleanup_fd int fd = openat(dir.fd, "journal", O_WRONLY | O_CLOEXEC);

		check = codec_file_check(header);
		if (has_check)
			memcpy(header + 12, &check, 4);
		assert_int_equal(pwrite(fd, header, sizeof(header), 0), sizeof(header));
		assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader),
				 has_check ? -EPROTONOSUPPORT : -EBADMSG);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_type_is_read_back),
		TEST(the_file_is_private_and_as_long_as_the_writer_says),
		TEST(a_journal_without_end_is_open),
		TEST(a_second_writer_is_refused),
		TEST(a_journal_of_another_session_is_refused),
		TEST(a_record_of_another_session_does_not_verify),
		TEST(any_byte_after_the_end_is_damage),
		TEST(a_reader_goes_on_where_the_writer_went_on),
		TEST(records_of_several_threads_are_read_while_they_are_written),
		TEST(what_is_no_journal_is_told_apart),
		TEST(a_newer_format_is_told_from_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
