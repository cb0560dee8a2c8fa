/* SPDX-License-Identifier: MIT */
/* A host that is not the one that the session knew, or that an undo finds changed; and what keeps
 * single names from being committed between review and commit. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "tests/lib/session_fixture.h"

static const struct commit_choice choose_all = { .approve_all = true };

static void make_committed(struct fixture *f)
{
	struct commit_result result;

	fixture_make(f);
	fixture_host_write(f, "plans/a.md", "old\n");
	fixture_modify(f, "plans/a.md", "new\n");
	fixture_mkdir(f, "plans/d");
	fixture_create(f, "plans/d/b.md", "new\n");
	fixture_end(f);
	assert_int_equal(fixture_commit(f, &choose_all, &result), 0);
	assert_int_equal(result.applied, 3);
}

struct told {
	size_t applied;
	char reasons[1024];
};

static void tell(const struct commit_event *event, void *arg)
{
	struct told *told = arg;
	size_t len = strlen(told->reasons);

	if (event->status == COMMIT_APPLIED)
		told->applied++;
	else
		(void)snprintf(told->reasons + len, sizeof(told->reasons) - len, "%s: %s\n",
			       event->path, event->reason);
}

static int look(struct fixture *f, struct told *told)
{
	struct commit_result result;

	*told = (struct told){ 0 };
	return undo_look(f->session_fd, &f->manifest, f->state_fd, 1, tell, told, &result);
}

/* Writes nothing, and says what an undo would. */
static void assert_look(struct fixture *f, size_t applied, const char *reason)
{
	struct told told;

	assert_int_equal(look(f, &told), 0);
	assert_int_equal(told.applied, applied);
	if (!strstr(told.reasons, reason))
		fail_msg("not told: %s, but %s", reason, told.reasons);
}

static void an_undo_tells_what_it_would_refuse(void **state)
{
	struct fixture f;
	char *content;

	(void)state;
	make_committed(&f);
	assert_look(&f, 3, "");
	fixture_host_write(&f, "plans/a.md", "theirs\n");
	assert_look(&f, 2, "plans/a.md: changed on the host since");
	content = fixture_host_read(&f, "plans/a.md");
	assert_string_equal(content, "theirs\n");
	free(content);
	fixture_host_write(&f, "plans/a.md", "new\n");
	/* Two names for one file: the other one is not the session's. */
	assert_int_equal(linkat(f.host_fd, "plans/d/b.md", f.host_fd, "plans/c", 0), 0);
	assert_look(&f, 2, "plans/d/b.md: the host's file has another name too");
	assert_int_equal(unlinkat(f.host_fd, "plans/c", 0), 0);
	/* Another directory in the place of the one that was made. */
	assert_int_equal(renameat(f.host_fd, "plans/d", f.host_fd, "plans/e"), 0);
	assert_int_equal(mkdirat(f.host_fd, "plans/d", 0700), 0);
	assert_look(&f, 1, "plans/d: another entry stands there");
	assert_look(&f, 1, "plans/d/b.md: removed on the host");
	assert_int_equal(unlinkat(f.host_fd, "plans/d", AT_REMOVEDIR), 0);
	fixture_host_write(&f, "plans/d", "theirs\n");
	assert_look(&f, 1, "plans/d: another entry stands there");
	assert_look(&f, 1, "plans/d/b.md: its directory on the host is another one now");
	assert_int_equal(unlinkat(f.host_fd, "plans/d", 0), 0);
	/* Gone, as the undo would leave it. */
	assert_look(&f, 2, "plans/d/b.md: removed on the host");
	fixture_done(&f);
}

#define UUID "11111111-2222-4333-8444-555555555555"
#define RECORD(id, n) \
	"{\"type\":\"user\",\"sessionId\":\"" UUID "\",\"uuid\":\"" #id "\",\"n\":" #n "}\n"

static const char *transcript; /* of the fixture's project */

static void remove_transcript(struct fixture *f)
{
	assert_int_equal(unlinkat(f->host_fd, transcript, 0), 0);
}

/* receipts/<n>/pre-<k> of the file that was replaced, whatever its number. */
static void shorten_kept(struct fixture *f)
{
	for (char name[] = "receipts/1/pre-0"; name[15] < '3'; name[15]++) {
		int fd = openat(f->session_fd, name, O_WRONLY | O_CLOEXEC);

		if (fd >= 0)
			assert_int_equal(ftruncate(fd, 1), 0);
		(void)close(fd);
	}
}

