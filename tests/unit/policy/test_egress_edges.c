/* SPDX-License-Identifier: MIT */
/* The list of hosts at its limits: the shortest and the longest that it takes, what it says of what
 * it does not take, names that are there twice, and no memory. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/policy/egress_list.h"
#include "tests/lib/fault_call.h"

static void what_is_no_name_is_refused(void **state)
{
	static const char *const bad[] = { "",     ".",    "..",    "a",     "a.",
					   "a..",  ".a.b", "a.b..", "a.b:1", "a.b/c",
					   "a.b@", "a.{b", "a.`b",  "a.b c", "a.0x1",
					   "a.0x", "a.1",  "a.007", "1",     "0x1" };
	static const char *const good[][2] = { { "a.b.", "a.b" },     { "A.Z", "a.z" },
					       { "0.a9", "0.a9" },    { "_dns.a-b", "_dns.a-b" },
					       { "a.0y1", "a.0y1" },  { "a.1x", "a.1x" },
					       { "1.2.c3", "1.2.c3" } };
	char name[EGRESS_HOST_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (egress_host_normalize(bad[i], strlen(bad[i]), name) != -EINVAL)
			fail_msg("taken for a name: %s", bad[i]);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(egress_host_normalize(good[i][0], strlen(good[i][0]), name), 0);
		assert_string_equal(name, good[i][1]);
	}
}

static void a_name_that_is_there_twice_counts_once_more(void **state)
{
	static const char text[] = "a.corp\na.corp private\na.corp\n*.a.corp\nb.corp";
	cleanup_egress_list struct egress_list *list = NULL;
	struct egress_problem problem;
	bool may_be_private = false;

	(void)state;
	assert_int_equal(egress_list_parse(text, strlen(text), &list, &problem), 0);
	assert_int_equal(egress_list_count(list), 5);
	assert_true(egress_list_allows(list, "a.corp", &may_be_private));
	assert_true(may_be_private);
	assert_true(egress_list_allows(list, "x.a.corp", &may_be_private));
	assert_false(may_be_private);
	/* The last line has no end. */
	assert_true(egress_list_allows(list, "b.corp", &may_be_private));
	egress_list_free(NULL);
}

/* What is wrong is quoted, but not without end. */
static void long_words_are_quoted_in_part(void **state)
{
	struct egress_problem problem;
	struct egress_list *list = NULL;
	char line[400];

	(void)state;
	memset(line, 'a', 300);
	memcpy(line + 300, ":1\n", 4);
	assert_int_equal(egress_list_parse(line, strlen(line), &list, &problem), -EBADMSG);
	assert_non_null(strstr(problem.reason, "aaa: no host name"));
	assert_true(strlen(problem.reason) < 200);
	memcpy(line, "a.b ", 4);
	assert_int_equal(egress_list_parse(line, strlen(line), &list, &problem), -EBADMSG);
	assert_non_null(strstr(problem.reason, "aaa: only 'private' may follow"));
	/* As long as the word, and another one. */
	assert_int_equal(egress_list_parse("a.b privatf", 11, &list, &problem), -EBADMSG);
	assert_null(list);
}

/* The size is looked at before anything else. */
static void a_list_that_is_too_large_is_not_read(void **state)
{
	static char text[EGRESS_LIST_MAX + 1];
	cleanup_text struct text lines = { 0 };
	struct egress_problem problem = { 0 };
	struct egress_list *list = NULL;

	(void)state;
	memset(text, '\n', sizeof(text));
	assert_int_equal(egress_list_expand(text, sizeof(text), NULL, NULL, &lines, &problem),
			 -EBADMSG);
	assert_non_null(strstr(problem.reason, "larger than"));
	assert_int_equal(egress_list_parse(text, sizeof(text), &list, &problem), -EBADMSG);
	assert_int_equal(egress_list_parse(text, EGRESS_LIST_MAX, &list, &problem), 0);
	assert_int_equal(egress_list_count(list), 0);
	egress_list_free(list);
}

static void a_list_may_be_checked_before_its_keywords_are_known(void **state)
{
	static const char good[] = "a.b\n@npm\n*.c.d private\n";
	static const char bad[] = "a.b\n@npm\nc\n";
	struct egress_problem problem = { 0 };

	(void)state;
	assert_int_equal(egress_list_check(good, strlen(good), &problem), 0);
	assert_int_equal(egress_list_check(bad, strlen(bad), &problem), -EBADMSG);
	assert_int_equal(problem.line, 3);
}

static int give(const char *word, struct text *lines, void *arg)
{
	const int *result = arg;

	(void)word;
	text_append(lines, "x.y\n");
	return *result;
}

static int no_access = -EACCES;
static int no_error;

static void an_error_of_a_keyword_is_passed_on(void **state)
{
	cleanup_text struct text lines = { 0 };
	struct egress_problem problem = { 0 };

	(void)state;
	assert_int_equal(egress_list_expand("@k\n", 3, give, &no_access, &lines, &problem),
			 -EACCES);
}

static const char whole[] = "a.b\n@k\n*.c.d private\ne.f\n";

static int expand_and_parse(void)
{
	cleanup_text struct text lines = { 0 };
	cleanup_egress_list struct egress_list *list = NULL;
	struct egress_problem problem = { 0 };
	int r = egress_list_check(whole, strlen(whole), &problem);

	if (r == 0)
		r = egress_list_expand(whole, strlen(whole), give, &no_error, &lines, &problem);
	if (r == 0)
		r = egress_list_parse(lines.data, lines.len, &list, &problem);
	assert_int_equal(list != NULL, r == 0);
	return r;
}

/* Half a list is none: what it allows would be missing, or what it says is private be open. */
static void without_memory_there_is_no_list(void **state)
{
	unsigned int nth = 0;
	bool has_hit = true;

	(void)state;
	while (has_hit) {
		int r;

		fault_arm(FAULT_MEMORY, ++nth, ENOMEM, false);
		r = expand_and_parse();
		has_hit = fault_disarm();
		assert_int_equal(r, has_hit ? -ENOMEM : 0);
	}
	assert_true(nth > 8);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(a_name_that_is_there_twice_counts_once_more),
		cmocka_unit_test(long_words_are_quoted_in_part),
		cmocka_unit_test(a_list_that_is_too_large_is_not_read),
		cmocka_unit_test(a_list_may_be_checked_before_its_keywords_are_known),
		cmocka_unit_test(an_error_of_a_keyword_is_passed_on),
		cmocka_unit_test(without_memory_there_is_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
