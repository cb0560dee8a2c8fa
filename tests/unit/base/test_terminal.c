/* SPDX-License-Identifier: MIT */
/* Layout for people, without trusting what is laid out. */
#include "fs/base/terminal.h"

#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "tests/unit/cmocka_setup.h"

static char *size_of(uint64_t bytes)
{
	struct text text = { 0 };

	terminal_append_size(&text, bytes);
	return text_steal(&text);
}

static void assert_size(uint64_t bytes, const char *expected)
{
	cleanup_free char *got = size_of(bytes);

	assert_string_equal(got, expected);
}

static void sizes_are_for_people(void **state)
{
	(void)state;
	assert_size(0, "0 B");
	assert_size(1023, "1023 B");
	assert_size(1024, "1.0 KiB");
	assert_size(1536, "1.5 KiB");
	assert_size((1u << 20) - 1, "1.0 MiB");
	assert_size(1u << 20, "1.0 MiB");
	assert_size(UINT64_MAX, "16.0 EiB");
}

static void styles_do_not_let_untrusted_bytes_through(void **state)
{
	cleanup_text struct text text = { 0 };

	(void)state;
	terminal_append(&text, true, STYLE_RED, "a\033[2Jb");
	assert_string_equal(text.data, "\033[31ma\\x1b[2Jb\033[0m");
}

static void without_color_there_is_no_escape(void **state)
{
	cleanup_text struct text text = { 0 };

	(void)state;
	terminal_append(&text, false, STYLE_RED,
			"a\xe2\x80\xae"
			"b");
	assert_string_equal(text.data, "a\\u{202e}b");
}

static char *printed(struct table *table)
{
	char *data = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&data, &len);

	assert_non_null(stream);
	assert_int_equal(table_print(table, stream), 0);
	(void)fclose(stream);
	return data;
}

static void add_row(struct table *table, const char *name, const char *number)
{
	table_cell(table, STYLE_PLAIN, name);
	table_number(table, STYLE_PLAIN, number);
	table_cell(table, STYLE_PLAIN, "x");
	table_end_row(table);
}

static void columns_are_aligned_by_width_not_by_bytes(void **state)
{
	cleanup_table struct table *table = table_new(false, "  ");
	cleanup_free char *out = NULL;

	(void)state;
	add_row(table, "\xc3\xa9", "7");       /* e acute: two bytes, one column */
	add_row(table, "\xe6\xbc\xa2", "100"); /* a wide character: three bytes, two columns */
	add_row(table, "abc", "20");
	out = printed(table);
	assert_string_equal(out, "  \xc3\xa9      7  x\n"
				 "  \xe6\xbc\xa2   100  x\n"
				 "  abc   20  x\n");
}

static void a_very_long_cell_does_not_widen_its_column(void **state)
{
	cleanup_table struct table *table = table_new(false, "");
	cleanup_free char *out = NULL;
	char longer[TABLE_PAD_MAX + 2];

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	table_cell(table, STYLE_PLAIN, longer);
	table_cell(table, STYLE_PLAIN, "1");
	table_end_row(table);
	table_cell(table, STYLE_PLAIN, "b");
	table_cell(table, STYLE_PLAIN, "2");
	table_end_row(table);
	out = printed(table);
	assert_non_null(strstr(out, "a  1\nb  2\n"));
}

/* Path, size, writer and reason, as `status` has them. */
static void add_change(struct table *table, const char *path, const char *reason)
{
	table_cell(table, STYLE_PLAIN, "new");
	table_cell(table, STYLE_PLAIN, path);
	table_number(table, STYLE_PLAIN, "+18 B");
	table_cell(table, STYLE_PLAIN, "claude[4711]");
	table_cell(table, STYLE_PLAIN, reason);
	table_end_row(table);
}

static void a_narrow_terminal_gets_rows_of_several_lines(void **state)
{
	cleanup_table struct table *table = table_new(false, "  ");
	cleanup_free char *out = NULL;

	(void)state;
	add_change(table, "plans/release.md", "Instructions to later sessions of this project");
	add_change(table, "a", "");
	table_limit(table, 40);
	out = printed(table);
	assert_string_equal(out, "  new  plans/release.md  +18 B\n"
				 "      claude[4711]\n"
				 "      Instructions to later sessions of\xe2\x80\xa6\n"
				 "  new  a  +18 B  claude[4711]\n");
}

static void where_there_is_room_only_the_last_cell_is_cut(void **state)
{
	cleanup_table struct table *table = table_new(false, "  ");
	cleanup_free char *out = NULL;

	(void)state;
	add_change(table, "plans/release.md", "Instructions to later sessions of this project");
	table_limit(table, 80);
	out = printed(table);
	assert_string_equal(out, "  new  plans/release.md  +18 B  claude[4711]  "
				 "Instructions to later sessions of\xe2\x80\xa6\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_for_people),
		cmocka_unit_test(styles_do_not_let_untrusted_bytes_through),
		cmocka_unit_test(without_color_there_is_no_escape),
		cmocka_unit_test(columns_are_aligned_by_width_not_by_bytes),
		cmocka_unit_test(a_very_long_cell_does_not_widen_its_column),
		cmocka_unit_test(a_narrow_terminal_gets_rows_of_several_lines),
		cmocka_unit_test(where_there_is_room_only_the_last_cell_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
