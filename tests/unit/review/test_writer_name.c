/* SPDX-License-Identifier: MIT */
/* The kernel's word for a program goes before its own, and the two look different. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_setup.h"

#include "fs/review/writer_name.h"

static void expect(const char *wanted, const char *exe, const char *command)
{
	cleanup_text struct text text = { 0 };

	writer_name_append(&text, exe, command, 7);
	assert_string_equal(text.data, wanted);
}

static void the_kernel_goes_before_the_process(void **state)
{
	(void)state;
	expect("node[7]", "/usr/bin/node", "claude -p x");
	expect("claude?[7]", "", "/opt/claudefs/bin/claude -p x/y");
	expect("claude?[7]", NULL, "claude");
	expect("?[7]", "", "");
	expect("?[7]", NULL, NULL);
	expect("?[7]", "", "/bin/ x");
}

static void a_claimed_name_is_bounded(void **state)
{
	char command[1000];
	cleanup_text struct text text = { 0 };

	(void)state;
	memset(command, 'a', sizeof(command) - 1);
	command[sizeof(command) - 1] = '\0';
	writer_name_append(&text, "", command, 7);
	assert_int_equal(text.len, WRITER_NAME_MAX + strlen("?[7]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_goes_before_the_process),
		cmocka_unit_test(a_claimed_name_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
