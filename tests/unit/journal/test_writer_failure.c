/* SPDX-License-Identifier: MIT */
/* The writer when the disk is full, fails, or is slow. */
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>

#ifdef __linux__
#include <sys/mount.h>
#endif

#include "fs/base/cleanup.h"
#include "fs/base/lock.h"
#include "fs/journal/reader.h"
#include "fs/journal/writer_io.h"
#include "tests/unit/journal/sample_records.h"

static struct temp_dir dir;

/* What the next calls do: 0 succeeds, else this errno. */
static int write_error;
static size_t write_short; /* bytes that are written all the same */
static int truncate_error;
static int sync_error;
static int sync_count;
static int sync_interrupts; /* how many times it says EINTR first */
static bool is_sync_held;
static sem_t sync_begun;
static sem_t sync_may_end;

static ssize_t fake_write(int fd, const void *buf, size_t len)
{
	if (write_error == 0)
		return write(fd, buf, len);
	if (write_short > 0)
		return write(fd, buf, write_short);
	errno = write_error;
	return -1;
}

static int fake_truncate(int fd, off_t len)
{
	if (truncate_error == 0)
		return ftruncate(fd, len);
	errno = truncate_error;
	return -1;
}

static int fake_sync(int fd)
{
	(void)fd;
	sync_count++;
	if (is_sync_held) {
		(void)sem_post(&sync_begun);
		(void)sem_wait(&sync_may_end);
	}
	if (sync_interrupts > 0) {
		sync_interrupts--;
		errno = EINTR;
		return -1;
	}
	errno = sync_error;
	return sync_error ? -1 : 0;
}

static const struct journal_io fake_io = { fake_write, fake_truncate, fake_sync };

static int setup(void **state)
{
	(void)state;
	write_error = 0;
	write_short = 0;
	truncate_error = 0;
	sync_error = 0;
	sync_count = 0;
	is_sync_held = false;
	(void)sem_init(&sync_begun, 0, 0);
	(void)sem_init(&sync_may_end, 0, 0);
	return temp_dir_make(&dir);
}

static int teardown(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static struct journal_writer *create(void)
{
	struct journal_writer *writer = NULL;

	assert_int_equal(journal_writer_create_with(dir.fd, SAMPLE_SESSION, &fake_io, &writer), 0);
	return writer;
}

static int append(struct journal_writer *writer)
{
	struct journal_record record = { .type = JOURNAL_UNLINK,
					 .has = JOURNAL_HAS_PATH,
					 .path = "some/name" };

	return journal_append(writer, &record);
}

static uint64_t count_records(int session_fd, enum journal_state *ret_state)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	uint64_t n = 0;

	assert_int_equal(journal_reader_open(session_fd, SAMPLE_SESSION, &reader), 0);
	while (journal_reader_next(reader, &record) > 0)
		assert_int_equal(record.seq, ++n);
	*ret_state = journal_reader_state(reader, NULL);
	return n;
}

static void interrupted_sync_is_taken_up_again(void **state)
{
	struct journal_writer *writer = create();

	(void)state;
	assert_int_equal(append(writer), 0);
	sync_interrupts = 3;
	assert_int_equal(journal_sync(writer), 0);
	assert_int_equal(sync_interrupts, 0);
	assert_int_equal(journal_writer_close(writer), 0);
}

static void lack_of_space_appends_nothing_and_passes(void **state)
{
	static const int errors[] = { ENOSPC, EDQUOT, EFBIG };
	struct journal_writer *writer = create();
	enum journal_state end = JOURNAL_DAMAGED;

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		uint64_t before = journal_writer_size(writer);

		write_error = errors[i];
		assert_int_equal(append(writer), -errors[i]);
		assert_true(journal_writer_size(writer) == before);
		write_error = 0;
		assert_int_equal(append(writer), 0);
	}
	assert_int_equal(journal_writer_close(writer), 0);
	assert_int_equal(count_records(dir.fd, &end), 5);
	assert_int_equal(end, JOURNAL_COMPLETE);
}

