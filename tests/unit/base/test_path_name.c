/* SPDX-License-Identifier: MIT */
/* State paths: what is one, and what is not. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"

static void only_clean_relative_paths_are_valid(void **state)
{
	(void)state;
	assert_true(path_is_valid(""));
	assert_true(path_is_valid("a"));
	assert_true(path_is_valid("a/b.c/..."));
	assert_true(path_is_valid("a\nb/\xff"));
	assert_false(path_is_valid("/a"));
	assert_false(path_is_valid("a/"));
	assert_false(path_is_valid("a//b"));
	assert_false(path_is_valid("a/./b"));
	assert_false(path_is_valid("a/../b"));
	assert_false(path_is_valid(".."));
}

static void names_end_at_255_bytes(void **state)
{
	char name[PATH_NAME_MAX + 2];

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_true(path_name_is_valid(name, PATH_NAME_MAX));
	assert_false(path_name_is_valid(name, PATH_NAME_MAX + 1));
	assert_false(path_name_is_valid("a\0b", 3));
}

static void join_and_split_agree(void **state)
{
	cleanup_free char *joined = NULL;
	cleanup_free char *parent = NULL;
	char *none = NULL;

	(void)state;
	assert_int_equal(path_join("a/b", "c", &joined), 0);
	assert_string_equal(joined, "a/b/c");
	assert_string_equal(path_base(joined), "c");
	parent = path_parent(joined);
	assert_string_equal(parent, "a/b");
	assert_int_equal(path_join("a", "..", &none), -EINVAL);
	assert_int_equal(path_join("a", "b/c", &none), -EINVAL);
	assert_null(none);
}

static void beneath_is_by_component(void **state)
{
	(void)state;
	assert_true(path_is_beneath("a/b", "a"));
	assert_true(path_is_beneath("a", "a"));
	assert_true(path_is_beneath("a", ""));
	assert_false(path_is_beneath("ab", "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_clean_relative_paths_are_valid),
		cmocka_unit_test(names_end_at_255_bytes),
		cmocka_unit_test(join_and_split_agree),
		cmocka_unit_test(beneath_is_by_component),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
