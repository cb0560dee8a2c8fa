/* SPDX-License-Identifier: MIT */
/* The grammar of patterns. Names are matched as they are: no character of a name is special. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/policy/pattern.h"

#define NAMES_MAX 8192

static bool matches(const char *text, const char *path)
{
	static struct pattern_name names[NAMES_MAX];
	const struct pattern_context context = { "-p", NULL };
	cleanup_pattern struct pattern *pattern = NULL;
	const char *reason = NULL;
	const char *cursor = path;
	const char *name;
	size_t count = 0;
	size_t len = 0;

	assert_int_equal(pattern_compile(text, &pattern, &reason), 0);
	while (count < NAMES_MAX && (name = path_next(&cursor, &len)) != NULL)
		names[count++] = (struct pattern_name){ name, len };
	return pattern_matches(pattern, PATTERN_EXACT, &context, names, count);
}

static void patterns_are_anchored_at_both_ends(void **state)
{
	(void)state;
	assert_true(matches("a/b", "a/b"));
	assert_false(matches("a/b", "a"));
	assert_false(matches("a/b", "a/b/c"));
	assert_false(matches("b", "a/b"));
	assert_false(matches("a", "ab"));
	assert_false(matches("ab", "a"));
}

static void a_star_stays_within_its_component(void **state)
{
	(void)state;
	assert_true(matches("*.md", "a.md"));
	assert_true(matches("*.md", ".md"));
	assert_false(matches("*.md", "a/b.md"));
	assert_true(matches("a*b*c", "axxbyybzzc"));
	assert_false(matches("a*b*c", "axxbyybzz"));
	assert_true(matches("*", ".hidden"));
	assert_true(matches("a/*/c", "a/b/c"));
	assert_false(matches("a/*/c", "a/b/b/c"));
}

static void a_question_mark_is_one_code_point(void **state)
{
	(void)state;
	assert_true(matches("a?c", "abc"));
	assert_true(matches("a?c", "a\xc3\xa9"
				   "c"));
	assert_true(matches("?", "\xf0\x9f\x98\x80"));
	assert_false(matches("??", "\xc3\xa9"));
	assert_false(matches("a?c", "ac"));
	assert_false(matches("a?c", "a/c"));
	assert_true(matches("*?", "\xc3\xa9"));
	assert_false(matches("*??", "\xc3\xa9"));
}

static void a_double_star_is_any_number_of_components(void **state)
{
	(void)state;
	assert_true(matches("a/**", "a"));
	assert_true(matches("a/**", "a/b/c"));
	assert_false(matches("a/**", "ab"));
	assert_true(matches("**/a", "a"));
	assert_true(matches("**/a", "x/y/a"));
	assert_false(matches("**/a", "x/y/ab"));
	assert_true(matches("a/**/b", "a/b"));
	assert_true(matches("a/**/b/**/c", "a/x/b/b/y/c"));
	assert_false(matches("a/**/b/**/c", "a/x/c/y/c"));
	assert_true(matches("**", "a"));
	assert_true(matches("**", "a/b/c/d"));
	assert_true(matches("a/**/*.l", "a/x/y/z.l"));
	assert_true(matches("a/**/*.l", "a/z.l"));
}

static void alternatives_are_expanded(void **state)
{
	(void)state;
	assert_true(matches("{a,b}/c", "a/c"));
	assert_true(matches("{a,b}/c", "b/c"));
	assert_false(matches("{a,b}/c", "c/c"));
	assert_false(matches("{a,b}/c", "{a,b}/c"));
	assert_true(matches("x{,y}", "x"));
	assert_true(matches("x{,y}", "xy"));
	assert_true(matches("{a,b/{c,d}}/e", "b/d/e"));
	assert_true(matches("{a,b/{c,d}}/e", "a/e"));
	assert_false(matches("{a,b/{c,d}}/e", "c/e"));
	assert_true(matches("{a,b}{c,d}{e,f}", "bcf"));
	assert_true(matches("a,b", "a,b"));
	assert_true(matches("{a\\,b,c\\}}", "a,b"));
	assert_true(matches("{a\\,b,c\\}}", "c}"));
}

