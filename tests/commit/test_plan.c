/* SPDX-License-Identifier: MIT */
/* What a commit takes of changes about which a person decided in part, before or when asked: edits
 * of a file, keys, records of a transcript. And what it says of the rest. */
#include "tests/unit/cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/review/change_digest.h"
#include "fs/review/parts.h"
#include "tests/lib/session_fixture.h"

#define CONFIG ".claude.json"
#define UUID   "11111111-2222-3333-4444-555555555555"
#define FAR    "2\n3\n4\n5\n6\n7\n8\n"
#define HOST   "1\n" FAR "9\n"
#define BOTH   "one\n" FAR "nine\n"
#define FIRST  "one\n" FAR "9\n"
#define SECOND "1\n" FAR "nine\n"

static const char rules[] = "{\"version\":1,\"rules\":[{\"path\":\"t/**\",\"read\":\"show\","
			    "\"write\":\"review\",\"why\":\"test\"},"
			    "{\"path\":\"auto/**\",\"read\":\"show\",\"write\":\"auto\","
			    "\"why\":\"test\"},"
			    "{\"path\":\"log/**\",\"read\":\"show\",\"write\":\"auto\","
			    "\"merge\":\"append-lines\",\"why\":\"test\"}]}";

static const char ask_rules[] =
	"{\"version\":1,\"rules\":[{\"path\":\".claude.json\","
	"\"read\":\"filter\",\"filter\":\"claude-json\",\"write\":\"review\","
	"\"merge\":\"json-keys\",\"why\":\"test\"}]}";

static const struct commit_choice choose_nothing = { 0 };
static const struct commit_choice choose_all = { .approve_all = true };

static void begin(struct fixture *f)
{
	fixture_make(f);
	fixture_add_rules(f, rules);
}

static void assert_host(struct fixture *f, const char *path, const char *expected)
{
	cleanup_free char *content = strcmp(path, CONFIG) == 0 ? fixture_config_read(f)
							       : fixture_host_read(f, path);

	assert_non_null(content);
	assert_string_equal(content, expected);
}

/* Commits, and looks at how many names were written. */
static void commit(struct fixture *f, const struct commit_choice *choice, size_t applied)
{
	struct commit_result result;

	assert_int_equal(fixture_commit(f, choice, &result), 0);
	assert_int_equal(result.failed + result.damaged + result.conflicts, 0);
	assert_int_equal(result.applied, applied);
}

/* What the plan says of a change that stays, or of what stays of it; NULL: nothing. */
static void assert_rest(struct fixture *f, const struct commit_choice *choice, const char *path,
			const char *expected)
{
	cleanup_commit_plan struct commit_plan *plan = NULL;
	const char *missing = NULL;
	const char *reason = NULL;

	assert_int_equal(commit_plan_new(fixture_review(f), choice, &plan, &missing), 0);
	for (size_t i = 0; i < commit_plan_rest_count(plan); i++) {
		const struct plan_rest *rest = commit_plan_rest_get(plan, i);

		if (strcmp(rest->change->path, path) != 0)
			continue;
		assert_null(reason); /* told once */
		reason = rest->reason;
	}
	if (expected) {
		assert_non_null(reason);
		assert_string_equal(reason, expected);
	} else
		assert_null(reason);
}

/* ---- edits ---- */

static void begin_hunks(struct fixture *f, const char *path)
{
	begin(f);
	fixture_host_write(f, path, HOST);
	fixture_modify(f, path, BOTH);
}

static void a_rejected_edit_stays_where_the_rule_lets_the_file_go(void **state)
{
	struct fixture f;

	(void)state;
	/* What the session itself brought there it may change without asking. */
	begin(&f);
	fixture_create(&f, "auto/a", HOST);
	commit(&f, &choose_nothing, 2); /* and its directory */
	fixture_save(&f, "auto/a", NULL, BOTH);
	fixture_decide_hunk(&f, "auto/a", 0, DECISION_REJECTED);
	assert_rest(&f, &choose_nothing, "auto/a", "its other hunks stay");
	commit(&f, &choose_nothing, 1);
	assert_host(&f, "auto/a", SECOND);
	fixture_done(&f);
}

