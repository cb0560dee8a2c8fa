/* SPDX-License-Identifier: MIT */
/* What the rules let go by themselves, and a person rejected: it stays, and when the session
 * changes it, it goes by approval only, from then on. */
#include "tests/unit/cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "tests/commit/rule_scene.h"
#include "tests/lib/session_fixture.h"

#define UUID  "11111111-2222-3333-4444-555555555555"
#define FAR   "2\n3\n4\n5\n6\n7\n8\n"
#define OLD   "1\n" FAR "9\n"
#define BOTH  "one\n" FAR "nine\n"
#define OTHER "uno\n" FAR "nove\n"

#define RECORD(uuid, text) "{\"uuid\":\"" uuid "\",\"n\":\"" text "\"}\n"

/* It asks, says so, and a commit without a word leaves it. */
static void assert_asks(struct fixture *f, const char *path, const char *host)
{
	const struct change *change = find(f, path);

	assert_int_equal(change->group, REVIEW_NEEDS_APPROVAL);
	assert_int_equal(review_count_open(f->review), 1);
	commit(f);
	assert_host(f, path, host);
}

static void reset(struct fixture *f, const char *path)
{
	cleanup_decisions struct decisions *decisions = NULL;

	assert_int_equal(decisions_read(f->session_fd, f->manifest.id, &f->key, &decisions, NULL),
			 0);
	assert_true(decisions_forget(decisions, path) > 0);
	assert_int_equal(decisions_write(decisions, f->session_fd), 0);
}

static void rewrite(struct fixture *f, const char *path, const char *content)
{
	fixture_save(f, path, NULL, content);
}

static void a_rejected_file_asks_once_it_has_changed(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fixture_create(&f, "auto/a", "first\n");
	fixture_decide(&f, "auto/a", DECISION_REJECTED);
	assert_int_equal(find(&f, "auto/a")->decision, CHANGE_REJECTED);
	commit(&f);
	rewrite(&f, "auto/a", "second\n");
	assert_int_equal(find(&f, "auto/a")->decision, CHANGE_LAPSED);
	assert_string_equal(find(&f, "auto/a")->reason, "rejected once: goes by approval only");
	assert_asks(&f, "auto/a", NULL);
	fixture_done(&f);
}

/* Also what was rejected to begin with, behind an approval of something else. */
static void it_asks_for_each_version_from_then_on(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fixture_create(&f, "auto/a", "first\n");
	fixture_decide(&f, "auto/a", DECISION_REJECTED);
	rewrite(&f, "auto/a", "second\n");
	fixture_decide(&f, "auto/a", DECISION_APPROVED);
	assert_int_equal(find(&f, "auto/a")->decision, CHANGE_APPROVED);
	rewrite(&f, "auto/a", "first\n");
	assert_asks(&f, "auto/a", NULL);
	fixture_decide(&f, "auto/a", DECISION_APPROVED);
	commit(&f);
	assert_host(&f, "auto/a", "first\n");
	rewrite(&f, "auto/a", "third\n");
	assert_asks(&f, "auto/a", "first\n");
	/* Until it is taken back. */
	reset(&f, "auto/a");
	commit(&f);
	assert_host(&f, "auto/a", "third\n");
	fixture_done(&f);
}

static void an_approval_that_lapsed_leaves_the_rule_its_word(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fixture_create(&f, "auto/a", "first\n");
	fixture_decide(&f, "auto/a", DECISION_APPROVED);
	rewrite(&f, "auto/a", "second\n");
	assert_int_equal(find(&f, "auto/a")->decision, CHANGE_LAPSED);
	commit(&f);
	assert_host(&f, "auto/a", "second\n");
	fixture_done(&f);
}

/* What the session itself brought there it may change without asking. */
static void begin_edits(struct fixture *f)
{
	begin(f);
	fixture_create(f, "auto/a", OLD);
	commit(f);
	rewrite(f, "auto/a", BOTH);
	fixture_decide_hunk(f, "auto/a", 0, DECISION_REJECTED);
	assert_int_equal(find(f, "auto/a")->group, REVIEW_WILL_COMMIT);
}

static void a_file_with_a_rejected_edit_asks_once_it_has_changed(void **state)
{
	struct fixture f;

	(void)state;
	begin_edits(&f);
	rewrite(&f, "auto/a", OTHER);
	assert_asks(&f, "auto/a", OLD);
	/* Or has no edits that could be compared. */
	rewrite(&f, "auto/a", "\x01\x02\xff\xfe");
	assert_asks(&f, "auto/a", OLD);
	fixture_done(&f);
}

static void an_edit_left_open_asks_where_another_was_rejected_before(void **state)
{
	struct fixture f;

	(void)state;
	begin_edits(&f);
	rewrite(&f, "auto/a", OTHER);
	fixture_decide_hunk(&f, "auto/a", 1, DECISION_APPROVED);
	assert_int_equal(find(&f, "auto/a")->group, REVIEW_NEEDS_APPROVAL);
	commit(&f);
	assert_host(&f, "auto/a", "1\n" FAR "nove\n");
	fixture_done(&f);
}

