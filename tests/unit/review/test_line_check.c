/* SPDX-License-Identifier: MIT */
/* Lines of JSONL files: JSON or not, this project's or another's, in every disguise. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <string.h>

#include "fs/review/line_check.h"

#define OWN     "11111111-2222-4333-8444-555555555555"
#define FOREIGN "99999999-2222-4333-8444-555555555555"

static const struct {
	enum line_form form;
	const char *line;
	int expected;
} rows[] = {
	{ LINE_ANY, "{}", 1 },
	{ LINE_ANY, "", 1 },
	{ LINE_ANY, "{\"a\":1,\"a\":2}", -EBADMSG },
	{ LINE_ANY, "[1]", -EBADMSG },
	{ LINE_ANY, "{} x", -EBADMSG },
	{ LINE_ANY, "{\"a\":NaN}", -EBADMSG },
	{ LINE_HISTORY, "{\"project\":\"/home/u/proj\"}", 1 },
	{ LINE_HISTORY, "{\"pro\\u006aect\":\"/home/u/proj\"}", 1 },
	{ LINE_HISTORY, "{\"project\":\"/home/u/proj/sub\"}", 0 },
	{ LINE_HISTORY, "{\"project\":\"/home/u/proj2\"}", 0 },
	{ LINE_HISTORY, "{\"project\":7}", 0 },
	{ LINE_HISTORY, "{}", 0 },
	{ LINE_HISTORY, "{\"project\":\"/home/u/proj\",\"project\":\"/x\"}", -EBADMSG },
	{ LINE_TRANSCRIPT, "{}", 1 },
	{ LINE_TRANSCRIPT, "{\"cwd\":\"/home/u/proj\",\"sessionId\":\"" OWN "\"}", 1 },
	{ LINE_TRANSCRIPT, "{\"cwd\":\"/home/u/proj/a/b\"}", 1 },
	{ LINE_TRANSCRIPT, "{\"cwd\":\"/home/u/proj/..\"}", 0 },
	{ LINE_TRANSCRIPT, "{\"cwd\":\"/home/u/proj/../x\"}", 0 },
	{ LINE_TRANSCRIPT, "{\"cwd\":\"/home/u/proj/..x\"}", 1 },
	{ LINE_TRANSCRIPT, "{\"cwd\":\"/home/u/proj2\"}", 0 },
	{ LINE_TRANSCRIPT, "{\"cwd\":\"/\"}", 0 },
	{ LINE_TRANSCRIPT, "{\"cwd\":1}", 0 },
	{ LINE_TRANSCRIPT, "{\"sessionId\":\"" FOREIGN "\"}", 0 },
	{ LINE_TRANSCRIPT, "{\"sessionId\":null}", 0 },
};

static void lines_are_told_apart(void **state)
{
	struct project_scope *scope = NULL;

	(void)state;
	assert_int_equal(project_scope_new("/home/u/proj", &scope), 0);
	assert_int_equal(project_scope_add_session(scope, OWN, strlen(OWN)), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *field = NULL;
		int r = line_check(rows[i].form, scope, rows[i].line, strlen(rows[i].line), &field);

		if (r != rows[i].expected)
			fail_msg("%s: %d", rows[i].line, r);
	}
	project_scope_free(scope);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(lines_are_told_apart),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