static void an_edit_that_nobody_decided_about_stays_with_a_rejected_one(void **state)
{
	struct fixture f;

	(void)state;
	begin_hunks(&f, "t/a");
	fixture_decide_hunk(&f, "t/a", 0, DECISION_REJECTED);
	assert_rest(&f, &choose_nothing, "t/a",
		    "some of its hunks were rejected, the others need approval");
	commit(&f, &choose_nothing, 0);
	assert_host(&f, "t/a", HOST);
	commit(&f, &choose_all, 1);
	assert_host(&f, "t/a", SECOND);
	fixture_done(&f);
}

/* What a person answers when a commit asks. */
struct answer {
	struct fixture *f;
	bool is_yes;
	bool is_about_another; /* the change became another one after it was shown */
	size_t chosen_count;   /* 0: it is about the whole */
	bool chosen[2];
	unsigned int asked;
};

static bool give_answer(const struct change *change, struct plan_entry *entry, void *arg)
{
	struct answer *answer = arg;

	answer->asked++;
	assert_int_equal(change_digest(answer->f->review, change, &entry->digest), 0);
	entry->digest.bytes[0] ^= answer->is_about_another;
	if (answer->chosen_count > 0) {
		entry->chosen = calloc(2, sizeof(*entry->chosen));
		assert_non_null(entry->chosen);
		memcpy(entry->chosen, answer->chosen, sizeof(answer->chosen));
		entry->chosen_count = answer->chosen_count;
	}
	return answer->is_yes;
}

/* As the host stands after the commit that asked once. */
static void answer_about_hunks(struct answer answer, const char *reason, const char *expected)
{
	struct commit_choice choice = { .is_approved = give_answer, .arg = &answer };
	struct fixture f;

	answer.f = &f;
	begin_hunks(&f, "t/a");
	fixture_decide_hunk(&f, "t/a", 0, DECISION_APPROVED);
	assert_rest(&f, &choice, "t/a", reason);
	commit(&f, &choice, strcmp(expected, HOST) != 0);
	assert_int_equal(answer.asked, 2);
	assert_host(&f, "t/a", expected);
	fixture_done(&f);
}

static void what_is_answered_takes_the_place_of_what_was_decided(void **state)
{
	(void)state;
	answer_about_hunks((struct answer){ .is_yes = true }, NULL, BOTH);
	answer_about_hunks(
		(struct answer){ .is_yes = true, .chosen_count = 2, .chosen = { false, true } },
		"its other hunks stay", SECOND);
	answer_about_hunks((struct answer){ .chosen_count = 2 }, "none of its hunks was approved",
			   HOST);
	/* No answer: what was decided counts. */
	answer_about_hunks((struct answer){ 0 }, "its other hunks stay", FIRST);
}

static void what_became_another_since_it_was_shown_stays(void **state)
{
	struct fixture f;
	struct answer answer = { .f = &f, .is_yes = true, .is_about_another = true };
	struct commit_choice choice = { .is_approved = give_answer, .arg = &answer };
	struct commit_result result;

	(void)state;
	begin_hunks(&f, "t/a");
	for (answer.chosen_count = 0; answer.chosen_count <= 2; answer.chosen_count += 2) {
		assert_int_equal(fixture_commit(&f, &choice, &result), 0);
		assert_int_equal(result.applied, 0);
		assert_host(&f, "t/a", HOST);
	}
	/* Nor if it has another number of edits. */
	answer.is_about_another = false;
	answer.chosen_count = 1;
	assert_int_equal(fixture_commit(&f, &choice, &result), 0);
	assert_int_equal(result.applied, 0);
	assert_host(&f, "t/a", HOST);
	fixture_done(&f);
}

