/* SPDX-License-Identifier: MIT */
/* Claude's lock beside .claude.json, and the numbers of receipts: what others have planted there.
 */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/commit/claude_lock.h"
#include "fs/commit/receipt_dir.h"
#include "fs/review/receipt.h"
#include "tests/unit/temp_dir.h"

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

static int take(struct claude_lock *lock)
{
	*lock = CLAUDE_LOCK_NONE;
	return claude_lock_take(dir.fd, "c", 0, lock);
}

static void set_age(const char *name, unsigned int ms)
{
	struct timespec times[2];

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &times[1]), 0);
	times[1].tv_sec -= ms / 1000;
	times[0] = times[1];
	assert_int_equal(utimensat(dir.fd, name, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void a_lock_is_held_once(void **state)
{
	struct claude_lock lock;
	struct claude_lock other;
	struct stat st;

	(void)state;
	assert_int_equal(take(&lock), 0);
	assert_int_equal(fstatat(dir.fd, "c.lock", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISDIR(st.st_mode));
	claude_lock_release(&lock);
	claude_lock_release(&lock);
	assert_int_equal(fstatat(dir.fd, "c.lock", &st, AT_SYMLINK_NOFOLLOW), -1);
	/* A Claude's: it keeps it fresh. */
	assert_int_equal(mkdirat(dir.fd, "c.lock", 0700), 0);
	assert_int_equal(take(&other), -EBUSY);
	set_age("c.lock", CLAUDE_LOCK_STALE_MS - 5000);
	assert_int_equal(take(&other), -EBUSY);
	/* One that nobody keeps. */
	set_age("c.lock", CLAUDE_LOCK_STALE_MS + 5000);
	assert_int_equal(take(&other), 0);
	claude_lock_release(&other);
	/* From a clock that is ahead. */
	assert_int_equal(mkdirat(dir.fd, "c.lock", 0700), 0);
	assert_int_equal(
		utimensat(dir.fd, "c.lock",
			  (struct timespec[2]){ { .tv_sec = 1ll << 33 }, { .tv_sec = 1ll << 33 } },
			  0),
		0);
	assert_int_equal(take(&other), -EBUSY);
	assert_int_equal(unlinkat(dir.fd, "c.lock", AT_REMOVEDIR), 0);
}

static void what_is_no_lock_is_not_removed(void **state)
{
	struct claude_lock lock;
	struct stat st;

	(void)state;
	/* Old enough, but not empty. */
	assert_int_equal(mkdirat(dir.fd, "c.lock", 0700), 0);
	assert_int_equal(temp_dir_write(&dir, "c.lock/x", "x"), 0);
	set_age("c.lock", CLAUDE_LOCK_STALE_MS + 5000);
	assert_int_equal(take(&lock), -EBUSY);
	assert_int_equal(fstatat(dir.fd, "c.lock/x", &st, 0), 0);
	assert_int_equal(unlinkat(dir.fd, "c.lock/x", 0), 0);
	assert_int_equal(unlinkat(dir.fd, "c.lock", AT_REMOVEDIR), 0);
	assert_int_equal(temp_dir_write(&dir, "c.lock", "x"), 0);
	set_age("c.lock", CLAUDE_LOCK_STALE_MS + 5000);
	assert_int_equal(take(&lock), -EBUSY);
	assert_int_equal(unlinkat(dir.fd, "c.lock", 0), 0);
	assert_int_equal(symlinkat("/", dir.fd, "c.lock"), 0);
	assert_int_equal(take(&lock), -EBUSY);
	assert_int_equal(unlinkat(dir.fd, "c.lock", 0), 0);
	assert_int_equal(lock.dir_fd, -1);
}

static void a_name_that_is_too_long_for_a_lock_is_refused(void **state)
{
	struct claude_lock lock = CLAUDE_LOCK_NONE;
	char name[300];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[251] = '\0';
	assert_int_equal(claude_lock_take(dir.fd, name, 0, &lock), -ENAMETOOLONG);
	name[250] = '\0';
	assert_int_equal(claude_lock_take(dir.fd, name, 0, &lock), 0);
	claude_lock_release(&lock);
	assert_int_equal(claude_lock_take(dir.fd, "no/such", 0, &lock), -ENOENT);
}

static int make(void)
{
	uint64_t number = 0;
	int fd = receipt_dir_make(dir.fd, &number);

	if (fd < 0)
		return fd;
	(void)close(fd);
	return (int)number;
}

static void plant(const char *name)
{
	assert_int_equal(mkdirat(dir.fd, name, 0700), 0);
}

static void only_numbers_count_and_the_next_is_above_the_highest(void **state)
{
	cleanup_free uint64_t *numbers = NULL;

	(void)state;
	assert_int_equal(receipt_dir_unfinished(dir.fd, &numbers), 0);
	assert_int_equal(make(), 1);
	plant("receipts/7");
	plant("receipts/3");
	plant("receipts/20");
	plant("receipts/07");
	plant("receipts/x9");
	plant("receipts/9x");
	plant("receipts/:9");
	plant("receipts/-9");
	plant("receipts/100001");
	plant("receipts/99999999999999999999999");
	assert_int_equal(make(), 21);
	assert_int_equal(receipt_dir_unfinished(dir.fd, &numbers), 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(numbers[i], ((uint64_t[]){ 1, 3, 7, 20, 21 })[i]);
	assert_int_equal(receipt_dir_discard(dir.fd, 20), 0);
	assert_int_equal(receipt_dir_discard(dir.fd, 20), -ENOENT);
}

static void there_is_a_last_number(void **state)
{
	(void)state;
	plant("receipts/100000");
	assert_int_equal(make(), -E2BIG);
	assert_int_equal(receipt_dir_discard(dir.fd, RECEIPTS_MAX), 0);
	assert_int_equal(make(), 22);
}

static void receipts_that_are_no_directory_are_an_error(void **state)
{
	cleanup_free uint64_t *numbers = NULL;

	(void)state;
	assert_int_equal(renameat(dir.fd, "receipts", dir.fd, "away"), 0);
	assert_int_equal(symlinkat("away", dir.fd, "receipts"), 0);
	assert_int_equal(make(), -ENOTDIR);
	assert_int_equal(receipt_dir_unfinished(dir.fd, &numbers), -ENOTDIR);
	assert_int_equal(receipt_dir_discard(dir.fd, 22), -ENOTDIR);
	assert_int_equal(unlinkat(dir.fd, "receipts", 0), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_is_held_once),
		cmocka_unit_test(what_is_no_lock_is_not_removed),
		cmocka_unit_test(a_name_that_is_too_long_for_a_lock_is_refused),
		cmocka_unit_test(only_numbers_count_and_the_next_is_above_the_highest),
		cmocka_unit_test(there_is_a_last_number),
		cmocka_unit_test(receipts_that_are_no_directory_are_an_error),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
