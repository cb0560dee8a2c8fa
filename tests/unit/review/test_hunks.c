/* SPDX-License-Identifier: MIT */
/* Taking all edits gives the session's file, none the host's, and some give each chosen one and no
 * other, whatever the texts: the random ones are of lines that repeat, with and without a newline
 * at their end. The seed is printed; CLAUDEFS_TEST_SEED repeats a run. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/base/cleanup.h"
#include "fs/review/hunks.h"

static struct hunks *make(const char *old_text, const char *new_text)
{
	struct hunks *hunks = NULL;

	assert_int_equal(hunks_new(strdup(old_text), strlen(old_text), strdup(new_text),
				   strlen(new_text), &hunks),
			 0);
	return hunks;
}

static void assert_applied(const struct hunks *hunks, const bool *chosen, const char *expected)
{
	cleanup_text struct text text = { 0 };

	hunks_apply(hunks, chosen, &text);
	assert_false(text.is_failed);
	assert_string_equal(text.data ? text.data : "", expected);
}

static void each_edit_is_taken_alone(void **state)
{
	cleanup_hunks struct hunks *hunks = make("1\n2\n3\n4\n5\n", "one\n2\n3\n3b\n4\n");
	const bool first[] = { true, false, false };
	const bool second[] = { false, true, false };
	const bool third[] = { false, false, true };

	(void)state;
	assert_int_equal(hunks_count(hunks), 3);
	assert_applied(hunks, first, "one\n2\n3\n4\n5\n");
	assert_applied(hunks, second, "1\n2\n3\n3b\n4\n5\n");
	assert_applied(hunks, third, "1\n2\n3\n4\n");
}

static void missing_newline_is_an_edit_like_others(void **state)
{
	cleanup_hunks struct hunks *hunks = make("a\nb", "A\nb\n");
	const bool last[] = { false, true };
	const bool first[] = { true, false };

	(void)state;
	assert_int_equal(hunks_count(hunks), 1);
	assert_applied(hunks, last + 1, "A\nb\n");
	assert_applied(hunks, first + 1, "a\nb");
}

static int collect(char origin, const char *line, size_t len, void *arg)
{
	text_appendf(arg, "%c%.*s|", origin, (int)len, line);
	return 0;
}

static void run_is_shown_with_what_stands_around(void **state)
{
	cleanup_hunks struct hunks *hunks =
		make("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\nthree\n4\n5\n6\n7\n9\n");
	cleanup_text struct text whole = { 0 };
	cleanup_text struct text part = { 0 };

	(void)state;
	assert_int_equal(hunks_run_end(hunks, 0, 3), 2);
	assert_int_equal(hunks_run_end(hunks, 0, 1), 1);
	assert_int_equal(hunks_show(hunks, 0, 2, 1, collect, &whole), 0);
	assert_string_equal(whole.data, "H@@ -2,8 +2,7 @@| 2|-3|+three| 4| 5| 6| 7|-8| 9|");
	assert_int_equal(hunks_show(hunks, 1, 2, 9, collect, &part), 0);
	assert_string_equal(part.data, "H@@ -4,6 +4,5 @@| 4| 5| 6| 7|-8| 9|");
}

static void digest_tells_edits_and_changes_apart(void **state)
{
	cleanup_hunks struct hunks *hunks = make("a\nb\na\n", "x\nb\nx\n");
	const struct digest one = { { 1 } };
	const struct digest two = { { 2 } };
	struct digest first;
	struct digest second;
	struct digest other;

	(void)state;
	assert_int_equal(hunks_digest(hunks, 0, &one, &first), 0);
	assert_int_equal(hunks_digest(hunks, 1, &one, &second), 0);
	assert_int_equal(hunks_digest(hunks, 0, &two, &other), 0);
	assert_false(digest_is_equal(&first, &second));
	assert_false(digest_is_equal(&first, &other));
}

static void what_is_no_text_has_none(void **state)
{
	char *old_data = strdup("a\n");
	char *new_data = calloc(1, 16);
	struct hunks *hunks = NULL;

	(void)state;
	assert_int_equal(hunks_new(old_data, 2, new_data, 16, &hunks), -ENOTSUP);
	free(old_data);
	free(new_data);
}

static unsigned int next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(*seed >> 33);
}

static char *random_text(uint64_t *seed)
{
	struct text text = { 0 };
	unsigned int lines = next_random(seed) % 24;

	for (unsigned int i = 0; i < lines; i++)
		text_appendf(&text, "%c%s", (char)('a' + next_random(seed) % 5),
			     i + 1 == lines && next_random(seed) % 3 == 0 ? "" : "\n");
	return text_steal(&text);
}

/* Choosing more edits one by one must come from the old text to the new one, each step changing
 * something, and what is left must be what was not chosen. */
static void check_random(uint64_t *seed)
{
	cleanup_free char *old_text = random_text(seed);
	cleanup_free char *new_text = random_text(seed);
	cleanup_hunks struct hunks *hunks = make(old_text, new_text);
	cleanup_free bool *chosen = calloc(hunks_count(hunks) + 1, sizeof(bool));
	cleanup_text struct text before = { 0 };

	assert_applied(hunks, chosen, old_text);
	hunks_apply(hunks, chosen, &before);
	for (size_t i = 0; i < hunks_count(hunks); i++) {
		cleanup_text struct text after = { 0 };

		chosen[i] = true;
		hunks_apply(hunks, chosen, &after);
		assert_string_not_equal(before.data ? before.data : "",
					after.data ? after.data : "");
		text_done(&before);
		before = after;
		after = (struct text){ 0 };
	}
	assert_applied(hunks, chosen, new_text);
}

static void random_texts_keep_the_promise(void **state)
{
	const char *given = getenv("CLAUDEFS_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned int i = 0; i < 20000; i++)
		check_random(&seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_edit_is_taken_alone),
		cmocka_unit_test(missing_newline_is_an_edit_like_others),
		cmocka_unit_test(run_is_shown_with_what_stands_around),
		cmocka_unit_test(digest_tells_edits_and_changes_apart),
		cmocka_unit_test(what_is_no_text_has_none),
		cmocka_unit_test(random_texts_keep_the_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
