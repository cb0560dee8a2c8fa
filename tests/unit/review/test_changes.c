/* SPDX-License-Identifier: MIT */
/* Net changes and what the rules, the host and the contents say of them. */
#include "tests/unit/cmocka_setup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/session_fixture.h"

#define UUID    "11111111-2222-4333-8444-555555555555"
#define OTHER   "99999999-2222-4333-8444-555555555555"
#define RECORD  "{\"sessionId\":\"" UUID "\"}\n"
#define FOREIGN "{\"sessionId\":\"" OTHER "\"}\n"

/* One change of path is pending, in group. */
static const struct change *expect(struct fixture *f, const char *path, enum review_group group)
{
	const struct change *change = review_find(fixture_review(f), path);

	if (!change)
		fail_msg("%s is not pending", path);
	if (change->group != group)
		fail_msg("%s: %s (%s)", path, review_group_name(change->group), change->reason);
	return change;
}

static void expect_none(struct fixture *f, const char *path)
{
	const struct change *change = review_find(fixture_review(f), path);

	if (change)
		fail_msg("%s is pending: %s", path, change_kind_name(change->kind));
}

static void content_equal_to_the_base_is_no_change(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/a.md", "same\n");
	fixture_host_write(&f, "plans/b.md", "same\n");
	fixture_host_write(&f, "plans/c.md", "same\n");
	fixture_modify(&f, "plans/a.md", "same\n");
	/* Saved by rename. */
	fixture_base(&f, "plans/b.md");
	fixture_create(&f, "plans/b.tmp", "same\n");
	fixture_rename(&f, "plans/b.tmp", "plans/b.md");
	/* Away and back. */
	(void)fixture_copy_up(&f, "plans/c.md");
	fixture_rename(&f, "plans/c.md", "plans/d.md");
	fixture_rename(&f, "plans/d.md", "plans/c.md");
	/* Made and gone. */
	fixture_create(&f, "plans/e.md", "x\n");
	fixture_unlink(&f, "plans/e.md");
	assert_int_equal(review_count(fixture_review(&f)), 0);
	fixture_done(&f);
}

static void kinds_are_told_apart(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/modified.md", "a\n");
	fixture_host_write(&f, "plans/deleted.md", "a\n");
	fixture_host_write(&f, "plans/dir/x", "a\n");
	fixture_host_write(&f, "plans/type", "a\n");
	fixture_create(&f, "plans/created.md", "a\n");
	fixture_modify(&f, "plans/modified.md", "b\n");
	fixture_unlink(&f, "plans/deleted.md");
	fixture_unlink(&f, "plans/dir/x");
	fixture_rmdir(&f, "plans/dir");
	fixture_mkdir(&f, "plans/empty");
	fixture_mkdir(&f, "plans/full");
	fixture_create(&f, "plans/full/a.md", "a\n");
	fixture_unlink(&f, "plans/type");
	fixture_mkdir(&f, "plans/type");
	assert_int_equal(expect(&f, "plans/created.md", REVIEW_NEEDS_APPROVAL)->kind,
			 CHANGE_CREATE);
	assert_int_equal(expect(&f, "plans/modified.md", REVIEW_NEEDS_APPROVAL)->kind,
			 CHANGE_MODIFY);
	assert_int_equal(expect(&f, "plans/deleted.md", REVIEW_NEEDS_APPROVAL)->kind,
			 CHANGE_DELETE);
	assert_int_equal(expect(&f, "plans/dir", REVIEW_NEEDS_APPROVAL)->kind, CHANGE_RMDIR);
	assert_int_equal(expect(&f, "plans/empty", REVIEW_NEVER_LEAVES)->kind, CHANGE_MKDIR);
	assert_int_equal(expect(&f, "plans/type", REVIEW_HELD)->kind, CHANGE_TYPE_CHANGE);
	/* It comes with what is in it. */
	expect_none(&f, "plans/full");
	/* Deletions first within their group. */
	assert_int_equal(review_get(f.review, 0)->kind, CHANGE_DELETE);
	fixture_done(&f);
}

