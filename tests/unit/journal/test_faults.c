/* SPDX-License-Identifier: MIT */
/* Journal and objects when memory or the disk gives out at any call, and at the edges of what their
 * numbers can be: an error, never a journal that tells less than was acknowledged. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/journal/content_store.h"
#include "fs/journal/little_endian.h"
#include "fs/journal/reader.h"
#include "fs/journal/sample.h"
#include "fs/journal/writer.h"
#include "tests/lib/fault_call.h"
#include "tests/unit/journal/sample_records.h"
#include "tests/unit/temp_dir.h"

#define RECORDS 12u

static struct temp_dir dir;

static int set_up(void **state)
{
	(void)state;
	return temp_dir_make(&dir);
}

static int tear_down(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static void remove_journal(void)
{
	(void)unlinkat(dir.fd, "journal", 0);
	(void)unlinkat(dir.fd, "lock", 0);
}

static struct journal_record make_record(void)
{
	return (struct journal_record){
		.type = JOURNAL_MKDIR,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_MODE,
		.path = "a/b",
		.mode = 0700,
	};
}

/* Writes a journal. *ret_synced: how many records were acknowledged. */
static int write_journal(unsigned int *ret_synced)
{
	struct journal_writer *writer = NULL;
	int r = journal_writer_create(dir.fd, SAMPLE_SESSION, &writer);

	*ret_synced = 0;
	for (unsigned int i = 0; r == 0 && i < RECORDS; i++) {
		struct journal_record record = make_record();

		r = journal_append(writer, &record);
		if (r == 0)
			r = journal_sync(writer);
		if (r == 0)
			*ret_synced = i + 1;
	}
	if (r == 0)
		return journal_writer_close(writer);
	journal_writer_abandon(writer);
	return r;
}

/* Returns how many records of ours there are, or -errno. */
static int read_journal(enum journal_state *ret_state)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	int count = 0;
	int r = journal_reader_open(dir.fd, SAMPLE_SESSION, &reader);

	while (r == 0 && (r = journal_reader_next(reader, &record)) > 0) {
		count += record.type == JOURNAL_MKDIR;
		r = 0;
	}
	if (r < 0)
		return r;
	*ret_state = journal_reader_state(reader, NULL);
	return count;
}

static void what_was_synced_is_read_again_whatever_failed(void **state)
{
	static const struct {
		enum fault_kind kind;
		int error;
	} faults[] = { { FAULT_FILES, EIO },
		       { FAULT_FILES, ENOSPC },
		       { FAULT_FILES, EINTR },
		       { FAULT_MEMORY, ENOMEM } };

	(void)state;
	for (size_t i = 0; i < 2 * (sizeof(faults) / sizeof(faults[0])); i++) {
		bool is_sticky = i % 2 && faults[i / 2].error != EINTR;
		bool has_hit = true;

		for (unsigned int nth = 1; has_hit; nth++) {
			enum journal_state end = JOURNAL_DAMAGED;
			unsigned int synced = 0;
			int count;
			int r;

			remove_journal();
			fault_arm(faults[i / 2].kind, nth, faults[i / 2].error, is_sticky);
			r = write_journal(&synced);
			has_hit = fault_disarm();
			if (!has_hit || r == 0)
				assert_int_equal(synced, RECORDS);
			count = read_journal(&end);
			if (synced == 0)
				continue;
			assert_true(count >= (int)synced);
			assert_int_not_equal(end, JOURNAL_DAMAGED);
		}
	}
}

static void a_read_that_fails_is_no_end(void **state)
{
	unsigned int synced = 0;
	bool has_hit = true;

	(void)state;
	remove_journal();
	assert_int_equal(write_journal(&synced), 0);
	for (unsigned int nth = 1; has_hit || nth < 8; nth++) {
		enum journal_state end = JOURNAL_DAMAGED;
		int r;

		fault_arm(FAULT_FILES, nth, EIO, false);
		r = read_journal(&end);
		has_hit = fault_disarm();
		assert_int_equal(r, has_hit ? -EIO : (int)RECORDS);
		fault_arm(FAULT_MEMORY, nth, ENOMEM, false);
		r = read_journal(&end);
		assert_int_equal(r, fault_disarm() ? -ENOMEM : (int)RECORDS);
	}
}

static void overlong_session_names_are_refused(void **state)
{
	struct journal_reader *reader = NULL;
	char name[JOURNAL_SESSION_MAX + 2];

	(void)state;
	memset(name, 's', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(journal_reader_open(dir.fd, name, &reader), -EINVAL);
}

static void put_journal(const void *data, size_t len)
{
	cleanup_fd int fd =
		openat(dir.fd, "journal", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, data, len), 0);
}

static int open_result(void)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;

	return journal_reader_open(dir.fd, SAMPLE_SESSION, &reader);
}

static void put_header(uint32_t version, bool has_check)
{
	uint8_t header[CODEC_FILE_HEADER_SIZE];

	codec_put_file_header(header);
	for (unsigned int i = 0; i < 4; i++)
		header[8 + i] = (uint8_t)(version >> (8 * i));
	if (has_check) {
		uint32_t check = codec_file_check(header);

		for (unsigned int i = 0; i < 4; i++)
			header[12 + i] = (uint8_t)(check >> (8 * i));
	}
	put_journal(header, sizeof(header));
}