static void the_last_line_of_a_file_may_go_as_an_edit(void **state)
{
	struct fixture f;
	struct answer answer = { .f = &f, .is_yes = true, .chosen_count = 1, .chosen = { true } };
	struct commit_choice choice = { .is_approved = give_answer, .arg = &answer };

	(void)state;
	begin(&f);
	fixture_host_write(&f, "t/a", "1\n");
	fixture_modify(&f, "t/a", "");
	commit(&f, &choice, 1);
	assert_host(&f, "t/a", "");
	fixture_done(&f);
}

static void to_name_a_file_is_not_to_approve_it_where_each_is_asked_about(void **state)
{
	static const char *const only[] = { "t/a", "t/b" };
	struct fixture f;
	struct answer answer = { .f = &f };
	struct commit_choice choice = {
		.only = only, .only_count = 2, .is_approved = give_answer, .arg = &answer
	};

	(void)state;
	begin_hunks(&f, "t/a");
	fixture_create(&f, "t/b", "new");
	fixture_create(&f, "t/c", "new");
	fixture_decide(&f, "t/a", DECISION_REJECTED);
	assert_rest(&f, &choice, "t/a", "rejected");
	assert_rest(&f, &choice, "t/c", NULL); /* nor spoken of */
	answer.asked = 0;
	commit(&f, &choice, 0);
	assert_int_equal(answer.asked, 1); /* about t/b */
	fixture_done(&f);
}

/* The approved edits of a file would be lost to a session's new file that continues the host's. */
static void edits_of_a_file_that_another_change_continues_stay(void **state)
{
	struct fixture f;
	uint64_t object;

	(void)state;
	begin(&f);
	fixture_host_write(&f, "t/a", HOST);
	object = fixture_copy_up_prefix(&f, "t/a");
	fixture_write(&f, object, strlen(HOST), "10\n");
	fixture_seal(&f, object);
	fixture_rename(&f, "t/a", "t/b");
	fixture_create(&f, "t/a", BOTH);
	fixture_decide_hunk(&f, "t/a", 0, DECISION_APPROVED);
	assert_rest(&f, &choose_nothing, "t/a", "its other hunks stay");
	commit(&f, &choose_nothing, 0);
	assert_host(&f, "t/a", HOST);
	fixture_done(&f);
}

/* ---- keys ---- */

#define SHOWN "{\"theme\":\"dark\",\"verbose\":false,\"numStartups\":1}"

static void begin_keys(struct fixture *f)
{
	begin(f);
	fixture_add_rules(f, ask_rules);
	fixture_config_write(f, SHOWN);
	fixture_save(f, CONFIG, SHOWN, "{\"theme\":\"light\",\"verbose\":true,\"numStartups\":2}");
}

static void a_key_that_nobody_decided_about_stays_with_a_rejected_one(void **state)
{
	struct fixture f;

	(void)state;
	begin_keys(&f);
	fixture_decide_part(&f, CONFIG, "theme", DECISION_REJECTED);
	assert_rest(&f, &choose_nothing, CONFIG,
		    "some of it was rejected, the rest needs approval");
	commit(&f, &choose_nothing, 0);
	assert_host(&f, CONFIG, SHOWN);
	assert_rest(&f, &choose_all, CONFIG, "its other keys stay");
	commit(&f, &choose_all, 1);
	assert_host(&f, CONFIG, "{\"theme\":\"dark\",\"verbose\":true,\"numStartups\":2}");
	fixture_done(&f);
}

static void with_all_approved_no_key_is_said_to_stay(void **state)
{
	struct fixture f;

	(void)state;
	begin_keys(&f);
	fixture_decide_part(&f, CONFIG, "theme", DECISION_APPROVED);
	assert_rest(&f, &choose_nothing, CONFIG, "its other keys stay");
	assert_rest(&f, &choose_all, CONFIG, NULL);
	commit(&f, &choose_all, 1);
	assert_host(&f, CONFIG, "{\"theme\":\"light\",\"verbose\":true,\"numStartups\":2}");
	fixture_done(&f);
}

