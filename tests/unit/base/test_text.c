/* SPDX-License-Identifier: MIT */
/* Untrusted bytes on their way to a terminal. */
#include "tests/unit/cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "fs/base/text.h"

static void assert_safe(const char *raw, const char *safe)
{
	cleanup_text struct text text = { 0 };

	text_append_safe(&text, raw, strlen(raw), false);
	assert_string_equal(text.data, safe);
}

static void terminal_escapes_are_spelt_out(void **state)
{
	(void)state;
	assert_safe("\033]0;pwn\a", "\\x1b]0;pwn\\x07");
	assert_safe("\x9b"
		    "31m",
		    "\\x9b31m"); /* a raw C1 byte is not UTF-8 */
	assert_safe("\xc2\x9b"
		    "31m",
		    "\\u{009b}31m"); /* C1 as UTF-8 */
	assert_safe("a\r\nb\t", "a\\r\\nb\\t");
	assert_safe("\x7f", "\\x7f");
}

static void invisible_and_turning_characters_are_spelt_out(void **state)
{
	(void)state;
	assert_safe("a\xe2\x80\xae"
		    "b",
		    "a\\u{202e}b");
	assert_safe("a\xe2\x80\x8b"
		    "b",
		    "a\\u{200b}b");
	assert_safe("\xf3\xa0\x81\x81", "\\u{e0041}"); /* tag letter */
	assert_safe("a\xef\xb8\x8f", "a\\u{fe0f}");    /* variation selector */
	assert_int_equal(text_count_unsafe("a\xe2\x80\xae\n\xff", 6), 2);
}

static void the_escape_is_unambiguous(void **state)
{
	(void)state;
	assert_safe("\\x1b", "\\\\x1b");
	assert_safe("caf\xc3\xa9 \xe6\x97\xa5", "caf\xc3\xa9 \xe6\x97\xa5");
}

static void appends_grow_and_steal_empties(void **state)
{
	struct text text = { 0 };
	char *s;

	(void)state;
	for (int i = 0; i < 1000; i++)
		text_appendf(&text, "%d,", i);
	assert_int_equal(text.len, 3890);
	s = text_steal(&text);
	assert_int_equal(strlen(s), 3890);
	free(s);
	s = text_steal(&text);
	assert_string_equal(s, "");
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminal_escapes_are_spelt_out),
		cmocka_unit_test(invisible_and_turning_characters_are_spelt_out),
		cmocka_unit_test(the_escape_is_unambiguous),
		cmocka_unit_test(appends_grow_and_steal_empties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
