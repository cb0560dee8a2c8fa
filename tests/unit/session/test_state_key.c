/* SPDX-License-Identifier: MIT */
/* The key is made once, kept, and refused where others could know it. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <pthread.h>

#include "fs/session/state_key.h"
#include "tests/unit/temp_dir.h"

static struct temp_dir dir;

static int make_dir(void **state)
{
	(void)state;
	return temp_dir_make(&dir);
}

static int remove_dir(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static void key_is_made_once_and_kept(void **state)
{
	struct state_key first;
	struct state_key second;
	struct stat st;

	(void)state;
	assert_int_equal(state_key_read(dir.fd, false, &first), -ENOENT);
	assert_int_equal(state_key_read(dir.fd, true, &first), 0);
	assert_int_equal(state_key_read(dir.fd, true, &second), 0);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_int_equal(state_key_read(dir.fd, false, &second), 0);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_int_equal(fstatat(dir.fd, "key", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);
}

static void key_that_others_may_read_is_refused(void **state)
{
	struct state_key key;

	(void)state;
	assert_int_equal(state_key_read(dir.fd, true, &key), 0);
	assert_int_equal(fchmodat(dir.fd, "key", 0640, 0), 0);
	assert_int_equal(state_key_read(dir.fd, true, &key), -EPERM);
}

static void what_is_no_key_is_refused(void **state)
{
	struct state_key key;

	(void)state;
	assert_int_equal(temp_dir_write(&dir, "key", "short"), 0);
	assert_int_equal(state_key_read(dir.fd, true, &key), -EBADMSG);
	assert_int_equal(unlinkat(dir.fd, "key", 0), 0);
	assert_int_equal(symlinkat("/dev/zero", dir.fd, "key"), 0);
	assert_int_equal(state_key_read(dir.fd, true, &key), -ELOOP);
	assert_int_equal(unlinkat(dir.fd, "key", 0), 0);
	assert_int_equal(mkfifoat(dir.fd, "key", 0600), 0);
	assert_int_equal(state_key_read(dir.fd, true, &key), -EBADMSG);
}

#define MAKERS 8

static void *make_one(void *arg)
{
	return (void *)(long)state_key_read(dir.fd, true, arg);
}

static void of_many_makers_all_get_the_same(void **state)
{
	struct state_key keys[MAKERS];
	pthread_t threads[MAKERS];
	void *result;

	(void)state;
	for (unsigned int i = 0; i < MAKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_one, &keys[i]), 0);
	for (unsigned int i = 0; i < MAKERS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
		assert_memory_equal(&keys[i], &keys[0], sizeof(keys[0]));
	}
}

static void roles_have_tags_of_their_own(void **state)
{
	struct state_key key = { { 1 } };
	struct state_key other = { { 2 } };
	struct digest a;
	struct digest b;

	(void)state;
	assert_int_equal(state_key_tag(&key, "decision", "x", 1, &a), 0);
	assert_int_equal(state_key_tag(&key, "decision", "x", 1, &b), 0);
	assert_true(digest_is_equal(&a, &b));
	assert_int_equal(state_key_tag(&key, "receipt", "x", 1, &b), 0);
	assert_false(digest_is_equal(&a, &b));
	assert_int_equal(state_key_tag(&other, "decision", "x", 1, &b), 0);
	assert_false(digest_is_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(key_is_made_once_and_kept, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(key_that_others_may_read_is_refused, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(what_is_no_key_is_refused, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(of_many_makers_all_get_the_same, make_dir,
						remove_dir),
		cmocka_unit_test(roles_have_tags_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
