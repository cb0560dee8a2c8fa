/* SPDX-License-Identifier: MIT */
/* Contents by number, and what may have been planted in their place. */
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <errno.h>
#include <pthread.h>

#include "fs/base/cleanup.h"
#include "fs/journal/content_store.h"
#include "fs/journal/sample.h"

static struct temp_dir dir;
static struct content_store *store;

static int setup(void **state)
{
	(void)state;
	return temp_dir_make(&dir) < 0 ? -1 : content_store_open(dir.fd, 1, &store);
}

static int teardown(void **state)
{
	(void)state;
	content_store_close(store);
	temp_dir_remove(&dir);
	return 0;
}

static uint64_t create(const char *content)
{
	uint64_t object = 0;
	cleanup_fd int fd = -1;

	assert_int_equal(content_store_create(store, &object, &fd), 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	return object;
}

static int try_open(uint64_t object)
{
	int fd = content_store_open_object(store, object, O_RDONLY);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? fd : 0;
}

static void objects_are_numbered_from_one(void **state)
{
	char buf[8] = "";
	struct stat st;
	cleanup_fd int fd = -1;

	(void)state;
	assert_int_equal(create("one"), 1);
	assert_int_equal(create("two!"), 2);
	assert_int_equal(fstatat(dir.fd, "objects/2", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(fstatat(dir.fd, "objects", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	fd = content_store_open_object(store, 1, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), 3);
	assert_string_equal(buf, "one");
	assert_int_equal(content_store_stat(store, 2, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(content_store_sync(store), 0);
}

static void what_is_not_there_is_not_there(void **state)
{
	struct content_store *other = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(try_open(1), -ENOENT);
	assert_int_equal(try_open(0), -ENOENT);
	assert_int_equal(content_store_stat(store, UINT64_MAX, &st), -ENOENT);
	assert_int_equal(content_store_remove(store, 7), -ENOENT);
	assert_int_equal(content_store_open_object(store, 1, O_RDWR | O_CREAT), -EINVAL);
	assert_int_equal(unlinkat(dir.fd, "objects", AT_REMOVEDIR), 0);
	assert_int_equal(content_store_open(dir.fd, 0, &other), -ENOENT);
	assert_int_equal(symlinkat("/tmp", dir.fd, "objects"), 0);
	assert_true(content_store_open(dir.fd, 1, &other) < 0);
	assert_null(other);
}

static void a_removed_number_is_not_given_out_again(void **state)
{
	(void)state;
	assert_int_equal(create("one"), 1);
	assert_int_equal(content_store_remove(store, 1), 0);
	assert_int_equal(try_open(1), -ENOENT);
	assert_int_equal(create("two"), 2);
}

static void a_store_goes_on_behind_its_highest_number(void **state)
{
	(void)state;
	assert_int_equal(temp_dir_write(&dir, "objects/41", ""), 0);
	assert_int_equal(temp_dir_write(&dir, "objects/099", ""), 0);
	assert_int_equal(temp_dir_write(&dir, "objects/x100", ""), 0);
	assert_int_equal(temp_dir_write(&dir, "objects/99999999999999999999999", ""), 0);
	content_store_close(store);
	store = NULL;
	assert_int_equal(content_store_open(dir.fd, 1, &store), 0);
	assert_int_equal(create("next"), 42);
}

static void planted_objects_are_refused(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(temp_dir_write(&dir, "victim", "secret"), 0);
	assert_int_equal(symlinkat("../victim", dir.fd, "objects/1"), 0);
	assert_int_equal(linkat(dir.fd, "victim", dir.fd, "objects/2", 0), 0);
	assert_int_equal(mkfifoat(dir.fd, "objects/3", 0600), 0);
	assert_int_equal(mkdirat(dir.fd, "objects/4", 0700), 0);
	for (uint64_t object = 1; object <= 4; object++) {
		assert_int_equal(try_open(object), -EBADMSG);
		assert_int_equal(content_store_open_object(store, object, O_RDWR), -EBADMSG);
		assert_int_equal(content_store_stat(store, object, &st), -EBADMSG);
	}
}

static void a_planted_number_is_not_written_to(void **state)
{
	uint64_t object = 0;
	int fd = -1;

	(void)state;
	assert_int_equal(temp_dir_write(&dir, "victim", "secret"), 0);
	assert_int_equal(symlinkat("../victim", dir.fd, "objects/1"), 0);
	assert_int_equal(content_store_create(store, &object, &fd), -EEXIST);
	assert_int_equal(fd, -1);
	assert_int_equal(create("next"), 2);
}

static void scratch_files_have_no_name(void **state)
{
	cleanup_fd int fd = content_store_scratch(store);
	struct stat st;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(unlinkat(dir.fd, "objects", AT_REMOVEDIR), 0);
}

#define THREADS 4
#define EACH    200

static void *create_many(void *arg)
{
	uint64_t *objects = arg;

	for (int i = 0; i < EACH; i++) {
		cleanup_fd int fd = -1;

		if (content_store_create(store, &objects[i], &fd) < 0)
			return arg;
	}
	return NULL;
}

static void threads_get_numbers_of_their_own(void **state)
{
	uint64_t objects[THREADS][EACH];
	bool is_seen[THREADS * EACH + 1] = { false };
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, create_many, objects[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		void *result = NULL;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
	for (int i = 0; i < THREADS * EACH; i++) {
		uint64_t object = objects[i / EACH][i % EACH];

		assert_true(object >= 1 && object <= THREADS * EACH && !is_seen[object]);
		is_seen[object] = true;
	}
}

static void contents_are_hashed_to_their_size(void **state)
{
	uint64_t object = create("content and more");
	cleanup_fd int fd = content_store_open_object(store, object, O_RDONLY);
	struct hash expected = hash_bytes("content", 7);
	struct hash hash;
	bool is_sampled = true;

	(void)state;
	assert_int_equal(journal_hash_content(fd, 7, &hash, &is_sampled), 0);
	assert_true(hash_is_equal(&hash, &expected));
	assert_false(is_sampled);
	assert_int_equal(journal_hash_content(fd, 100, &hash, &is_sampled), -ENODATA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(objects_are_numbered_from_one),
		TEST(what_is_not_there_is_not_there),
		TEST(a_removed_number_is_not_given_out_again),
		TEST(a_store_goes_on_behind_its_highest_number),
		TEST(planted_objects_are_refused),
		TEST(a_planted_number_is_not_written_to),
		TEST(scratch_files_have_no_name),
		TEST(threads_get_numbers_of_their_own),
		TEST(contents_are_hashed_to_their_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