/* The undo of an undo appends. */
static void undone_lines_are_not_put_back_into_what_is_no_file(void **state)
{
	struct commit_result result;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	transcript = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, transcript, RECORD(1, 1));
	fixture_append(&f, transcript, RECORD(2, 2));
	fixture_end(&f);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(fixture_undo(&f, 1, &result), 0);
	remove_transcript(&f);
	assert_int_equal(fixture_undo(&f, 2, &result), 0);
	assert_non_null(strstr(f.undo_reasons, "no longer a file on the host"));
	assert_int_equal(mkdirat(f.host_fd, transcript, 0700), 0);
	assert_int_equal(fixture_undo(&f, 2, &result), 0);
	assert_non_null(strstr(f.undo_reasons, "no longer a file on the host"));
	fixture_done(&f);
}

static void what_was_kept_may_be_gone(void **state)
{
	struct fixture f;

	(void)state;
	make_committed(&f);
	shorten_kept(&f);
	assert_look(&f, 2, "plans/a.md: what was kept of it is damaged");
	for (char name[] = "receipts/1/pre-0"; name[15] < '3'; name[15]++)
		(void)unlinkat(f.session_fd, name, 0);
	assert_look(&f, 2, "plans/a.md: what was kept of it is gone");
	fixture_done(&f);
}

static void without_the_key_no_receipt_is_followed(void **state)
{
	struct fixture f;
	struct told told;

	(void)state;
	make_committed(&f);
	assert_int_equal(unlinkat(f.state_fd, "key", 0), 0);
	assert_int_equal(look(&f, &told), -EBADMSG);
	fixture_done(&f);
}

static void an_undo_of_all_that_was_undone_says_so(void **state)
{
	struct commit_result result;
	struct fixture f;
	struct told told;

	(void)state;
	make_committed(&f);
	assert_int_equal(undo_look(f.session_fd, &f.manifest, f.state_fd, 9, tell, &told, &result),
			 -ENOENT);
	assert_int_equal(fixture_undo(&f, 1, &result), 0);
	assert_int_equal(look(&f, &told), -EALREADY);
	assert_int_equal(fixture_undo(&f, 1, &result), -EALREADY);
	fixture_done(&f);
}

/* The host's ~/.claude is moved away, and something is put in its place. */
static void expect_stale(void (*replace)(struct fixture *f))
{
	struct commit_result result;
	struct fixture f;
	char away[128];

	make_committed(&f);
	(void)snprintf(away, sizeof(away), "%s/away", f.home);
	assert_int_equal(rename(f.host, away), 0);
	replace(&f);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), -ESTALE);
	assert_int_equal(fixture_undo(&f, 1, &result), -ESTALE);
	fixture_done(&f);
}

static void put_nothing(struct fixture *f)
{
	struct told told;

	assert_int_equal(look(f, &told), -ESTALE);
}

static void put_another(struct fixture *f)
{
	assert_int_equal(mkdir(f->host, 0700), 0);
}

static void put_a_file(struct fixture *f)
{
	int fd = open(f->host, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct told told;

	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(look(f, &told), -ENOTDIR);
}

static void put_a_loop(struct fixture *f)
{
	assert_int_equal(symlink(".claude", f->host), 0);
}

static void another_root_is_not_written_to(void **state)
{
	(void)state;
	expect_stale(put_nothing);
	expect_stale(put_another);
	expect_stale(put_a_file);
	expect_stale(put_a_loop);
}

/* The session found none: one that somebody made meanwhile is not the one to make. */
static void a_root_that_came_meanwhile_is_not_ours(void **state)
{
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	struct commit_result result;
	const char *missing = NULL;
	struct fixture f;

	(void)state;
	fixture_make_without_host(&f);
	fixture_create(&f, "plans/a.md", "new\n");
	fixture_end(&f);
	assert_int_equal(
		commit_open(f.session_fd, &f.manifest, f.state_fd, NULL, NULL, NULL, &commit), 0);
	assert_int_equal(commit_plan_new(fixture_review(&f), &choose_all, &plan, &missing), 0);
	/* Nothing of an index is beyond the plan. */
	assert_non_null(commit_plan_get(plan, 0));
	assert_null(commit_plan_get(plan, commit_plan_count(plan)));
	assert_null(commit_plan_rest_get(plan, commit_plan_rest_count(plan)));
	put_another(&f);
	assert_int_equal(commit_apply(commit, plan, NULL, NULL, &result), -ESTALE);
	fixture_done(&f);
}

static void a_root_without_a_name_cannot_be_made(void **state)
{
	static const char *const roots[] = { "/nosuch", "nosuch", "/no/such/" };

	(void)state;
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct commit *commit = NULL;
		struct manifest manifest;
		struct fixture f;

		fixture_make_without_host(&f);
		fixture_end(&f);
		manifest = f.manifest;
		manifest.host_root = (char *)(uintptr_t)roots[i];
		assert_int_equal(
			commit_open(f.session_fd, &manifest, f.state_fd, NULL, NULL, NULL, &commit),
			-EINVAL);
		assert_null(commit);
		fixture_done(&f);
	}
}

