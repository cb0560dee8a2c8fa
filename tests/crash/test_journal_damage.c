/* SPDX-License-Identifier: MIT */
/* A journal of 64 KiB, cut at every byte and with every single bit flipped: what is read is the
 * whole records before the damage, and the state and the offset say where it begins. (The unit
 * tests compare the records' fields too; this is for size.) */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/journal/reader.h"
#include "fs/journal/writer.h"
#include "tests/lib/form.h"
#include "tests/lib/own_directory.h"
#include "tests/unit/journal/sample_records.h"

#define JOURNAL_SIZE (64u << 10) /* bytes */
#define END_SIZE     CODEC_HEADER_SIZE
#define RECORDS_MAX  1024u
#define PARTS        2u /* processes that share the work */

static char root[64];
static uint8_t bytes[JOURNAL_SIZE];
static size_t ends[RECORDS_MAX]; /* offset behind each record */
static size_t count;

/* What reading it must give. */
struct outcome {
	enum journal_state state;
	size_t records;
};

static size_t append_process(struct journal_writer *writer, size_t command_len)
{
	cleanup_free char *command = malloc(command_len + 1);
	struct journal_record record = sample_record(codec_type_of(JOURNAL_PROCESS));
	uint64_t before = journal_writer_size(writer);

	assert_non_null(command);
	memset(command, 'x', command_len);
	command[command_len] = '\0';
	record.command = command;
	assert_int_equal(journal_append(writer, &record), 0);
	ends[count++] = journal_writer_size(writer);
	return journal_writer_size(writer) - before;
}

/* As long as Claude Code's own are. */
static const char long_path[] =
	"projects/-home-somebody-src-some-project/"
	"6f9619ff-8b86-4d01-b42d-00c04fc964ff/subagents/agent-0123abcd.jsonl";

/* A record of every type in turn; the last one makes the length exact. */
static void fill(struct journal_writer *writer)
{
	size_t type_count = 0;
	const struct codec_type *types = codec_types(&type_count);
	size_t overhead;

	ends[count++] = journal_writer_size(writer);
	for (size_t i = 0; journal_writer_size(writer) < JOURNAL_SIZE - 3000; i++) {
		struct journal_record record = sample_record(&types[i % type_count]);

		if (record.type == JOURNAL_SESSION || record.type == JOURNAL_END)
			continue;
		if (record.path)
			record.path = long_path;
		assert_int_equal(journal_append(writer, &record), 0);
		ends[count++] = journal_writer_size(writer);
		assert_true(count < RECORDS_MAX - 3);
	}
	overhead = append_process(writer, 1) - 1;
	(void)append_process(writer,
			     JOURNAL_SIZE - END_SIZE - journal_writer_size(writer) - overhead);
}

static int setup(void **state)
{
	struct journal_writer *writer = NULL;
	cleanup_fd int dir_fd = -1;
	cleanup_fd int fd = -1;

	(void)state;
	assert_true(own_directory_make(root, sizeof(root), own_directory_in_memory(), "damage"));
	dir_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(journal_writer_create(dir_fd, SAMPLE_SESSION, &writer), 0);
	fill(writer);
	assert_int_equal(journal_writer_close(writer), 0);
	fd = openat(dir_fd, "journal", O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, bytes, sizeof(bytes)), JOURNAL_SIZE);
	ends[count++] = JOURNAL_SIZE;
	return 0;
}

static int teardown(void **state)
{
	char path[80];

	(void)state;
	for (unsigned int i = 0; i < PARTS; i++) {
		(void)snprintf(path, sizeof(path), "%s/part-%u/journal", root, i);
		(void)unlink(path);
		(void)snprintf(path, sizeof(path), "%s/part-%u", root, i);
		(void)rmdir(path);
	}
	(void)snprintf(path, sizeof(path), "%s/journal", root);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/lock", root);
	(void)unlink(path);
	return rmdir(root);
}

static size_t whole_records_in(size_t len)
{
	size_t n = 0;

	while (n < count && ends[n] <= len)
		n++;
	return n;
}

/* True if dir_fd's journal reads like that, and names where it ends. */
static bool reads_as(int dir_fd, const struct outcome *wanted)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	enum journal_state state;
	const char *reason = NULL;
	size_t n = 0;
	int r;

	r = journal_reader_open(dir_fd, SAMPLE_SESSION, &reader);
	if (r == -EBADMSG) /* the file header: there is nothing before it */
		return wanted->state == JOURNAL_DAMAGED && wanted->records == 0;
	if (r < 0)
		return false;
	while ((r = journal_reader_next(reader, &record)) > 0) {
		if (record.seq != ++n)
			return false;
	}
	state = journal_reader_state(reader, &reason);
	return r == 0 && state == wanted->state && n == wanted->records &&
	       (state != JOURNAL_DAMAGED || reason) &&
	       (n == 0 || journal_reader_offset(reader) == ends[n - 1]);
}

