/* SPDX-License-Identifier: MIT */
/* What a person took back does not come again on the word from before: neither the rules' nor an
 * approval's. */
#include "tests/unit/cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "tests/commit/rule_scene.h"

static uint64_t undo(struct fixture *f, uint64_t receipt)
{
	struct commit_result result;

	assert_int_equal(fixture_undo(f, receipt, &result), 0);
	assert_true(result.applied > 0);
	return result.receipt;
}

static void assert_waits(struct fixture *f, const char *path, const char *reason)
{
	const struct change *change = find(f, path);

	assert_int_equal(change->group, REVIEW_NEEDS_APPROVAL);
	assert_int_not_equal(change->decision, CHANGE_APPROVED);
	if (reason)
		assert_string_equal(change->reason, reason);
}

static void what_goes_by_itself_asks_once_it_was_undone(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fixture_create(&f, "auto/a", "first\n");
	fixture_create(&f, "auto/b", "other\n");
	assert_int_equal(find(&f, "auto/a")->group, REVIEW_WILL_COMMIT);
	fixture_decide(&f, "auto/b", DECISION_REJECTED);
	undo(&f, commit(&f));
	assert_waits(&f, "auto/a", "undone: goes by approval only");
	commit(&f);
	assert_host(&f, "auto/a", NULL);
	/* Whatever it becomes. */
	fixture_save(&f, "auto/a", NULL, "second\n");
	assert_waits(&f, "auto/a", "undone: goes by approval only");
	commit(&f);
	assert_host(&f, "auto/a", NULL);
	assert_int_equal(find(&f, "auto/b")->decision, CHANGE_REJECTED);
	fixture_decide(&f, "auto/a", DECISION_APPROVED);
	commit(&f);
	assert_host(&f, "auto/a", "second\n");
	/* It came home again: the rules have their word back. */
	fixture_save(&f, "auto/a", NULL, "third\n");
	assert_int_equal(find(&f, "auto/a")->group, REVIEW_WILL_COMMIT);
	fixture_done(&f);
}

static void an_approval_from_before_the_undo_does_not_count(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fixture_create(&f, "ask/a", "first\n");
	fixture_decide(&f, "ask/a", DECISION_APPROVED);
	undo(&f, commit(&f));
	assert_waits(&f, "ask/a", NULL);
	commit(&f);
	assert_host(&f, "ask/a", NULL);
	fixture_decide(&f, "ask/a", DECISION_APPROVED);
	commit(&f);
	assert_host(&f, "ask/a", "first\n");
	fixture_done(&f);
}

static void an_undo_that_was_undone_takes_nothing_back(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fixture_create(&f, "auto/a", "first\n");
	undo(&f, undo(&f, commit(&f)));
	assert_host(&f, "auto/a", "first\n");
	fixture_save(&f, "auto/a", NULL, "second\n");
	assert_int_equal(find(&f, "auto/a")->group, REVIEW_WILL_COMMIT);
	commit(&f);
	assert_host(&f, "auto/a", "second\n");
	fixture_done(&f);
}

static void of_two_commits_the_last_is_undone(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fixture_create(&f, "auto/a", "first\n");
	commit(&f);
	fixture_save(&f, "auto/a", NULL, "second\n");
	undo(&f, commit(&f));
	assert_host(&f, "auto/a", "first\n");
	assert_waits(&f, "auto/a", "undone: goes by approval only");
	commit(&f);
	assert_host(&f, "auto/a", "first\n");
	fixture_done(&f);
}

static void keys_that_were_undone_ask(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fixture_config_write(&f, "{\"numStartups\":1,\"tipsHistory\":{\"a\":1}}");
	fixture_save(&f, CONFIG, "{\"numStartups\":1,\"tipsHistory\":{\"a\":1}}",
		     "{\"numStartups\":2,\"tipsHistory\":{\"a\":1}}");
	undo(&f, commit(&f));
	assert_host(&f, CONFIG, "{\"numStartups\":1,\"tipsHistory\":{\"a\":1}}");
	assert_waits(&f, CONFIG, NULL);
	commit(&f);
	assert_host(&f, CONFIG, "{\"numStartups\":1,\"tipsHistory\":{\"a\":1}}");
	fixture_decide_part(&f, CONFIG, "numStartups", DECISION_APPROVED);
	commit(&f);
	assert_host(&f, CONFIG, "{\"numStartups\":2,\"tipsHistory\":{\"a\":1}}");
	fixture_done(&f);
}

/* The rest stays undone, and is asked about. */
static void keys_that_are_left_still_ask(void **state)
{
	struct fixture f;
	const struct change *change;

	(void)state;
	begin(&f);
	fixture_config_write(&f, "{\"numStartups\":1,\"tipsHistory\":{\"a\":1}}");
	fixture_save(&f, CONFIG, "{\"numStartups\":1,\"tipsHistory\":{\"a\":1}}",
		     "{\"numStartups\":2,\"tipsHistory\":{\"a\":2}}");
	undo(&f, commit(&f));
	fixture_decide_part(&f, CONFIG, "numStartups", DECISION_APPROVED);
	change = find(&f, CONFIG);
	assert_int_equal(change->decision, CHANGE_PARTLY);
	assert_int_equal(change->parts.open, 1);
	assert_true(change_is_open(change));
	commit(&f);
	assert_host(&f, CONFIG, "{\"numStartups\":2,\"tipsHistory\":{\"a\":1}}");
	assert_waits(&f, CONFIG, NULL);
	commit(&f);
	assert_host(&f, CONFIG, "{\"numStartups\":2,\"tipsHistory\":{\"a\":1}}");
	fixture_decide_part(&f, CONFIG, "tipsHistory.a", DECISION_APPROVED);
	commit(&f);
	assert_host(&f, CONFIG, "{\"numStartups\":2,\"tipsHistory\":{\"a\":2}}");
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_by_itself_asks_once_it_was_undone),
		cmocka_unit_test(an_approval_from_before_the_undo_does_not_count),
		cmocka_unit_test(an_undo_that_was_undone_takes_nothing_back),
		cmocka_unit_test(of_two_commits_the_last_is_undone),
		cmocka_unit_test(keys_that_were_undone_ask),
		cmocka_unit_test(keys_that_are_left_still_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