/* ---- between review and commit ---- */

/* As fixture_commit(), with something between review and commit. */
static void commit_after(struct fixture *f, void (*act)(struct fixture *f), struct told *told,
			 struct commit_result *ret)
{
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	const char *missing = NULL;

	*told = (struct told){ 0 };
	assert_int_equal(
		commit_open(f->session_fd, &f->manifest, f->state_fd, NULL, NULL, NULL, &commit),
		0);
	assert_int_equal(commit_plan_new(fixture_review(f), &choose_all, &plan, &missing), 0);
	act(f);
	assert_int_equal(commit_apply(commit, plan, tell, told, ret), 0);
}

static uint64_t object;

static void write_to_it(struct fixture *f)
{
	char name[32];
	int fd;

	(void)snprintf(name, sizeof(name), "objects/%llu", (unsigned long long)object);
	fd = openat(f->session_fd, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	(void)close(fd);
}

static void remove_object(struct fixture *f)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "objects/%llu", (unsigned long long)object);
	assert_int_equal(unlinkat(f->session_fd, name, 0), 0);
}

static void make_approved(struct fixture *f)
{
	fixture_make(f);
	object = fixture_create(f, "plans/a.md", "new\n");
	fixture_create(f, "plans/b.md", "new\n");
	fixture_end(f);
	fixture_decide(f, "plans/a.md", DECISION_APPROVED);
}

/* The rest goes on. */
static void expect_rest(void (*act)(struct fixture *f), const char *reason)
{
	struct commit_result result;
	struct fixture f;
	struct told told;
	char *content;

	make_approved(&f);
	commit_after(&f, act, &told, &result);
	if (!strstr(told.reasons, reason))
		fail_msg("not told: %s, but %s", reason, told.reasons);
	assert_null(fixture_host_read(&f, "plans/a.md"));
	content = fixture_host_read(&f, "plans/b.md");
	assert_string_equal(content, "new\n");
	free(content);
	fixture_done(&f);
}

static void a_session_that_writes_again_keeps_only_that_name_back(void **state)
{
	(void)state;
	expect_rest(write_to_it, "plans/a.md: ");
	expect_rest(remove_object, "plans/a.md: ");
}

static void append_the_same(struct fixture *f)
{
	fixture_host_append(f, transcript, RECORD(2, 2));
}

static void append_another(struct fixture *f)
{
	fixture_host_append(f, transcript, RECORD(2, 3));
}

/* The host's transcript holds record 1, the session adds record 2. */
static void expect_transcript(void (*act)(struct fixture *f), size_t applied, const char *reason,
			      const char *expected)
{
	struct commit_result result;
	struct fixture f;
	struct told told;
	char *content;

	fixture_make(&f);
	transcript = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, transcript, RECORD(1, 1));
	fixture_append(&f, transcript, RECORD(2, 2));
	fixture_end(&f);
	commit_after(&f, act, &told, &result);
	if (!strstr(told.reasons, reason))
		fail_msg("not told: %s, but %s", reason, told.reasons);
	assert_int_equal(result.applied, applied);
	content = fixture_host_read(&f, transcript);
	if (expected)
		assert_string_equal(content, expected);
	else
		assert_null(content);
	free(content);
	fixture_done(&f);
}