static void appended_records_of_this_project_are_automatic(void **state)
{
	struct fixture f;
	const char *path;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, RECORD);
	fixture_append(&f, path, RECORD);
	assert_true(expect(&f, path, REVIEW_WILL_COMMIT)->is_append_only);
	assert_int_equal(review_get(f.review, 0)->merge, RULE_MERGE_UNION_RECORDS);
	fixture_done(&f);
}

static void foreign_record_needs_a_look(void **state)
{
	struct fixture f;
	const char *path;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, RECORD);
	fixture_append(&f, path, RECORD FOREIGN);
	assert_non_null(strstr(expect(&f, path, REVIEW_NEEDS_APPROVAL)->reason, "sessionId"));
	fixture_done(&f);
}

static void changed_record_needs_a_look(void **state)
{
	struct fixture f;
	const char *path;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, "{\"n\":1}\n" RECORD);
	fixture_modify(&f, path, "{\"n\":2}\n" RECORD RECORD);
	assert_false(expect(&f, path, REVIEW_NEEDS_APPROVAL)->is_append_only);
	fixture_done(&f);
}

static void line_that_is_no_json_is_held(void **state)
{
	struct fixture f;
	const char *path;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, RECORD);
	fixture_append(&f, path, RECORD "{\"torn\":");
	assert_non_null(strstr(expect(&f, path, REVIEW_HELD)->reason, "line 2"));
	fixture_create(&f, "plans/a.json", "{\"a\":1,\"a\":2}\n");
	expect(&f, "plans/a.json", REVIEW_HELD);
	fixture_done(&f);
}

static void session_of_another_project_is_not_made_own_by_a_file_name(void **state)
{
	struct fixture f;
	const char *own;
	const char *stolen;

	(void)state;
	fixture_make(&f);
	own = fixture_own(&f, UUID ".jsonl");
	stolen = fixture_own(&f, OTHER ".jsonl");
	fixture_host_write(&f, "projects/-elsewhere/" OTHER ".jsonl", "{}\n");
	fixture_create(&f, own, RECORD);
	fixture_create(&f, stolen, FOREIGN);
	fixture_create(&f, "tasks/" UUID "/1.json", "{}");
	fixture_create(&f, "tasks/" OTHER "/1.json", "{}");
	expect(&f, own, REVIEW_WILL_COMMIT);
	expect(&f, "tasks/" UUID "/1.json", REVIEW_WILL_COMMIT);
	expect(&f, stolen, REVIEW_NEEDS_APPROVAL);
	expect(&f, "tasks/" OTHER "/1.json", REVIEW_NEVER_LEAVES);
	fixture_done(&f);
}

/* A rule of the person's own: only the history's lines have a project. */
static void lines_of_a_file_of_ones_own_are_anybodys(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_add_rules(&f, "{\"version\":1,\"rules\":[{\"path\":\"log.jsonl\",\"read\":\"show\","
			      "\"write\":\"auto\",\"merge\":\"append-lines\",\"why\":\"test\"}]}");
	fixture_host_write(&f, "log.jsonl", "{}\n");
	fixture_append(&f, "log.jsonl", "{\"a\":1}\n{\"project\":\"/elsewhere\"}\n");
	expect(&f, "log.jsonl", REVIEW_WILL_COMMIT);
	assert_null(strstr(review_find(f.review, "log.jsonl")->reason, "stay in the session"));
	fixture_done(&f);
}

static void replacement_of_what_the_host_had_is_never_automatic(void **state)
{
	struct fixture f;
	const char *path = "tasks/" UUID "/1.json";

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, fixture_own(&f, UUID ".jsonl"), RECORD);
	fixture_host_write(&f, path, "{}");
	fixture_modify(&f, path, "{\"a\":1}");
	expect(&f, path, REVIEW_NEEDS_APPROVAL);
	fixture_done(&f);
}

static void name_that_the_rules_hid_is_not_overwritten(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "paste-cache/1.txt", "host\n");
	fixture_create(&f, "paste-cache/1.txt", "session\n");
	expect(&f, "paste-cache/1.txt", REVIEW_CONFLICT);
	fixture_done(&f);
}

