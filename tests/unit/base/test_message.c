/* SPDX-License-Identifier: MIT */
/* Exit codes of programs that did several things. */
#include "tests/unit/cmocka_setup.h"

#include "fs/base/message.h"

static void the_worse_code_counts_in_either_order(void **state)
{
	static const int ordered[] = { EXIT_OK, EXIT_HELD, EXIT_CONFLICT, EXIT_REFUSED,
				       EXIT_FAULT };
	const size_t count = sizeof(ordered) / sizeof(ordered[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = i; k < count; k++) {
			assert_int_equal(message_worse_code(ordered[i], ordered[k]), ordered[k]);
			assert_int_equal(message_worse_code(ordered[k], ordered[i]), ordered[k]);
		}
	}
	/* The first of two faults. */
	assert_int_equal(message_worse_code(EXIT_NO_SPACE, EXIT_BUSY), EXIT_NO_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worse_code_counts_in_either_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
