/* SPDX-License-Identifier: MIT */
/* What must be added at the end of a file that both sides only grow: as rows, and as properties of
 * random cases. */
#include "tests/unit/cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/base/text.h"
#include "fs/merge/append_lines.h"

#define CASES 20000u

static unsigned int seed;

static unsigned int pick(unsigned int below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static void check_block(const char *base, const char *theirs, const char *expected, bool removed)
{
	struct append_lines merged;

	assert_int_equal(append_lines_merge(base, strlen(base), theirs, strlen(theirs), &merged),
			 0);
	assert_int_equal(merged.len, strlen(expected));
	assert_int_equal(merged.has_removed, removed);
	assert_memory_equal(merged.block ? merged.block : "", expected, merged.len);
	free(merged.block);
}

static void new_lines_are_the_block(void **state)
{
	(void)state;
	check_block("", "", "", false);
	check_block("a\n", "a\n", "", false);
	check_block("a\n", "a\nb\n", "b\n", false);
	check_block("a\nb\n", "b\nc\n", "c\n", true);
	check_block("a\n", "a\na\n", "a\n", false);
	check_block("a\na\n", "a\n", "", true);
	check_block("", "a\nb", "a\nb", false);
	check_block("a", "a\nb\n", "b\n", false);
	check_block("a\n", "", "", true);
	check_block("\n", "\n\nx\n", "\nx\n", false);
}

static void missing_newline_of_the_host_is_made_up_for(void **state)
{
	char *result = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(append_lines_result("a", 1, "b\n", 2, &result, &len), 0);
	assert_string_equal(result, "a\nb\n");
	free(result);
	assert_int_equal(append_lines_result("", 0, "b\n", 2, &result, &len), 0);
	assert_string_equal(result, "b\n");
	free(result);
	assert_int_equal(append_lines_result("a", 1, "", 0, &result, &len), 0);
	assert_string_equal(result, "a");
	free(result);
}

/* A few different lines, so that equal ones are common. */
static void random_lines(struct text *text)
{
	unsigned int count = pick(8);

	for (unsigned int i = 0; i < count; i++)
		text_appendf(text, "%c\n", 'a' + (int)pick(4));
}

static size_t count_line(const char *text, char line)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == line;
	return count;
}

/* For any base, host and session: no line of the host is lost, every new line of the session is
 * there once more than in its base, and a second run adds nothing. */
static void no_line_is_ever_lost(void **state)
{
	(void)state;
	seed = (unsigned int)time(NULL);
	print_message("seed %u\n", seed);
	for (unsigned int i = 0; i < CASES; i++) {
		struct text base = { 0 };
		struct text theirs = { 0 };
		struct text host = { 0 };
		struct append_lines merged;
		struct append_lines again;
		char *result = NULL;
		size_t len = 0;

		random_lines(&base);
		random_lines(&theirs);
		random_lines(&host);
		text_append(&base, "");
		text_append(&theirs, "");
		text_append(&host, "");
		assert_int_equal(
			append_lines_merge(base.data, base.len, theirs.data, theirs.len, &merged),
			0);
		assert_int_equal(append_lines_result(host.data, host.len,
						     merged.block ? merged.block : "", merged.len,
						     &result, &len),
				 0);
		assert_memory_equal(result, host.data, host.len);
		for (char line = 'a'; line < 'e'; line++) {
			size_t in_base = count_line(base.data, line);
			size_t in_theirs = count_line(theirs.data, line);
			size_t added = in_theirs > in_base ? in_theirs - in_base : 0;

			assert_int_equal(count_line(result, line),
					 count_line(host.data, line) + added);
		}
		assert_int_equal(append_lines_merge(theirs.data, theirs.len, theirs.data,
						    theirs.len, &again),
				 0);
		assert_int_equal(again.len, 0);
		free(again.block);
		free(merged.block);
		free(result);
		text_done(&base);
		text_done(&theirs);
		text_done(&host);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(missing_newline_of_the_host_is_made_up_for),
	cmocka_unit_test(new_lines_are_the_block),
	cmocka_unit_test(no_line_is_ever_lost),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