static void only_a_newer_header_that_verifies_is_newer(void **state)
{
	(void)state;
	put_header(JOURNAL_FORMAT_VERSION + 1, true);
	assert_int_equal(open_result(), -EPROTONOSUPPORT);
	put_header(JOURNAL_FORMAT_VERSION + 1, false);
	assert_int_equal(open_result(), -EBADMSG);
	put_header(0, true);
	assert_int_equal(open_result(), -EBADMSG);
	put_journal("no journal at all, but long enough", 34);
	assert_int_equal(open_result(), -EBADMSG);
	put_journal("short", 5);
	assert_int_equal(open_result(), -EBADMSG);
}

/* A file that was lengthened before its bytes came is one that is being begun; too many zeros are
 * damage. */
static void zeros_are_a_beginning_up_to_a_limit(void **state)
{
	static const char zeros[4096];
	enum journal_state end = JOURNAL_COMPLETE;

	(void)state;
	put_journal(zeros, sizeof(zeros));
	assert_int_equal(read_journal(&end), 0);
	assert_int_equal(end, JOURNAL_TORN);
	{
		cleanup_fd int fd = openat(dir.fd, "journal", O_WRONLY | O_CLOEXEC);

		assert_int_equal(ftruncate(fd, 1 << 30), 0);
	}
	assert_int_equal(open_result(), -EBADMSG);
}

/* What a power loss leaves behind the last record, or where the first should be: to judge it, it is
 * read, and that may fail. */
static void what_cannot_be_read_is_not_judged(void **state)
{
	static const char zeros[4096];
	const int counts[] = { 1, 0 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		bool has_hit = true;

		remove_journal();
		if (counts[i] > 0) {
			struct journal_writer *writer = NULL;
			struct journal_record record = make_record();

			assert_int_equal(journal_writer_create(dir.fd, SAMPLE_SESSION, &writer), 0);
			assert_int_equal(journal_append(writer, &record), 0);
			assert_int_equal(journal_sync(writer), 0);
			journal_writer_abandon(writer);
		}
		{
			cleanup_fd int fd = openat(dir.fd, "journal",
						   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

			assert_int_equal(fd_write_all(fd, zeros, sizeof(zeros)), 0);
		}
		for (unsigned int nth = 1; has_hit || nth < 8; nth++) {
			enum journal_state end = JOURNAL_DAMAGED;
			int r;

			fault_arm(FAULT_MEMORY, nth, ENOMEM, false);
			r = read_journal(&end);
			assert_int_equal(r, fault_disarm() ? -ENOMEM : counts[i]);
			fault_arm(FAULT_FILES, nth, EIO, false);
			r = read_journal(&end);
			has_hit = fault_disarm();
			assert_int_equal(r, has_hit ? -EIO : counts[i]);
			if (!has_hit)
				assert_int_equal(end, JOURNAL_TORN);
		}
	}
}

/* A reader that came before the writer's first bytes sees them when it looks again. */
static void a_journal_may_be_begun_while_it_is_read(void **state)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	cleanup_free char *bytes = NULL;
	unsigned int synced = 0;
	size_t len = 0;

	(void)state;
	remove_journal();
	assert_int_equal(write_journal(&synced), 0);
	assert_int_equal(fd_read_file_at(dir.fd, "journal", 1 << 20, &bytes, &len), 0);
	put_journal(bytes, 0);
	assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), 0);
	put_journal(bytes, len);
	assert_int_equal(journal_reader_next(reader, &record), 1);
	journal_reader_free(steal_ptr(&reader));
	/* Unless it is something else by then. */
	put_journal(bytes, 0);
	assert_int_equal(journal_reader_open(dir.fd, SAMPLE_SESSION, &reader), 0);
	bytes[0] = (char)(bytes[0] ^ 1);
	put_journal(bytes, len);
	assert_int_equal(journal_reader_next(reader, &record), -EBADMSG);
}

static int use_store(void)
{
	cleanup_content_store struct content_store *store = NULL;
	cleanup_fd int fd = -1;
	cleanup_fd int again = -1;
	cleanup_fd int scratch = -1;
	struct stat st;
	uint64_t object = 0;
	int r = content_store_open(dir.fd, true, &store);

	if (r == 0)
		r = content_store_create(store, &object, &fd);
	if (r < 0)
		return r;
	again = content_store_open_object(store, object, O_RDWR);
	if (again < 0)
		return again;
	r = content_store_stat(store, object, &st);
	if (r < 0)
		return r;
	scratch = content_store_scratch(store);
	if (scratch < 0)
		return scratch;
	r = content_store_sync(store);
	return r < 0 ? r : content_store_remove(store, object);
}