static void half_a_record_is_cut_off_again(void **state)
{
	struct journal_writer *writer = create();
	enum journal_state end = JOURNAL_DAMAGED;

	(void)state;
	write_error = ENOSPC;
	for (write_short = 1; write_short < 60; write_short += 7)
		assert_int_equal(append(writer), -ENOSPC);
	assert_int_equal(count_records(dir.fd, &end), 1);
	assert_int_equal(end, JOURNAL_OPEN);
	write_error = 0;
	assert_int_equal(append(writer), 0);
	assert_int_equal(journal_writer_close(writer), 0);
	assert_int_equal(count_records(dir.fd, &end), 3);
	assert_int_equal(end, JOURNAL_COMPLETE);
}

static void half_a_record_that_cannot_be_cut_off_is_sticky(void **state)
{
	struct journal_writer *writer = create();
	enum journal_state end = JOURNAL_DAMAGED;

	(void)state;
	write_error = ENOSPC;
	write_short = 20;
	truncate_error = EPERM;
	assert_int_equal(append(writer), -EIO);
	write_error = 0;
	truncate_error = 0;
	assert_int_equal(append(writer), -EIO);
	assert_int_equal(journal_sync(writer), -EIO);
	assert_int_equal(journal_writer_close(writer), -EIO);
	assert_int_equal(count_records(dir.fd, &end), 1);
	assert_int_equal(end, JOURNAL_TORN);
}

static void a_failed_write_is_sticky(void **state)
{
	struct journal_writer *writer = create();

	(void)state;
	write_error = EIO;
	assert_int_equal(append(writer), -EIO);
	write_error = 0;
	assert_int_equal(append(writer), -EIO);
	assert_int_equal(journal_sync(writer), -EIO);
	journal_writer_abandon(writer);
	assert_false(lock_is_held(dir.fd, LOCK_SESSION_NAME));
}

static void a_failed_sync_is_sticky_for_ever(void **state)
{
	struct journal_writer *writer = create();

	(void)state;
	assert_int_equal(append(writer), 0);
	assert_int_equal(journal_sync(writer), 0);
	assert_int_equal(append(writer), 0);
	sync_error = EIO;
	assert_int_equal(journal_sync(writer), -EIO);
	sync_error = 0;
	assert_int_equal(journal_sync(writer), -EIO);
	assert_int_equal(append(writer), -EIO);
	sync_count = 0;
	assert_int_equal(journal_writer_close(writer), -EIO);
	assert_int_equal(sync_count, 0);
}

static void a_bad_record_spoils_nothing(void **state)
{
	struct journal_record bad = { .type = JOURNAL_UNLINK,
				      .has = JOURNAL_HAS_PATH,
				      .path = "../x" };
	struct journal_writer *writer = create();
	enum journal_state end = JOURNAL_DAMAGED;

	(void)state;
	assert_int_equal(journal_append(writer, &bad), -EINVAL);
	assert_int_equal(bad.seq, 0);
	assert_int_equal(append(writer), 0);
	assert_int_equal(journal_writer_close(writer), 0);
	assert_int_equal(count_records(dir.fd, &end), 3);
}

static void a_journal_that_cannot_begin_leaves_no_file(void **state)
{
	struct journal_writer *writer = NULL;

	(void)state;
	write_error = ENOSPC;
	assert_int_equal(journal_writer_create_with(dir.fd, SAMPLE_SESSION, &fake_io, &writer),
			 -ENOSPC);
	assert_int_equal(faccessat(dir.fd, "journal", F_OK, 0), -1);
	assert_false(lock_is_held(dir.fd, LOCK_SESSION_NAME));
	write_error = 0;
	sync_error = EIO;
	assert_int_equal(journal_writer_create_with(dir.fd, SAMPLE_SESSION, &fake_io, &writer),
			 -EIO);
	sync_error = 0;
	assert_int_equal(journal_writer_close(create()), 0);
}

