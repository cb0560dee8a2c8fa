/* SPDX-License-Identifier: MIT */
/* Properties of the decision that no table of cases can hold: all bytes, all spellings, speed. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/text.h"
#include "fs/policy/decide.h"
#include "fs/policy/never_list.h"

static struct rules *rules;
static struct project_scope *scope;

static int set_up(void **state)
{
	(void)state;
	return rules_new_builtin(&rules) < 0 || project_scope_new("/home/u/proj", &scope) < 0 ? -1
											      : 0;
}

static int tear_down(void **state)
{
	(void)state;
	project_scope_free(scope);
	rules_free(rules);
	return 0;
}

/* What a project forbids is forbidden in every spelling; nothing else changes, and what the rules
 * refuse or hide stays as it is. */
static void what_the_project_forbids_never_leaves(void **state)
{
	static const struct {
		const char *path;
		bool is_forbidden;
	} cases[] = {
		{ "plans/a.md", true },
		{ "PLANS/a.md", true },
		{ "projects/-home-u-proj/memory/a.md", true },
		{ "projects/-home-u-proj/b5c37fb8-3bc7-4ec5-9cc9-c63e2cb7d662.jsonl", false },
		{ "history.jsonl", false },
		{ "settings.json", false },
		{ "sessions/1.json", false },
	};
	struct never_list *never = NULL;
	const char *reason = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verdict before, after;

		policy_decide(rules, scope, cases[i].path, &before);
		assert_int_equal(never_list_parse("plans/**\n\nprojects/<project>/memory/**\n"
						  "settings.json\nsessions/**",
						  &never, &reason),
				 0);
		project_scope_set_never(scope, never);
		policy_decide(rules, scope, cases[i].path, &after);
		project_scope_set_never(scope, NULL);
		assert_int_equal(after.read, before.read);
		assert_int_equal(after.write,
				 cases[i].is_forbidden ? RULE_WRITE_NEVER : before.write);
		assert_int_equal(after.note && strstr(after.note, ".claudefs.json") != NULL,
				 cases[i].is_forbidden && before.write != RULE_WRITE_NEVER);
	}
	assert_int_equal(never_list_parse("a/**b", &never, &reason), -EINVAL);
	assert_non_null(reason);
}

static void a_never_list_has_limits(void **state)
{
	char *lines = calloc(1, NEVER_LIST_MAX + 2);
	struct never_list *never = NULL;
	const char *reason = NULL;

	(void)state;
	assert_non_null(lines);
	for (size_t i = 0; i < NEVER_LIST_LINES_MAX; i++)
		memcpy(lines + 2 * i, "a\n", 2);
	assert_int_equal(never_list_parse(lines, &never, &reason), 0);
	never_list_free(never);
	memcpy(lines + 2 * NEVER_LIST_LINES_MAX, "a", 1);
	assert_int_equal(never_list_parse(lines, &never, &reason), -E2BIG);
	memset(lines, '\n', NEVER_LIST_MAX);
	assert_int_equal(never_list_parse(lines, &never, &reason), 0);
	never_list_free(never);
	lines[NEVER_LIST_MAX] = '\n';
	assert_int_equal(never_list_parse(lines, &never, &reason), -E2BIG);
	free(lines);
}

/* decide.c folds ASCII without asking fold_name(). */
static void ascii_folds_to_lower_case(void **state)
{
	(void)state;
	for (int c = 1; c < 0x80; c++) {
		const char name[] = { 'x', (char)c, 'y', '\0' };
		const char want[] = { 'x', (char)(c >= 'A' && c <= 'Z' ? c + 32 : c), 'y', '\0' };
		cleanup_free char *folded = NULL;

		assert_int_equal(fold_name(name, &folded), 0);
		assert_string_equal(folded, want);
	}
}

/* Random case and random invisible characters. */
static void no_spelling_of_a_protected_name_is_permitted(void **state)
{
	static const char *const names[] = { "settings.json", ".claude.json",
					     "claude.md",     ".credentials.json",
					     "skills/x",      "projects/-home-u-x" };
	static const char *const noise[] = {
		"", "\xe2\x80\x8b", "\xe2\x80\x8d", "\xef\xbb\xbf", "\xc2\xad", "\xef\xb8\x8f"
	};

	(void)state;
	srand(1);
	for (size_t i = 0; i < 20000; i++) {
		const char *name = names[i % (sizeof(names) / sizeof(names[0]))];
		cleanup_text struct text path = { 0 };
		struct verdict verdict;

		for (const char *p = name; *p; p++) {
			char c = rand() % 2 && *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;

			if (rand() % 16 == 0)
				text_append(&path, noise[rand() % 6]);
			text_append_bytes(&path, &c, 1);
		}
		policy_decide(rules, scope, path.data, &verdict);
		/* By itself .claude.json goes, key by key: no other spelling of it does. */
		assert_int_equal(verdict.write, strcmp(path.data, ".claude.json") == 0
							? RULE_WRITE_AUTO
							: RULE_WRITE_NEVER);
		assert_string_not_equal(verdict.rule->pattern, "**");
		if (!verdict.is_exact)
			assert_int_equal(verdict.read, RULE_READ_HIDE);
	}
}

/* Random bytes never crash, and are permitted nothing outside what the rules name exactly. */
static void random_paths_are_never_permitted(void **state)
{
	static const char alphabet[] = "aA.*/\\{}<>\xff\xe2\x80\x8d\n-s";

	(void)state;
	srand(2);
	for (size_t i = 0; i < 100000; i++) {
		char path[40];
		size_t len = (size_t)rand() % (sizeof(path) - 1);
		struct verdict verdict;

		for (size_t j = 0; j < len; j++)
			path[j] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		path[len] = '\0';
		policy_decide(rules, scope, path, &verdict);
		assert_int_equal(verdict.write, RULE_WRITE_NEVER);
		assert_non_null(verdict.rule);
	}
}

static void a_decision_is_fast(void **state)
{
	static const char *const paths[] = {
		"projects/-home-u-proj/11111111-1111-4111-8111-111111111111.jsonl",
		"settings.json",
		"some/unknown/path/deep/below.txt",
		"plugins/cache/a/b/c.js",
		"statsig/x",
	};
	struct timespec start;
	struct timespec end;
	double microseconds;

	(void)state;
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	for (size_t i = 0; i < 100000; i++) {
		struct verdict verdict;

		policy_decide(rules, scope, paths[i % 5], &verdict);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	microseconds = ((double)(end.tv_sec - start.tv_sec) * 1e6 +
			(double)(end.tv_nsec - start.tv_nsec) / 1e3) /
		       100000;
	print_message("%.2f microseconds per decision\n", microseconds);
	/* The mount asks at every lookup. The aim is 5; sanitizers and busy machines get more. */
	assert_true(microseconds < 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_project_forbids_never_leaves),
		cmocka_unit_test(a_never_list_has_limits),
		cmocka_unit_test(ascii_folds_to_lower_case),
		cmocka_unit_test(no_spelling_of_a_protected_name_is_permitted),
		cmocka_unit_test(random_paths_are_never_permitted),
		cmocka_unit_test(a_decision_is_fast),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