static void filtered_file_is_not_replaced_by_its_part(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "history.jsonl", "{\"project\":\"/elsewhere\"}\n");
	fixture_unlink(&f, "history.jsonl");
	expect(&f, "history.jsonl", REVIEW_HELD);
	fixture_done(&f);
}

static void lines_of_other_projects_stay_in_the_session(void **state)
{
	struct commit_choice choice = { .approve_all = true };
	struct commit_result result;
	struct fixture f;
	char *lines = NULL;
	char *found;

	(void)state;
	fixture_make(&f);
	assert_true(asprintf(&lines, "{\"project\":\"/elsewhere\"}\n{\"project\":\"%s\"}\n",
			     f.project) > 0);
	fixture_create(&f, "history.jsonl", lines);
	fixture_end(&f);
	expect(&f, "history.jsonl", REVIEW_WILL_COMMIT);
	assert_int_equal(fixture_commit(&f, &choice, &result), 0);
	found = fixture_host_read(&f, "history.jsonl");
	assert_non_null(found);
	assert_string_equal(found, strchr(lines, '\n') + 1);
	expect_none(&f, "history.jsonl");
	free(found);
	free(lines);
	fixture_done(&f);
}

static void writer_is_named(void **state)
{
	struct journal_record process = {
		.type = JOURNAL_PROCESS,
		.has = JOURNAL_HAS_PROCESS | JOURNAL_HAS_PID | JOURNAL_HAS_UID | JOURNAL_HAS_EXE |
		       JOURNAL_HAS_COMMAND,
		.process = 1,
		.pid = 42,
		.exe = "/usr/bin/claude",
		.command = "claude -p x",
	};
	struct journal_record create = {
		.type = JOURNAL_CREATE,
		.has = JOURNAL_HAS_PROCESS | JOURNAL_HAS_PATH | JOURNAL_HAS_OBJECT |
		       JOURNAL_HAS_MODE,
		.process = 1,
		.path = "plans/a.md",
		.mode = 0600,
	};
	struct fixture f;
	int fd = -1;

	(void)state;
	fixture_make(&f);
	fixture_record(&f, &process);
	assert_int_equal(content_store_create(f.store, &create.object, &fd), 0);
	(void)close(fd);
	fixture_record(&f, &create);
	assert_string_equal(expect(&f, "plans/a.md", REVIEW_NEEDS_APPROVAL)->exe,
			    "/usr/bin/claude");
	assert_int_equal(review_get(f.review, 0)->pid, 42);
	fixture_done(&f);
}

/* An object that grew after its last seal: a write under way, or one whose daemon was killed. */
static void object_that_grew_after_its_seal_is_damage_only_after_an_end(void **state)
{
	struct fixture f;
	uint64_t object;
	int fd;

	(void)state;
	fixture_make(&f);
	object = fixture_create(&f, "plans/a.md", "one\n");
	fd = content_store_open_object(f.store, object, O_RDWR);
	assert_int_equal(pwrite(fd, "two\n", 4, 4), 4);
	(void)close(fd);
	assert_int_equal(expect(&f, "plans/a.md", REVIEW_NEEDS_APPROVAL)->size, 8);
	fixture_end(&f);
	expect(&f, "plans/a.md", REVIEW_HELD);
	fixture_done(&f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(appended_records_of_this_project_are_automatic),
	cmocka_unit_test(changed_record_needs_a_look),
	cmocka_unit_test(content_equal_to_the_base_is_no_change),
	cmocka_unit_test(filtered_file_is_not_replaced_by_its_part),
	cmocka_unit_test(foreign_record_needs_a_look),
	cmocka_unit_test(kinds_are_told_apart),
	cmocka_unit_test(line_that_is_no_json_is_held),
	cmocka_unit_test(lines_of_a_file_of_ones_own_are_anybodys),
	cmocka_unit_test(lines_of_other_projects_stay_in_the_session),
	cmocka_unit_test(name_that_the_rules_hid_is_not_overwritten),
	cmocka_unit_test(object_that_grew_after_its_seal_is_damage_only_after_an_end),
	cmocka_unit_test(replacement_of_what_the_host_had_is_never_automatic),
	cmocka_unit_test(session_of_another_project_is_not_made_own_by_a_file_name),
	cmocka_unit_test(writer_is_named),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
