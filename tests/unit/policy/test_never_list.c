/* SPDX-License-Identifier: MIT */
/* The patterns that a project's own file adds, at their limits: a hostile project writes it. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/policy/never_list.h"
#include "fs/policy/rules.h"

static int parse(const char *lines)
{
	cleanup_never_list struct never_list *list = NULL;
	const char *reason = NULL;
	int r = never_list_parse(lines, &list, &reason);

	assert_true((r == 0) == (list != NULL));
	assert_true((r == -EINVAL) == (reason != NULL));
	return r;
}

/* count lines of len bytes each, the last one without its end. */
static int parse_lines(size_t count, size_t len)
{
	cleanup_text struct text text = { 0 };

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < len; k++)
			text_append(&text, "a");
		if (i + 1 < count)
			text_append(&text, "\n");
	}
	return parse(text.data ? text.data : "");
}

static void lines_have_limits(void **state)
{
	(void)state;
	assert_int_equal(parse_lines(0, 0), 0);
	assert_int_equal(parse_lines(1, RULE_PATTERN_MAX), 0);
	assert_int_equal(parse_lines(1, RULE_PATTERN_MAX + 1), -E2BIG);
	assert_int_equal(parse_lines(NEVER_LIST_LINES_MAX, 1), 0);
	assert_int_equal(parse_lines(NEVER_LIST_LINES_MAX + 1, 1), -E2BIG);
}

static void all_of_them_have_a_limit(void **state)
{
	(void)state;
	assert_int_equal(parse_lines(NEVER_LIST_MAX / 512, 511), 0);
	assert_int_equal(parse_lines(NEVER_LIST_MAX / 512, 512), -E2BIG);
	/* Also of lines that count for nothing. */
	assert_int_equal(parse_lines(NEVER_LIST_MAX + 2, 0), -E2BIG);
}

static void what_is_no_pattern_is_refused_with_its_reason(void **state)
{
	(void)state;
	assert_int_equal(parse("\n\nplans/**\n\n"), 0);
	assert_int_equal(parse("plans/**\n../x\n"), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_have_limits),
		cmocka_unit_test(all_of_them_have_a_limit),
		cmocka_unit_test(what_is_no_pattern_is_refused_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
