/* SPDX-License-Identifier: MIT */
/* Which characters are drawn: one of each kind of Unicode, at the edges of each. */
#include "tests/unit/cmocka_setup.h"

#include <string.h>

#include "fs/base/fold.h"

static const struct kind {
	uint32_t code;
	bool is_visible;
	bool is_hidden;
	const char *what;
} kinds[] = {
	{ 'a', true, false, "letter" },
	{ 0x20, true, false, "space" },
	{ 0xe4, true, false, "letter beyond ASCII" },
	{ 0x1f600, true, false, "emoji" },
	{ 0x07, false, false, "control" },
	{ 0x9f, false, false, "C1 control" },
	{ 0xad, false, true, "soft hyphen" },
	{ 0x200b, false, true, "zero width space" },
	{ 0x202e, false, true, "right-to-left override" },
	{ 0x0600, false, true, "Arabic number sign: a format character" },
	{ 0x2028, false, true, "line separator" },
	{ 0x2029, false, true, "paragraph separator" },
	{ 0xfe0f, false, true, "variation selector" },
	{ 0xe0041, false, true, "tag" },
	{ 0xe000, false, false, "private use" },
	{ 0x10ffff, false, false, "private use, the last: not assigned" },
	{ 0x0378, false, false, "not assigned" },
};

static void each_kind_is_drawn_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (fold_is_visible(kinds[i].code) != kinds[i].is_visible ||
		    fold_is_hidden(kinds[i].code) != kinds[i].is_hidden)
			fail_msg("U+%04X, %s", (unsigned int)kinds[i].code, kinds[i].what);
	}
}

static void what_is_no_character_ends_a_name(void **state)
{
	static const char *const bad[] = { "\xff",     "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80",
					   "\xc0\x80", "\x80" };
	uint32_t code = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(fold_next_code_point(bad[i], strlen(bad[i]), &code), 0);
		assert_int_equal(code, 7);
		assert_false(fold_is_plain_name(bad[i]));
	}
	assert_int_equal(fold_next_code_point("", 0, &code), 0);
	assert_int_equal(fold_next_code_point("\xe2\x82\xac", 3, &code), 3);
	assert_int_equal(code, 0x20ac);
	/* Cut within a character. */
	assert_int_equal(fold_next_code_point("\xe2\x82\xac", 2, &code), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_drawn_or_not),
		cmocka_unit_test(what_is_no_character_ends_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
