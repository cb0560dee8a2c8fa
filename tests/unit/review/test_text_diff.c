/* SPDX-License-Identifier: MIT */
/* Diffs of buffers, and of a change whose file is too long to be read wholly. */
#include "tests/unit/cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "fs/base/text.h"
#include "fs/review/text_diff.h"
#include "tests/lib/session_fixture.h"

static int collect(char origin, const char *line, size_t len, void *arg)
{
	struct text *text = arg;

	text_append_bytes(text, &origin, 1);
	text_append_bytes(text, line, len);
	text_append(text, "\n");
	return 0;
}

static void changed_lines_come_with_their_signs(void **state)
{
	struct text text = { 0 };
	struct text_diff_stat stat;
	static const char before[] = "a\nb\nc\n";
	static const char after[] = "a\nB\nc\ne";

	(void)state;
	assert_int_equal(text_diff_buffers(before, strlen(before), after, strlen(after), 1, collect,
					   &text, &stat),
			 0);
	assert_int_equal(stat.form, TEXT_DIFF_LINES);
	assert_int_equal(stat.added, 2);
	assert_int_equal(stat.removed, 1);
	assert_string_equal(text.data, "H@@ -1,3 +1,4 @@\n a\n-b\n+B\n c\n+e\n\\\n");
	text_done(&text);
}

static void binary_and_large_contents_give_no_lines(void **state)
{
	struct text text = { 0 };
	struct text_diff_stat stat;
	char *large = calloc(1, TEXT_DIFF_MAX + 1u);

	(void)state;
	assert_non_null(large);
	assert_int_equal(text_diff_buffers("a\0b", 3, "a\0c", 3, 3, collect, &text, &stat), 0);
	assert_int_equal(stat.form, TEXT_DIFF_BINARY);
	assert_int_equal(
		text_diff_buffers("a", 1, large, TEXT_DIFF_MAX + 1u, 3, collect, &text, &stat), 0);
	assert_int_equal(stat.form, TEXT_DIFF_TOO_LARGE);
	assert_int_equal(text.len, 0);
	free(large);
	text_done(&text);
}

static void appended_lines_are_all_that_a_grown_file_shows(void **state)
{
	struct text text = { 0 };
	struct text_diff_stat stat;
	struct fixture f;
	const char *path;
	uint64_t object;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, "11111111-2222-4333-8444-555555555555.jsonl");
	fixture_host_write(&f, path, "{\"n\":1}\n");
	object = fixture_copy_up_prefix(&f, path);
	fixture_write(&f, object, 8, "{\"n\":2}\n");
	fixture_seal(&f, object);
	(void)fixture_review(&f);
	assert_int_equal(
		text_diff_change(f.review, review_find(f.review, path), 3, collect, &text, &stat),
		0);
	assert_int_equal(stat.added, 1);
	assert_int_equal(stat.removed, 0);
	assert_int_equal(stat.old_size, 8);
	assert_int_equal(stat.new_size, 16);
	assert_non_null(strstr(text.data, "+{\"n\":2}\n"));
	assert_null(strstr(text.data, "\"n\":1"));
	text_done(&text);
	fixture_done(&f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(appended_lines_are_all_that_a_grown_file_shows),
	cmocka_unit_test(binary_and_large_contents_give_no_lines),
	cmocka_unit_test(changed_lines_come_with_their_signs),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
