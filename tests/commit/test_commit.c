/* SPDX-License-Identifier: MIT */
/* What a commit does to a host: everything approved, nothing else, and never over somebody else's
 * change. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/base/message.h"
#include "fs/review/verify.h"
#include "tests/lib/session_fixture.h"

static const struct commit_choice choose_auto = { 0 };
static const struct commit_choice choose_all = { .approve_all = true };

static void assert_host(struct fixture *fixture, const char *path, const char *expected)
{
	char *content = fixture_host_read(fixture, path);

	if (!expected) {
		assert_null(content);
	} else {
		assert_non_null(content);
		assert_string_equal(content, expected);
	}
	free(content);
}

static void print_problem(const char *text, void *arg)
{
	(void)arg;
	print_message("verify: %s\n", text);
}

static void assert_verifies(struct fixture *fixture)
{
	struct verify_report report;

	assert_int_equal(verify_session(fixture->session_fd, fixture->manifest.id, print_problem,
					NULL, &report),
			 0);
	assert_int_equal(report.problems, 0);
	assert_int_equal(report.unfinished, 0);
}

static void assert_group(struct fixture *fixture, const char *path, enum review_group group)
{
	const struct change *change = review_find(fixture_review(fixture), path);

	assert_non_null(change);
	if (change->group != group)
		print_message("%s: %s: %s\n", path, review_group_name(change->group),
			      change->reason);
	assert_int_equal(change->group, group);
}

#define UUID   "11111111-2222-4333-8444-555555555555"
#define RECORD "{\"type\":\"user\",\"sessionId\":\"" UUID "\"}\n"

static void new_transcript_arrives_on_the_host(void **state)
{
	struct fixture f;
	struct commit_result result;
	const char *path;
	struct stat st;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_mkdir(&f, "projects");
	fixture_mkdir(&f, fixture_own(&f, NULL));
	fixture_create(&f, path, RECORD);
	fixture_end(&f);
	assert_group(&f, path, REVIEW_WILL_COMMIT);
	assert_int_equal(review_count(f.review), 1);
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	assert_int_equal(result.receipt, 1);
	assert_host(&f, path, RECORD);
	assert_int_equal(fstatat(f.host_fd, path, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(review_count(fixture_review(&f)), 0);
	assert_verifies(&f);
	fixture_done(&f);
}

static void history_keeps_lines_that_the_host_gained(void **state)
{
	struct fixture f;
	struct commit_result result;
	char *mine = NULL;
	char *expected = NULL;

	(void)state;
	fixture_make(&f);
	assert_true(asprintf(&mine, "{\"display\":\"a\",\"project\":\"%s\"}\n", f.project) > 0);
	fixture_host_write(&f, "history.jsonl", "{\"display\":\"0\",\"project\":\"/x\"}\n");
	fixture_append(&f, "history.jsonl", mine);
	fixture_end(&f);
	fixture_host_append(&f, "history.jsonl", "{\"display\":\"1\",\"project\":\"/x\"}");
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_true(asprintf(&expected,
			     "{\"display\":\"0\",\"project\":\"/x\"}\n"
			     "{\"display\":\"1\",\"project\":\"/x\"}\n%s",
			     mine) > 0);
	assert_host(&f, "history.jsonl", expected);
	assert_int_equal(review_count(fixture_review(&f)), 0);
	assert_verifies(&f);
	free(mine);
	free(expected);
	fixture_done(&f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(history_keeps_lines_that_the_host_gained),
	cmocka_unit_test(new_transcript_arrives_on_the_host),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