static void records_that_the_host_gained_meanwhile_are_compared_again(void **state)
{
	(void)state;
	expect_transcript(append_another, 0, "another record under the uuid of one of these",
			  RECORD(1, 1) RECORD(2, 3));
	expect_transcript(append_the_same, 1, "", RECORD(1, 1) RECORD(2, 2));
	expect_transcript(remove_transcript, 0, "", NULL);
}

static void move_transcript(struct fixture *f)
{
	uint64_t moved;

	fixture_make(f);
	fixture_host_write(f, "plans/long", "a long beginning\n");
	moved = fixture_copy_up_prefix(f, "plans/long");
	fixture_write(f, moved, strlen("a long beginning\n"), "and an end\n");
	fixture_seal(f, moved);
	fixture_rename(f, "plans/long", "plans/moved");
	fixture_end(f);
}

static void lose_beginning(struct fixture *f)
{
	assert_int_equal(unlinkat(f->host_fd, "plans/long", 0), 0);
}

static void a_beginning_that_is_gone_is_told(void **state)
{
	struct commit_result result;
	struct fixture f;
	struct told told;

	(void)state;
	move_transcript(&f);
	commit_after(&f, lose_beginning, &told, &result);
	assert_non_null(strstr(told.reasons,
			       "plans/moved: what the session continued is gone on the host"));
	assert_null(fixture_host_read(&f, "plans/moved"));
	fixture_done(&f);
}

static void hold_lock(struct fixture *f)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/.claude.json.lock", f->home);
	/* Not empty: held whatever its age. */
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/.claude.json.lock/x", f->home);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* Takes twelve seconds of patience: in the long form. */
static void a_claude_that_holds_its_lock_is_waited_for_and_then_left_alone(void **state)
{
	struct commit_result result;
	struct fixture f;
	struct told told;
	char *content;

	(void)state;
	fixture_make(&f);
	fixture_config_write(&f, "{\"numStartups\":5}");
	fixture_save(&f, ".claude.json", NULL, "{\"numStartups\":7}");
	fixture_end(&f);
	commit_after(&f, hold_lock, &told, &result);
	assert_non_null(strstr(told.reasons, "a Claude on the host holds its lock"));
	content = fixture_config_read(&f);
	assert_string_equal(content, "{\"numStartups\":5}");
	free(content);
	fixture_done(&f);
}

static void an_exit_code_for_the_gravest(void **state)
{
	(void)state;
	assert_int_equal(commit_exit_code(&(struct commit_result){ .applied = 1, .skipped = 1 }),
			 0);
	assert_true(commit_exit_code(&(struct commit_result){ .conflicts = 1 }) > 0);
	assert_int_not_equal(
		commit_exit_code(&(struct commit_result){ .conflicts = 1 }),
		commit_exit_code(&(struct commit_result){ .conflicts = 1, .failed = 1 }));
	assert_int_not_equal(
		commit_exit_code(&(struct commit_result){ .failed = 1 }),
		commit_exit_code(&(struct commit_result){ .failed = 1, .damaged = 1 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_undo_tells_what_it_would_refuse),
		cmocka_unit_test(what_was_kept_may_be_gone),
		cmocka_unit_test(without_the_key_no_receipt_is_followed),
		cmocka_unit_test(an_undo_of_all_that_was_undone_says_so),
		cmocka_unit_test(another_root_is_not_written_to),
		cmocka_unit_test(a_root_that_came_meanwhile_is_not_ours),
		cmocka_unit_test(a_root_without_a_name_cannot_be_made),
		cmocka_unit_test(a_session_that_writes_again_keeps_only_that_name_back),
		cmocka_unit_test(records_that_the_host_gained_meanwhile_are_compared_again),
		cmocka_unit_test(a_beginning_that_is_gone_is_told),
		cmocka_unit_test(undone_lines_are_not_put_back_into_what_is_no_file),
		cmocka_unit_test(an_exit_code_for_the_gravest),
	};

	const struct CMUnitTest patient[] = {
		cmocka_unit_test(a_claude_that_holds_its_lock_is_waited_for_and_then_left_alone),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (getenv("CLAUDEFS_TEST_LONG"))
		failed += cmocka_run_group_tests(patient, NULL, NULL);
	return failed;
}