static void a_store_says_what_failed(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		bool has_hit = true;

		for (unsigned int nth = 1; has_hit; nth++) {
			int error = i == 2 ? ENOMEM : EIO;
			int r;

			/* What a failed run leaves would make the next one's list longer. */
			temp_dir_remove(&dir);
			assert_int_equal(temp_dir_make(&dir), 0);
			fault_arm(i == 2 ? FAULT_MEMORY : FAULT_FILES, nth, error, i == 1);
			r = use_store();
			has_hit = fault_disarm();
			/* (The access time of an object is a kindness.) */
			if (r != 0)
				assert_int_equal(r, -error);
			if (!has_hit)
				assert_int_equal(r, 0);
		}
	}
}

static unsigned int count_objects(void)
{
	cleanup_dir DIR *objects = NULL;
	unsigned int count = 0;
	int fd = openat(dir.fd, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	objects = fdopendir(fd);
	assert_non_null(objects);
	while (readdir(objects))
		count++;
	return count;
}

/* Not every file system has O_TMPFILE: a name that is unlinked at once does as well. */
static void scratch_files_need_no_tmpfile(void **state)
{
	cleanup_content_store struct content_store *store = NULL;
	static const int lacks[] = { EOPNOTSUPP, EISDIR, ENOENT };
	unsigned int before;

	(void)state;
	assert_int_equal(content_store_open(dir.fd, true, &store), 0);
	before = count_objects();
	for (size_t i = 0; i < 3; i++) {
		int fd;

		fault_arm(FAULT_FILES, 1, lacks[i], false);
		fd = content_store_scratch(store);
		assert_true(fault_disarm());
		assert_true(fd >= 0);
		assert_int_equal(write(fd, "x", 1), 1);
		cleanup_close_fd(&fd);
		/* All later calls fail too: no random name, no file. */
		fault_arm(FAULT_FILES, 1, lacks[i], true);
		assert_true(content_store_scratch(store) < 0);
		assert_true(fault_disarm());
	}
	assert_int_equal(count_objects(), before);
}

static void numbers_do_not_begin_again(void **state)
{
	cleanup_content_store struct content_store *store = NULL;
	uint64_t object = 0;
	int fd = -1;

	(void)state;
	assert_true(mkdirat(dir.fd, "objects", 0700) == 0 || errno == EEXIST);
	assert_int_equal(temp_dir_write(&dir, "objects/18446744073709551615", "x"), 0);
	/* Names that no store has made do not count. */
	assert_int_equal(temp_dir_write(&dir, "objects/123456789012345678901234567890", "x"), 0);
	assert_int_equal(temp_dir_write(&dir, "objects/99999999999999999999", "x"), 0);
	assert_int_equal(temp_dir_write(&dir, "objects/007", "x"), 0);
	assert_int_equal(content_store_open(dir.fd, true, &store), 0);
	assert_int_equal(content_store_create(store, &object, &fd), -ENOSPC);
	assert_int_equal(fd, -1);
	/* ... and the next one would be the first of all again: it is there, or is not given out.
	 */
	assert_int_equal(unlinkat(dir.fd, "objects/18446744073709551615", 0), 0);
}

static int hash_all(int fd, uint64_t size)
{
	struct hash hash;
	bool is_sampled = false;
	int r = journal_hash_content(fd, size, &hash, &is_sampled);

	if (r == 0)
		assert_int_equal(is_sampled, size > JOURNAL_SAMPLE_ABOVE);
	return r;
}

static void a_digest_is_of_all_or_an_error(void **state)
{
	cleanup_fd int fd = openat(dir.fd, "large", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const uint64_t sizes[] = { 100, (uint64_t)JOURNAL_SAMPLE_ABOVE + 1 };

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < 2; i++) {
		bool has_hit = true;

		assert_int_equal(ftruncate(fd, (off_t)sizes[i]), 0);
		assert_int_equal(hash_all(fd, sizes[i] + 1), -ENODATA);
		for (unsigned int nth = 1; has_hit; nth++) {
			int r;

			fault_arm(FAULT_FILES, nth, EIO, false);
			r = hash_all(fd, sizes[i]);
			has_hit = fault_disarm();
			assert_int_equal(r, has_hit ? -EIO : 0);
		}
		fault_arm(FAULT_MEMORY, 1, ENOMEM, false);
		assert_int_equal(hash_all(fd, sizes[i]), -ENOMEM);
		assert_true(fault_disarm());
	}
	assert_int_equal(hash_all(fd, UINT64_MAX), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_synced_is_read_again_whatever_failed),
		cmocka_unit_test(a_read_that_fails_is_no_end),
		cmocka_unit_test(overlong_session_names_are_refused),
		cmocka_unit_test(only_a_newer_header_that_verifies_is_newer),
		cmocka_unit_test(zeros_are_a_beginning_up_to_a_limit),
		cmocka_unit_test(what_cannot_be_read_is_not_judged),
		cmocka_unit_test(a_journal_may_be_begun_while_it_is_read),
		cmocka_unit_test(a_store_says_what_failed),
		cmocka_unit_test(scratch_files_need_no_tmpfile),
		cmocka_unit_test(numbers_do_not_begin_again),
		cmocka_unit_test(a_digest_is_of_all_or_an_error),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