static void a_rejection_counts_whatever_form_the_next_word_has(void **state)
{
	struct fixture f;

	(void)state;
	begin_edits(&f);
	rewrite(&f, "auto/a", OTHER);
	fixture_decide(&f, "auto/a", DECISION_APPROVED);
	rewrite(&f, "auto/a", BOTH);
	assert_asks(&f, "auto/a", OLD);
	fixture_decide_hunk(&f, "auto/a", 0, DECISION_APPROVED);
	fixture_decide_hunk(&f, "auto/a", 1, DECISION_APPROVED);
	assert_int_equal(find(&f, "auto/a")->decision, CHANGE_APPROVED);
	rewrite(&f, "auto/a", OTHER);
	assert_asks(&f, "auto/a", OLD);
	fixture_done(&f);
}

static void begin_keys(struct fixture *f)
{
	begin(f);
	fixture_config_write(f, "{\"numStartups\":1,\"tipsHistory\":{\"a\":1}}");
	fixture_save(f, CONFIG, "{\"numStartups\":1,\"tipsHistory\":{\"a\":1}}",
		     "{\"numStartups\":2,\"tipsHistory\":{\"a\":1}}");
	assert_int_equal(find(f, CONFIG)->group, REVIEW_WILL_COMMIT);
	fixture_decide_part(f, CONFIG, "numStartups", DECISION_REJECTED);
}

static void a_rejected_key_asks_once_it_has_changed(void **state)
{
	struct fixture f;

	(void)state;
	begin_keys(&f);
	fixture_save(&f, CONFIG, NULL, "{\"numStartups\":3,\"tipsHistory\":{\"a\":1}}");
	assert_asks(&f, CONFIG, "{\"numStartups\":1,\"tipsHistory\":{\"a\":1}}");
	fixture_decide_part(&f, CONFIG, "numStartups", DECISION_APPROVED);
	fixture_save(&f, CONFIG, NULL, "{\"numStartups\":4,\"tipsHistory\":{\"a\":1}}");
	assert_asks(&f, CONFIG, "{\"numStartups\":1,\"tipsHistory\":{\"a\":1}}");
	fixture_decide_part(&f, CONFIG, "numStartups", DECISION_APPROVED);
	commit(&f);
	assert_host(&f, CONFIG, "{\"numStartups\":4,\"tipsHistory\":{\"a\":1}}");
	fixture_done(&f);
}

/* The others go on going. */
static void a_rejected_key_keeps_no_other_back(void **state)
{
	struct fixture f;

	(void)state;
	begin_keys(&f);
	fixture_save(&f, CONFIG, NULL, "{\"numStartups\":3,\"tipsHistory\":{\"a\":2}}");
	assert_int_equal(find(&f, CONFIG)->group, REVIEW_WILL_COMMIT);
	assert_int_equal(find(&f, CONFIG)->keys.asks, 1);
	commit(&f);
	assert_host(&f, CONFIG, "{\"numStartups\":1,\"tipsHistory\":{\"a\":2}}");
	fixture_done(&f);
}

static void no_key_of_a_rejected_file_goes_by_itself(void **state)
{
	struct fixture f;

	(void)state;
	begin_keys(&f);
	fixture_decide(&f, CONFIG, DECISION_REJECTED);
	fixture_save(&f, CONFIG, NULL, "{\"numStartups\":3,\"tipsHistory\":{\"a\":2}}");
	assert_asks(&f, CONFIG, "{\"numStartups\":1,\"tipsHistory\":{\"a\":1}}");
	fixture_decide_part(&f, CONFIG, "numStartups", DECISION_APPROVED);
	commit(&f);
	assert_host(&f, CONFIG, "{\"numStartups\":3,\"tipsHistory\":{\"a\":1}}");
	fixture_done(&f);
}

static void a_rejected_record_asks_once_it_has_changed(void **state)
{
	struct fixture f;
	const char *path;
	uint64_t object;

	(void)state;
	begin(&f);
	path = fixture_own(&f, UUID ".jsonl");
	object = fixture_create(&f, path, RECORD("aaaa1", "x") RECORD("bbbb1", "x"));
	assert_int_equal(find(&f, path)->group, REVIEW_WILL_COMMIT);
	fixture_decide_part(&f, path, "bbbb1", DECISION_REJECTED);
	assert_int_equal(find(&f, path)->group, REVIEW_WILL_COMMIT);
	fixture_write(&f, object, 0, RECORD("aaaa1", "x") RECORD("bbbb1", "y"));
	assert_asks(&f, path, NULL);
	fixture_decide_part(&f, path, "aaaa1", DECISION_APPROVED);
	commit(&f);
	assert_host(&f, path, RECORD("aaaa1", "x"));
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rejected_file_asks_once_it_has_changed),
		cmocka_unit_test(it_asks_for_each_version_from_then_on),
		cmocka_unit_test(an_approval_that_lapsed_leaves_the_rule_its_word),
		cmocka_unit_test(a_file_with_a_rejected_edit_asks_once_it_has_changed),
		cmocka_unit_test(an_edit_left_open_asks_where_another_was_rejected_before),
		cmocka_unit_test(a_rejection_counts_whatever_form_the_next_word_has),
		cmocka_unit_test(a_rejected_key_asks_once_it_has_changed),
		cmocka_unit_test(a_rejected_key_keeps_no_other_back),
		cmocka_unit_test(no_key_of_a_rejected_file_goes_by_itself),
		cmocka_unit_test(a_rejected_record_asks_once_it_has_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