static void a_yes_to_the_whole_file_brings_its_open_keys(void **state)
{
	struct fixture f;
	struct answer answer = { .f = &f, .is_yes = true };
	struct commit_choice choice = { .is_approved = give_answer, .arg = &answer };

	(void)state;
	begin_keys(&f);
	fixture_decide_part(&f, CONFIG, "theme", DECISION_APPROVED);
	commit(&f, &choice, 1);
	assert_int_equal(answer.asked, 1);
	assert_host(&f, CONFIG, "{\"theme\":\"light\",\"verbose\":true,\"numStartups\":2}");
	fixture_done(&f);
}

/* A decision about one key does not settle the conflict of another. */
static void a_key_in_conflict_stays_with_decided_ones(void **state)
{
	struct commit_result result;
	struct fixture f;

	(void)state;
	begin_keys(&f);
	fixture_config_write(&f, "{\"theme\":\"dark\",\"verbose\":0,\"numStartups\":1}");
	fixture_decide_part(&f, CONFIG, "theme", DECISION_APPROVED);
	assert_int_equal(fixture_commit(&f, &choose_nothing, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_int_equal(result.conflicts, 1);
	assert_host(&f, CONFIG, "{\"theme\":\"light\",\"verbose\":0,\"numStartups\":1}");
	fixture_done(&f);
}

/* Theirs settles what is in conflict, and approves nothing else. */
static void theirs_brings_the_keys_in_conflict_and_no_others(void **state)
{
	struct commit_result result;
	struct fixture f;

	(void)state;
	begin_keys(&f);
	fixture_config_write(&f, "{\"theme\":\"blue\",\"verbose\":false,\"numStartups\":1}");
	assert_int_equal(fixture_settle(&f, CONFIG, false, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_host(&f, CONFIG, "{\"theme\":\"light\",\"verbose\":false,\"numStartups\":1}");
	fixture_done(&f);
}

static void a_configuration_that_both_sides_began_is_merged_by_key(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	fixture_save(&f, CONFIG, NULL, "{\"numStartups\":7}");
	fixture_config_write(&f, "{\"own\":1}");
	commit(&f, &choose_nothing, 1);
	assert_host(&f, CONFIG, "{\"own\":1,\"numStartups\":7}");
	fixture_done(&f);
}

/* Key by key, the answers are all that counts. */
static bool answer_about_keys(const struct change *change, struct plan_entry *entry, void *arg)
{
	struct answer *answer = arg;
	cleanup_parts struct parts *parts = NULL;

	answer->asked++;
	assert_int_equal(change_digest(answer->f->review, change, &entry->digest), 0);
	assert_int_equal(parts_of_change(answer->f->review, change, NULL, false, &parts), 0);
	entry->answers = decisions_new();
	assert_non_null(entry->answers);
	for (size_t i = 0; i < parts_count(parts); i++) {
		const struct part *part = parts_get(parts, i);
		bool is_yes = answer->is_yes && strcmp(part->name, "verbose") == 0;

		assert_int_equal(decisions_set(entry->answers, change->path, DECISION_KEY,
					       part->name,
					       is_yes ? DECISION_APPROVED : DECISION_REJECTED,
					       &part->digest),
				 0);
	}
	return answer->is_yes;
}

static void keys_that_were_answered_about_go_whatever_was_decided(void **state)
{
	struct fixture f;
	struct answer answer = { .f = &f, .is_yes = true };
	struct commit_choice choice = { .is_approved = answer_about_keys, .arg = &answer };

	(void)state;
	begin_keys(&f);
	fixture_decide_part(&f, CONFIG, "theme", DECISION_APPROVED);
	commit(&f, &choice, 1);
	assert_int_equal(answer.asked, 1);
	assert_host(&f, CONFIG, "{\"theme\":\"dark\",\"verbose\":true,\"numStartups\":1}");
	fixture_done(&f);
}

static void with_no_key_approved_when_asked_nothing_is_written(void **state)
{
	struct fixture f;
	struct answer answer = { .f = &f };
	struct commit_choice choice = { .is_approved = answer_about_keys, .arg = &answer };

	(void)state;
	begin_keys(&f);
	fixture_decide_part(&f, CONFIG, "theme", DECISION_APPROVED);
	commit(&f, &choice, 0);
	assert_int_equal(answer.asked, 1);
	assert_host(&f, CONFIG, SHOWN);
	fixture_done(&f);
}

static void note_conflict(const struct commit_event *event, void *arg)
{
	char *reason = arg;

	if (event->status == COMMIT_CONFLICT)
		(void)snprintf(reason, 256, "%s", event->reason);
}

/* As many names as fit a line. */
static void keys_in_conflict_are_told_by_name(void **state)
{
	static const char *const names[] = { "showTurnDuration",      "showMessageTimestamps",
					     "showExpandedTodos",     "showStatusInTerminalTab",
					     "prStatusFooterEnabled", "briefTranscript" };
	cleanup_commit struct commit *commit_run = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	struct commit_result result = { 0 };
	const char *missing = NULL;
	char reason[256] = "";
	char sides[3][512];
	struct fixture f;

	(void)state;
	for (size_t side = 0; side < 3; side++) {
		size_t len = 0;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			len += (size_t)snprintf(sides[side] + len, sizeof(sides[side]) - len,
						"%s\"%s\":%s", i == 0 ? "{" : ",", names[i],
						side == 1   ? "true"
						: side == 2 ? "null"
							    : "false");
		(void)snprintf(sides[side] + len, sizeof(sides[side]) - len, ",\"numStartups\":%d}",
			       side == 1 ? 2 : 1);
	}
	begin(&f);
	fixture_config_write(&f, sides[0]);
	fixture_save(&f, CONFIG, sides[0], sides[1]);
	fixture_config_write(&f, sides[2]);
	assert_int_equal(
		commit_open(f.session_fd, &f.manifest, f.state_fd, NULL, NULL, NULL, &commit_run),
		0);
	assert_int_equal(commit_plan_new(fixture_review(&f), &choose_all, &plan, &missing), 0);
	assert_int_equal(commit_apply(commit_run, plan, note_conflict, reason, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_int_equal(result.conflicts, 1);
	assert_string_equal(reason, "6 keys changed on both sides: showTurnDuration, "
				    "showMessageTimestamps, showExpandedTodos, "
				    "showStatusInTerminalTab, prStatusFooterEnabled");
	fixture_done(&f);
}

/* Files first, what is merged by key last: in whichever order they were named. */
static void conflicts_are_settled_in_one_go(void **state)
{
	const struct change *theirs[2];
	const struct commit_choice choice = { .theirs = theirs, .theirs_count = 2 };
	cleanup_commit_plan struct commit_plan *plan = NULL;
	const char *missing = NULL;
	struct fixture f;

	(void)state;
	begin_keys(&f);
	fixture_host_write(&f, "t/a", "base");
	fixture_modify(&f, "t/a", "session");
	fixture_host_write(&f, "t/a", "saved since");
	fixture_config_write(&f, "{\"theme\":\"blue\",\"verbose\":false,\"numStartups\":1}");
	for (size_t first = 0; first < 2; first++) {
		(void)fixture_review(&f);
		theirs[first] = review_find(f.review, "t/a");
		theirs[1 - first] = review_find(f.review, CONFIG);
		assert_true(theirs[0] && theirs[1]);
		assert_int_equal(commit_plan_new(f.review, &choice, &plan, &missing), 0);
		assert_int_equal(commit_plan_count(plan), 2);
		assert_string_equal(commit_plan_get(plan, 0)->change->path, "t/a");
		assert_string_equal(commit_plan_get(plan, 1)->change->path, CONFIG);
		commit_plan_free(steal_ptr(&plan));
	}
	fixture_done(&f);
}

/* ---- records ---- */

#define RECORD(id) "{\"type\":\"user\",\"uuid\":\"" id "\"}\n"

static void a_rejected_record_stays_and_may_be_approved_later(void **state)
{
	struct fixture f;
	const char *path;

	(void)state;
	begin(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, RECORD("0"));
	fixture_append(&f, path, RECORD("aaaa1") RECORD("aaaa2"));
	fixture_decide_part(&f, path, "aaaa1", DECISION_REJECTED);
	assert_rest(&f, &choose_nothing, path, "its other records stay");
	commit(&f, &choose_nothing, 1);
	assert_host(&f, path, RECORD("0") RECORD("aaaa2"));
	commit(&f, &choose_all, 0);
	fixture_decide_part(&f, path, "aaaa1", DECISION_APPROVED);
	commit(&f, &choose_nothing, 1);
	assert_host(&f, path, RECORD("0") RECORD("aaaa2") RECORD("aaaa1"));
	fixture_done(&f);
}

/* A record of another project, and one of this one. */
static void with_a_foreign_record_rejected_the_own_one_goes_if_all_is_approved(void **state)
{
	struct fixture f;
	const char *path;

	(void)state;
	begin(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, RECORD("0"));
	fixture_append(&f, path, RECORD("aaaa1") "{\"uuid\":\"aaaa2\",\"cwd\":\"/elsewhere\"}\n");
	fixture_decide_part(&f, path, "aaaa2", DECISION_REJECTED);
	commit(&f, &choose_nothing, 0);
	commit(&f, &choose_all, 1);
	assert_host(&f, path, RECORD("0") RECORD("aaaa1"));
	fixture_done(&f);
}

/* Of a history: its last line has no end yet. */
static void a_line_without_its_end_comes_home_as_it_is(void **state)
{
	char line[256];
	struct fixture f;

	(void)state;
	begin(&f);
	(void)snprintf(line, sizeof(line), "{\"project\":\"%s\"}", f.project);
	fixture_create(&f, "history.jsonl", line);
	commit(&f, &choose_nothing, 1);
	assert_host(&f, "history.jsonl", line);
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rejected_edit_stays_where_the_rule_lets_the_file_go),
		cmocka_unit_test(an_edit_that_nobody_decided_about_stays_with_a_rejected_one),
		cmocka_unit_test(what_is_answered_takes_the_place_of_what_was_decided),
		cmocka_unit_test(what_became_another_since_it_was_shown_stays),
		cmocka_unit_test(the_last_line_of_a_file_may_go_as_an_edit),
		cmocka_unit_test(conflicts_are_settled_in_one_go),
		cmocka_unit_test(
			with_a_foreign_record_rejected_the_own_one_goes_if_all_is_approved),
		cmocka_unit_test(a_line_without_its_end_comes_home_as_it_is),
		cmocka_unit_test(to_name_a_file_is_not_to_approve_it_where_each_is_asked_about),
		cmocka_unit_test(edits_of_a_file_that_another_change_continues_stay),
		cmocka_unit_test(a_key_that_nobody_decided_about_stays_with_a_rejected_one),
		cmocka_unit_test(with_all_approved_no_key_is_said_to_stay),
		cmocka_unit_test(a_yes_to_the_whole_file_brings_its_open_keys),
		cmocka_unit_test(a_key_in_conflict_stays_with_decided_ones),
		cmocka_unit_test(theirs_brings_the_keys_in_conflict_and_no_others),
		cmocka_unit_test(a_configuration_that_both_sides_began_is_merged_by_key),
		cmocka_unit_test(keys_that_were_answered_about_go_whatever_was_decided),
		cmocka_unit_test(with_no_key_approved_when_asked_nothing_is_written),
		cmocka_unit_test(keys_in_conflict_are_told_by_name),
		cmocka_unit_test(a_rejected_record_stays_and_may_be_approved_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