static void a_backslash_takes_the_next_character_as_it_is(void **state)
{
	(void)state;
	assert_true(matches("\\*", "*"));
	assert_false(matches("\\*", "a"));
	assert_true(matches("\\?\\{\\}\\[\\]\\<project>\\\\", "?{}[]<project>\\"));
	assert_true(matches("\\a", "a"));
}

static void placeholders_stand_for_names(void **state)
{
	(void)state;
	assert_true(matches("projects/<project>/x", "projects/-p/x"));
	assert_false(matches("projects/<project>/x", "projects/<project>/x"));
	assert_false(matches("projects/<project>/x", "projects/-pp/x"));
	assert_true(matches("a<project>b", "a-pb"));
	assert_false(matches("<session>", "11111111-1111-4111-8111-111111111111")); /* no scope */
}

static void characters_of_a_name_are_not_special(void **state)
{
	(void)state;
	assert_false(matches("abc", "*"));
	assert_false(matches("abc", "a?c"));
	assert_false(matches("abc", "[abc]"));
	assert_false(matches("a", "{a,b}"));
	assert_true(matches("*", "**"));
	assert_true(matches("a/*", "a/\n"));
}

static void malformed_patterns_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"/a",
		"a/",
		"a//b",
		"a/./b",
		"..",
		"a/../b",
		"a**",
		"**a",
		"a/b**/c",
		"***",
		"{a",
		"a}",
		"{a,{b}",
		"[a]",
		"a[b",
		"a]",
		"<x>",
		"<",
		"a\\",
		"a\\/b",
		"<project",
		"{,a}",
		"{a,}/b",
		"{..,a}",
		"\xff",
		"a{b\\}",
		"\\",
		"a/\xef\xbc\x8f",
		"<Project>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct pattern *pattern = NULL;
		const char *reason = NULL;

		if (pattern_compile(texts[i], &pattern, &reason) != -EINVAL)
			fail_msg("taken: %s", texts[i]);
		assert_non_null(reason);
		assert_null(pattern);
	}
}

static void expansion_is_bounded(void **state)
{
	struct pattern *pattern = NULL;
	const char *reason = NULL;

	(void)state;
	assert_int_equal(pattern_compile("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", &pattern, &reason),
			 0);
	pattern_free(pattern);
	pattern = NULL;
	assert_int_equal(
		pattern_compile("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", &pattern, &reason),
		-EINVAL);
	assert_null(pattern);
}

static void hostile_names_cost_no_more_than_a_product(void **state)
{
	cleanup_text struct text pattern = { 0 };
	cleanup_text struct text deep = { 0 };
	char name[PATH_NAME_MAX + 1];
	struct timespec start;
	struct timespec end;

	(void)state;
	memset(name, 'a', PATH_NAME_MAX);
	name[PATH_NAME_MAX] = '\0';
	for (int i = 0; i < 60; i++)
		text_append(&pattern, "a*");
	text_append(&pattern, "b");
	for (int i = 0; i < 8000; i++)
		text_append(&deep, "a/");
	text_append(&deep, "c");
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	assert_false(matches(pattern.data, name));
	assert_false(matches("a/**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/b", deep.data));
	assert_false(matches("**/*a*a*a*a*a*a*a*a*b", deep.data));
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	/* Exponential backtracking would take ages; sanitizers and slow machines get a second. */
	assert_true(end.tv_sec - start.tv_sec <= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_are_anchored_at_both_ends),
		cmocka_unit_test(a_star_stays_within_its_component),
		cmocka_unit_test(a_question_mark_is_one_code_point),
		cmocka_unit_test(a_double_star_is_any_number_of_components),
		cmocka_unit_test(alternatives_are_expanded),
		cmocka_unit_test(a_backslash_takes_the_next_character_as_it_is),
		cmocka_unit_test(placeholders_stand_for_names),
		cmocka_unit_test(characters_of_a_name_are_not_special),
		cmocka_unit_test(malformed_patterns_are_refused),
		cmocka_unit_test(expansion_is_bounded),
		cmocka_unit_test(hostile_names_cost_no_more_than_a_product),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