static void nothing_new_needs_no_sync(void **state)
{
	struct journal_writer *writer = create();

	(void)state;
	assert_int_equal(append(writer), 0);
	sync_count = 0;
	assert_int_equal(journal_sync(writer), 0);
	assert_int_equal(journal_sync(writer), 0);
	assert_int_equal(sync_count, 1);
	journal_writer_abandon(writer);
}

static void *sync_in_thread(void *arg)
{
	return journal_sync(arg) == 0 ? NULL : arg;
}

static void a_slow_sync_does_not_hold_up_appends(void **state)
{
	struct journal_writer *writer = create();
	pthread_t thread;
	void *result = NULL;

	(void)state;
	assert_int_equal(append(writer), 0);
	is_sync_held = true;
	assert_int_equal(pthread_create(&thread, NULL, sync_in_thread, writer), 0);
	assert_int_equal(sem_wait(&sync_begun), 0);
	assert_int_equal(append(writer), 0);
	is_sync_held = false;
	assert_int_equal(sem_post(&sync_may_end), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_null(result);
	/* What was appended meanwhile is not taken for synced. */
	sync_count = 0;
	assert_int_equal(journal_sync(writer), 0);
	assert_int_equal(sync_count, 1);
	journal_writer_abandon(writer);
}

/* In a child: appends until it fails, then makes room and goes on. Returns an exit code. */
static int fill_up(int session_fd, int expected, int (*make_room)(void))
{
	struct journal_writer *writer = NULL;
	enum journal_state end = JOURNAL_DAMAGED;
	uint64_t appended = 0;
	int r;

	if (journal_writer_create(session_fd, SAMPLE_SESSION, &writer) < 0)
		return 2;
	while ((r = append(writer)) == 0)
		appended++;
	if (r != -ENOSPC && r != expected)
		return 3;
	if (append(writer) == 0)
		return 4;
	if (count_records(session_fd, &end) != appended + 1 || end != JOURNAL_OPEN)
		return 5;
	if (make_room() < 0 || append(writer) != 0 || journal_writer_close(writer) < 0)
		return 6;
	return count_records(session_fd, &end) == appended + 3 && end == JOURNAL_COMPLETE ? 0 : 7;
}

static int lift_limit(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	(void)getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_FSIZE, &limit);
}

static int run_limited(void)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 10007;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return 1;
	return fill_up(dir.fd, -EFBIG, lift_limit);
}

static int exit_code_of(int (*run)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_limit_on_the_file_size_is_survived(void **state)
{
	(void)state;
	assert_int_equal(exit_code_of(run_limited), 0);
}

#ifdef __linux__
static char ballast[128];

static int drop_ballast(void)
{
	return unlink(ballast);
}

/* A tmpfs of 256 KiB that only this child sees. */
static int run_on_small_disk(void)
{
	cleanup_fd int fd = -1;
	cleanup_fd int ballast_fd = -1;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", dir.path, "tmpfs", 0, "size=256k") < 0)
		return 1;
	fd = open(dir.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(ballast, sizeof(ballast), "%s/ballast", dir.path);
	ballast_fd = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ballast_fd < 0 || posix_fallocate(ballast_fd, 0, 128 << 10) != 0)
		return 1;
	cleanup_close_fd(&ballast_fd);
	return fill_up(fd, -ENOSPC, drop_ballast);
}

static void a_full_disk_is_survived(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(exit_code_of(run_on_small_disk), 0);
}
#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(interrupted_sync_is_taken_up_again),
		TEST(lack_of_space_appends_nothing_and_passes),
		TEST(half_a_record_is_cut_off_again),
		TEST(half_a_record_that_cannot_be_cut_off_is_sticky),
		TEST(a_failed_write_is_sticky),
		TEST(a_failed_sync_is_sticky_for_ever),
		TEST(a_bad_record_spoils_nothing),
		TEST(a_journal_that_cannot_begin_leaves_no_file),
		TEST(nothing_new_needs_no_sync),
		TEST(a_slow_sync_does_not_hold_up_appends),
		TEST(a_limit_on_the_file_size_is_survived),
#ifdef __linux__
		TEST(a_full_disk_is_survived),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