/* A copy of the journal for one process. */
static int open_part(unsigned int part, int *ret_dir_fd)
{
	char path[80];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/part-%u", root, part);
	(void)mkdir(path, 0700);
	*ret_dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = openat(*ret_dir_fd, "journal", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
		_exit(2);
	return fd;
}

static int flip_bits(unsigned int part)
{
	int dir_fd = -1;
	int fd = open_part(part, &dir_fd);

	for (size_t bit = part; bit < 8u * JOURNAL_SIZE; bit += PARTS * form_of(13, 1, 1)) {
		size_t at = bit / 8;
		uint8_t flipped = (uint8_t)(bytes[at] ^ (1u << (bit % 8)));
		struct outcome wanted = { JOURNAL_DAMAGED, whole_records_in(at) };

		if (pwrite(fd, &flipped, 1, (off_t)at) != 1)
			return 2;
		if (!reads_as(dir_fd, &wanted)) {
			print_error("bit %zu: not found, or not where it is\n", bit);
			return 1;
		}
		if (pwrite(fd, &bytes[at], 1, (off_t)at) != 1)
			return 2;
	}
	return 0;
}

static int cut(unsigned int part)
{
	int dir_fd = -1;
	int fd = open_part(part, &dir_fd);

	/* Downwards, so that what is left needs no writing. */
	for (size_t len = JOURNAL_SIZE - 1 - part; len < JOURNAL_SIZE;
	     len -= PARTS * form_of(13, 1, 1)) {
		size_t whole = whole_records_in(len);
		bool is_boundary = len == CODEC_FILE_HEADER_SIZE ||
				   (whole > 0 && ends[whole - 1] == len);
		struct outcome wanted = { is_boundary ? JOURNAL_OPEN : JOURNAL_TORN, whole };

		if (ftruncate(fd, (off_t)len) < 0)
			return 2;
		if (!reads_as(dir_fd, &wanted)) {
			print_error("cut at %zu: not found, or not where it is\n", len);
			return 1;
		}
	}
	return 0;
}

static void run_parts(int (*work)(unsigned int part))
{
	pid_t pids[PARTS];

	for (unsigned int i = 0; i < PARTS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(work(i));
	}
	for (unsigned int i = 0; i < PARTS; i++) {
		int status = 0;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

static void every_flipped_bit_is_found_where_it_is(void **state)
{
	(void)state;
	run_parts(flip_bits);
	print_message("%u bits flipped in %zu records\n", 8u * JOURNAL_SIZE / form_of(13, 1, 1),
		      count);
}

static void a_cut_at_every_byte_is_found_where_it_is(void **state)
{
	(void)state;
	run_parts(cut);
	print_message("cut at %u lengths\n", JOURNAL_SIZE / form_of(13, 1, 1));
}

/* The control: an undamaged journal, a wrong count and a wrong state are told apart. */
static void the_check_tells_outcomes_apart(void **state)
{
	int dir_fd = -1;
	cleanup_fd int fd = open_part(0, &dir_fd);
	uint8_t flipped = bytes[ends[4] + 1] ^ 1u;

	(void)state;
	assert_true(reads_as(dir_fd, &(struct outcome){ JOURNAL_COMPLETE, count }));
	assert_false(reads_as(dir_fd, &(struct outcome){ JOURNAL_COMPLETE, count - 1 }));
	assert_false(reads_as(dir_fd, &(struct outcome){ JOURNAL_DAMAGED, count }));
	assert_int_equal(pwrite(fd, &flipped, 1, (off_t)ends[4] + 1), 1);
	assert_true(reads_as(dir_fd, &(struct outcome){ JOURNAL_DAMAGED, 5 }));
	assert_false(reads_as(dir_fd, &(struct outcome){ JOURNAL_DAMAGED, 6 }));
	assert_false(reads_as(dir_fd, &(struct outcome){ JOURNAL_TORN, 5 }));
	(void)close(dir_fd);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_check_tells_outcomes_apart),
	cmocka_unit_test(every_flipped_bit_is_found_where_it_is),
	cmocka_unit_test(a_cut_at_every_byte_is_found_where_it_is),
};

int main(void)
{
	return cmocka_run_group_tests(tests, setup, teardown);
}
