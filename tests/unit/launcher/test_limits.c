/* SPDX-License-Identifier: MIT */
/* Sizes and numbers of limits: what is taken, and what is refused rather than guessed at. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>

#include "launcher/limits.h"

static void sizes_have_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ "1048576", 1 << 20 },      { "64m", 64u << 20 },        { "64M", 64u << 20 },
		{ "64mb", 64u << 20 },       { "8g", UINT64_C(8) << 30 }, { "1024k", 1024u << 10 },
		{ "2T", UINT64_C(2) << 40 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bytes = 0;

		assert_int_equal(limits_parse_size(cases[i].text, 1, &bytes), 0);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

static void what_is_no_size_is_refused(void **state)
{
	static const char *const texts[] = { "",    "m",    "-1",   "1.5g", "8 g",
					     "8gg", "0x10", "8gbb", "+8" };
	uint64_t bytes = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(limits_parse_size(texts[i], 1, &bytes), -EINVAL);
	assert_int_equal(limits_parse_size("63m", LIMITS_MEMORY_MIN, &bytes), -ERANGE);
	assert_int_equal(limits_parse_size("0", 1, &bytes), -ERANGE);
	assert_int_equal(limits_parse_size("9999t", 1, &bytes), -ERANGE);
	assert_int_equal(limits_parse_size("99999999999999999999999", 1, &bytes), -ERANGE);
	assert_int_equal(bytes, 7);
}

static void processors_have_three_decimals(void **state)
{
	uint32_t milli = 0;

	(void)state;
	assert_int_equal(limits_parse_cpus("2", &milli), 0);
	assert_int_equal(milli, 2000);
	assert_int_equal(limits_parse_cpus("0.5", &milli), 0);
	assert_int_equal(milli, 500);
	assert_int_equal(limits_parse_cpus("1.025", &milli), 0);
	assert_int_equal(milli, 1025);
	assert_int_equal(limits_parse_cpus("1.0255", &milli), -EINVAL);
	assert_int_equal(limits_parse_cpus(".5", &milli), -EINVAL);
	assert_int_equal(limits_parse_cpus("1,5", &milli), -EINVAL);
	assert_int_equal(limits_parse_cpus("0", &milli), -ERANGE);
	assert_int_equal(limits_parse_cpus("0.001", &milli), -ERANGE);
	assert_int_equal(limits_parse_cpus("1025", &milli), -ERANGE);
	assert_int_equal(limits_parse_cpus("4294967297", &milli), -ERANGE);
	assert_int_equal(milli, 1025);
}

static void processes_are_bounded_both_ways(void **state)
{
	uint32_t pids = 0;

	(void)state;
	assert_int_equal(limits_parse_pids("512", &pids), 0);
	assert_int_equal(pids, 512);
	assert_int_equal(limits_parse_pids("15", &pids), -ERANGE);
	assert_int_equal(limits_parse_pids("32769", &pids), -ERANGE);
	assert_int_equal(limits_parse_pids("4294967808", &pids), -ERANGE);
	assert_int_equal(limits_parse_pids("12x", &pids), -EINVAL);
	assert_int_equal(pids, 512);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test(what_is_no_size_is_refused),
		cmocka_unit_test(processors_have_three_decimals),
		cmocka_unit_test(processes_are_bounded_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
