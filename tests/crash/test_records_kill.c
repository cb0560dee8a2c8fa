/* SPDX-License-Identifier: MIT */
/* A commit of some records of a transcript that is killed at one of its system calls: the next
 * commit finishes it, the host has the approved record once and the rejected one never, and what is
 * left is still measured as before. */
#include "tests/unit/cmocka_setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "fs/base/cleanup.h"
#include "tests/lib/form.h"
#include "tests/lib/kill_at_syscall.h"
#include "tests/lib/session_fixture.h"

#define UUID   "11111111-2222-3333-4444-555555555555"
#define HOST   "{\"type\":\"user\",\"uuid\":\"0\"}\n"
#define FIRST  "{\"uuid\":\"aaaa1\",\"cwd\":\"/e\"}\n"
#define SECOND "{\"uuid\":\"aaaa2\",\"cwd\":\"/e\"}\n"
#define THIRD  "{\"uuid\":\"aaaa3\",\"cwd\":\"/e\"}\n"

static const char *path_of(const struct fixture *f)
{
	return fixture_own(f, UUID ".jsonl");
}

/* Its exit code is 0 if all went well. For a child too. */
static int commit(void *arg)
{
	struct commit_choice none = { 0 };
	struct commit_result result;
	int r = fixture_commit(arg, &none, &result);

	return r < 0 || result.conflicts + result.damaged + result.failed > 0;
}

static void make(struct fixture *f)
{
	fixture_make(f);
	fixture_host_write(f, path_of(f), HOST);
	(void)fixture_append(f, path_of(f), FIRST SECOND THIRD);
	fixture_end(f);
	fixture_decide_part(f, path_of(f), "aaaa2", DECISION_APPROVED);
	fixture_decide_part(f, path_of(f), "aaaa1", DECISION_REJECTED);
}

static void assert_host(struct fixture *f, uint64_t n, const char *wanted)
{
	cleanup_free char *found = fixture_host_read(f, path_of(f));

	if (!found || strcmp(found, wanted) != 0)
		fail_msg("killed at %llu: the host has \"%s\"", (unsigned long long)n,
			 found ? found : "(nothing)");
}

/* What comes later comes behind it, and nothing comes twice. */
static void check_rest(struct fixture *f, uint64_t n)
{
	const struct change *change;

	assert_int_equal(commit(f), 0);
	assert_host(f, n, HOST SECOND);
	change = review_find(fixture_review(f), path_of(f));
	assert_non_null(change);
	assert_int_equal(change->merge, RULE_MERGE_UNION_RECORDS);
	assert_int_equal(change->parts.rejected, 1);
	assert_int_equal(change->parts.total, 2);
	fixture_decide_part(f, path_of(f), "aaaa3", DECISION_APPROVED);
	assert_int_equal(commit(f), 0);
	assert_host(f, n, HOST SECOND THIRD);
	assert_int_equal(review_find(fixture_review(f), path_of(f))->decision, CHANGE_REJECTED);
}

static void killed_anywhere_the_next_commit_finishes_it(void **state)
{
	uint64_t stride = form_is_long() ? 1 : 19;
	uint64_t kills = 0;

	(void)state;
	for (uint64_t n = 0;; n += stride) {
		enum kill_result result;
		struct fixture f;
		int status = 0;

		make(&f);
		result = n == 0 ? KILL_DONE : kill_at_syscall(n, commit, &f, &status, NULL);
		if (result == KILL_NO_TRACE) {
			fixture_done(&f);
			skip();
		}
		if (result == KILL_TOO_LATE)
			assert_int_equal(status, 0);
		kills += n > 0 && result == KILL_DONE;
		check_rest(&f, n);
		fixture_done(&f);
		if (result == KILL_TOO_LATE)
			break;
	}
	printf("%llu kills\n", (unsigned long long)kills);
	assert_true(kills >= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_anywhere_the_next_commit_finishes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
