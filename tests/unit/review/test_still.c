/* SPDX-License-Identifier: MIT */
/* Objects that the session writes to while a review reads them. */
#include "tests/unit/cmocka_setup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/fd.h"
#include "fs/review/change_digest.h"
#include "fs/review/content.h"
#include "fs/review/still.h"
#include "tests/lib/session_fixture.h"

#define OBJECTS 300u
#define LIMIT   (64u << 10) /* bytes of a file, as a full disk says no */

static struct fixture f;
static struct still *still;

static int setup(void **state)
{
	(void)state;
	fixture_make(&f);
	return still_new(f.store, &still);
}

static int teardown(void **state)
{
	(void)state;
	still_free(still);
	fixture_done(&f);
	return 0;
}

static uint64_t create(const char *content)
{
	uint64_t object = 0;
	int fd = -1;

	assert_int_equal(content_store_create(f.store, &object, &fd), 0);
	assert_int_equal(fd_pwrite_all(fd, content, strlen(content), 0), 0);
	(void)close(fd);
	return object;
}

static int open_object(uint64_t object)
{
	int fd = content_store_open_object(f.store, object, O_RDWR);

	assert_true(fd >= 0);
	return fd;
}

static void assert_copy(uint64_t object, const char *expected)
{
	char buf[64] = "";
	uint64_t offset = 0;
	int fd = -1;

	assert_int_equal(still_open(still, object, strlen(expected), &fd, &offset), 0);
	assert_int_equal(fd_pread_all(fd, buf, strlen(expected), (off_t)offset), strlen(expected));
	assert_string_equal(buf, expected);
}

static size_t count_descriptors(void)
{
	DIR *dir = opendir("/dev/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

static void what_was_read_once_stays(void **state)
{
	uint64_t object = create("first");
	uint64_t size = 0;
	uint64_t offset;
	int live = open_object(object);
	int fd;

	(void)state;
	assert_false(still_find_size(still, object, &size));
	assert_copy(object, "first");
	assert_int_equal(fd_pwrite_all(live, "other and more", 14, 0), 0);
	assert_copy(object, "first");
	assert_copy(object, "fir");
	assert_int_equal(ftruncate(live, 0), 0);
	assert_copy(object, "first");
	assert_int_equal(content_store_remove(f.store, object), 0);
	assert_copy(object, "first");
	assert_true(still_find_size(still, object, &size));
	assert_int_equal(size, 5);
	/* Nobody has read what is behind it. */
	assert_int_equal(still_open(still, object, 6, &fd, &offset), -EBADMSG);
	(void)close(live);
}

static void many_objects_take_one_descriptor(void **state)
{
	uint64_t objects[OBJECTS];
	size_t before = count_descriptors();
	char name[32];

	(void)state;
	for (unsigned int i = 0; i < OBJECTS; i++) {
		(void)snprintf(name, sizeof(name), "object %u", i);
		objects[i] = create(name);
		assert_copy(objects[i], name);
	}
	assert_int_equal(count_descriptors(), before + 1);
	for (unsigned int i = 0; i < OBJECTS; i++) {
		(void)snprintf(name, sizeof(name), "object %u", i);
		assert_copy(objects[i], name);
	}
}

static void holes_take_no_room(void **state)
{
	const uint64_t size = UINT64_C(1) << 32;
	uint64_t object = create("begin");
	int live = open_object(object);
	uint64_t offset = 0;
	struct stat st;
	char buf[8];
	int fd = -1;

	(void)state;
	if (ftruncate(live, (off_t)size) < 0)
		skip();
	assert_int_equal(fd_pwrite_all(live, "end", 3, (off_t)size - 3), 0);
	assert_int_equal(still_open(still, object, size, &fd, &offset), 0);
	assert_int_equal(fd_pread_all(fd, buf, 6, (off_t)offset), 6);
	assert_memory_equal(buf, "begin", 6);
	assert_int_equal(fd_pread_all(fd, buf, 8, (off_t)(offset + size - 3)), 3);
	assert_memory_equal(buf, "end", 3);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_blocks < 1000);
	(void)close(live);
}

static void shorter_or_missing_is_told_again(void **state)
{
	uint64_t object = create("short");
	uint64_t gone = create("gone");
	uint64_t offset;
	int live = open_object(object);
	int fd;

	(void)state;
	assert_int_equal(still_open(still, object, 6, &fd, &offset), -EBADMSG);
	assert_int_equal(fd_pwrite_all(live, "longer", 6, 0), 0);
	assert_int_equal(still_open(still, object, 6, &fd, &offset), -EBADMSG);
	assert_int_equal(content_store_remove(f.store, gone), 0);
	assert_int_equal(still_open(still, gone, 4, &fd, &offset), -ENOENT);
	assert_copy(create("the next one"), "the next one");
	(void)close(live);
}

static void set_limit(rlim_t limit)
{
	struct rlimit rlimit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &rlimit), 0);
	rlimit.rlim_cur = limit;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &rlimit), 0);
}

/* Of a session without an end: what cannot be copied is held; the others can still be decided
 * about. */
static void change_without_room_for_a_copy_is_held(void **state)
{
	char *large = calloc(1, 2 * LIMIT + 1);
	const struct change *change;
	struct review *review;
	struct digest digest;

	(void)state;
	assert_non_null(large);
	memset(large, 'x', 2 * LIMIT);
	fixture_create(&f, "plans/large.md", large);
	fixture_create(&f, "plans/small.md", "small");
	free(large);
	set_limit(LIMIT);
	review = fixture_review(&f);
	change = review_find(review, "plans/large.md");
	assert_non_null(change);
	assert_int_equal(change->group, REVIEW_HELD);
	if (!strstr(change->reason, strerror(EFBIG)))
		fail_msg("told: %s", change->reason);
	assert_int_equal(change_digest(review, change, &digest), -EFBIG);
	change = review_find(review, "plans/small.md");
	assert_non_null(change);
	assert_int_equal(change->group, REVIEW_NEEDS_APPROVAL);
	set_limit(RLIM_INFINITY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_read_once_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(many_objects_take_one_descriptor, setup, teardown),
		cmocka_unit_test_setup_teardown(holes_take_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(shorter_or_missing_is_told_again, setup, teardown),
		cmocka_unit_test_setup_teardown(change_without_room_for_a_copy_is_held, setup,
						teardown),
	};

	(void)signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
