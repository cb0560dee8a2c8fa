/* SPDX-License-Identifier: MIT */
/* On which line of a rule file a mistake stands, however the file is written. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/policy/rules.h"

#define GOOD "{\"path\":\"a\",\"read\":\"show\",\"write\":\"never\",\"why\":\"[{\\\"},\\\\\"}"
#define BAD  "{\"path\":\"a\",\"read\":\"show\",\"write\":\"x\",\"why\":\"w\"}"

static const struct {
	const char *text;
	unsigned int line;
} cases[] = {
	{ "{\"version\":1,\"rules\":[" BAD "]}", 1 },
	{ "{\"version\":1,\n\"rules\":[\n" GOOD ",\n" BAD "]}", 4 },
	/* Blanks of all kinds, and line ends of the other kind. */
	{ "\r\n{\t\"version\" :\t1,\r\n\t\"rules\":\t[\r\n\t" GOOD "\t,\r\n\r\n\t\t" BAD
	  "\r\n]\r\n}",
	  6 },
	/* Lists and objects within a rule are not rules. */
	{ "{\"version\":1,\"rules\":[\n" GOOD ",\n{\"path\":[[1,2],\n{\"b\":[3]}]}\n]}", 3 },
	{ "{\"version\":1,\"rules\":[\n" GOOD ",\n\n[" GOOD "]\n]}", 4 },
	{ "{\"version\":1,\"rules\":[\n" GOOD ",\n\"" GOOD,
	  0 }, /* no JSON at all: jansson's line */
	{ "{\"version\":1,\n\"rules\":[],\n\"x\":1}", 1 },
	{ "{\"version\":1,\"rules\":{}}", 1 },
	{ "[]", 1 },
};

static void the_line_of_a_mistake_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_rules struct rules *rules = NULL;
		struct rules_problem problem = { 0 };
		size_t count;
		int r;

		assert_int_equal(rules_new_builtin(&rules), 0);
		count = rules_count(rules);
		r = rules_add_text(rules, "t", cases[i].text, strlen(cases[i].text), &problem);
		if (r != -EBADMSG || (cases[i].line > 0 && problem.line != cases[i].line))
			fail_msg("case %zu: %d, line %u: %s", i, r, problem.line, problem.reason);
		assert_true(problem.reason[0]);
		/* Nothing of it counts. */
		assert_int_equal(rules_count(rules), count);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_of_a_mistake_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
