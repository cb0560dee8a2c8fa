/* SPDX-License-Identifier: MIT */
/* Whose a transcript is, and what the rules then say of it. */
#include "fs/policy/transcript.h"

#include <string.h>

#include "fs/policy/decide.h"
#include "fs/policy/rules.h"
#include "tests/unit/cmocka_setup.h"

#define TWIN "00000000-0000-4000-8000-000000000007"
#define OWN  "00000000-0000-4000-8000-000000000009"

static bool is_foreign(const char *project, const char *head)
{
	cleanup_project_scope struct project_scope *scope = NULL;

	assert_int_equal(project_scope_new(project, &scope), 0);
	return transcript_is_foreign(scope, head, strlen(head));
}

static void first_working_directory_decides(void **state)
{
	(void)state;
	assert_false(is_foreign("/a/b-c", "{\"cwd\":\"/a/b-c\"}\n{\"cwd\":\"/a/b/c\"}\n"));
	assert_true(is_foreign("/a/b-c", "{\"type\":\"summary\"}\n{\"cwd\":\"/a/b/c\"}\n"));
	assert_true(is_foreign("/a/b-c", "{\"x\": {}, \"cwd\" : \"/a/b.c\"}\n"));
}

static void what_says_nothing_is_own(void **state)
{
	(void)state;
	assert_false(is_foreign("/a/b-c", ""));
	assert_false(is_foreign("/a/b-c", "{}\n[]\nnot JSON \"cwd\"\n"));
	/* A project that was moved with its transcripts. */
	assert_false(is_foreign("/a/b-c", "{\"cwd\":\"/old/place\"}\n"));
	assert_false(is_foreign("/a/b-c", "{\"text\":\"\\\"cwd\\\":\\\"/a/b/c\\\"\"}\n"));
}

static void cut_line_is_read_as_far_as_it_goes(void **state)
{
	(void)state;
	assert_true(is_foreign("/a/b-c", "{\"cwd\":\"/a/b/c\",\"message\":\"much"));
	assert_false(is_foreign("/a/b-c", "{\"cwd\":\"/a/b-c\",\"message\":\"much"));
	assert_false(is_foreign("/a/b-c", "{\"message\":\"much \\\"cwd\\\":\\\"/a/b/c\\\""));
}

static void unicode_form_of_the_path_does_not_matter(void **state)
{
	(void)state;
	assert_false(is_foreign("/a/e\314\201", "{\"cwd\":\"/a/\303\251\"}\n"));
}

static void foreign_session_is_hidden_and_stays(void **state)
{
	cleanup_project_scope struct project_scope *scope = NULL;
	cleanup_rules struct rules *rules = NULL;
	struct verdict verdict;
	static const char *const paths[] = { "projects/-a-b/" TWIN ".jsonl", "projects/-a-b/" TWIN,
					     "projects/-a-b/" TWIN "/subagents/x.jsonl",
					     "tasks/" TWIN "/1.json" };

	(void)state;
	assert_int_equal(rules_new_builtin(&rules), 0);
	assert_int_equal(project_scope_new("/a/b", &scope), 0);
	assert_int_equal(project_scope_add_foreign(scope, TWIN, SESSION_UUID_LEN), 0);
	assert_int_equal(project_scope_add_session(scope, TWIN, SESSION_UUID_LEN), 0);
	assert_int_equal(project_scope_add_session(scope, OWN, SESSION_UUID_LEN), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		policy_decide(rules, scope, paths[i], &verdict);
		assert_int_equal(verdict.read, RULE_READ_HIDE);
		assert_int_equal(verdict.write, RULE_WRITE_NEVER);
	}
	policy_decide(rules, scope, "projects/-a-b/" OWN ".jsonl", &verdict);
	assert_int_equal(verdict.write, RULE_WRITE_AUTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_working_directory_decides),
		cmocka_unit_test(what_says_nothing_is_own),
		cmocka_unit_test(cut_line_is_read_as_far_as_it_goes),
		cmocka_unit_test(unicode_form_of_the_path_does_not_matter),
		cmocka_unit_test(foreign_session_is_hidden_and_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
