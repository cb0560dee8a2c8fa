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
#include <unistd.h>

#include "fs/base/message.h"
#include "fs/review/change_digest.h"
#include "fs/review/verify.h"
#include "tests/lib/session_fixture.h"

#define TASK_UUID "11111111-2222-4333-8444-555555555555"

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

/* A new file under a rule that asks. */
static void make_plan(struct fixture *f, const char *path)
{
	fixture_create(f, path, "new\n");
	fixture_end(f);
}

static void unapproved_change_stays_pending(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	fixture_make(&f);
	make_plan(&f, "plans/a.md");
	assert_group(&f, "plans/a.md", REVIEW_NEEDS_APPROVAL);
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	assert_int_equal(result.receipt, 0);
	assert_host(&f, "plans/a.md", NULL);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_host(&f, "plans/a.md", "new\n");
	fixture_done(&f);
}

static void only_what_was_named_is_committed(void **state)
{
	static const char *const only[] = { "plans/a.md" };
	struct commit_choice choice = { .only = only, .only_count = 1, .only_approves = true };
	struct fixture f;
	struct commit_result result;

	(void)state;
	fixture_make(&f);
	fixture_create(&f, "plans/b.md", "b\n");
	make_plan(&f, "plans/a.md");
	assert_int_equal(fixture_commit(&f, &choice, &result), 0);
	assert_host(&f, "plans/a.md", "new\n");
	assert_host(&f, "plans/b.md", NULL);
	fixture_done(&f);
}

static void file_changed_on_the_host_too_is_a_conflict(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/a.md", "base\n");
	fixture_modify(&f, "plans/a.md", "session\n");
	fixture_end(&f);
	assert_group(&f, "plans/a.md", REVIEW_NEEDS_APPROVAL);
	fixture_host_write(&f, "plans/a.md", "host!\n");
	assert_group(&f, "plans/a.md", REVIEW_CONFLICT);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(result.applied, 0);
	assert_host(&f, "plans/a.md", "host!\n");
	/* The base is back: so is the change. */
	fixture_host_write(&f, "plans/a.md", "base\n");
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_host(&f, "plans/a.md", "session\n");
	assert_verifies(&f);
	fixture_done(&f);
}

/* Same length, and the time put back: only the bytes tell. */
static void change_with_size_and_time_forged_is_a_conflict(void **state)
{
	struct fixture f;
	struct commit_result result;
	struct timespec times[2];
	struct stat st;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/a.md", "base\n");
	fixture_modify(&f, "plans/a.md", "session\n");
	fixture_end(&f);
	assert_int_equal(fstatat(f.host_fd, "plans/a.md", &st, 0), 0);
	fixture_host_write(&f, "plans/a.md", "BASE\n");
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	assert_int_equal(utimensat(f.host_fd, "plans/a.md", times, 0), 0);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_host(&f, "plans/a.md", "BASE\n");
	fixture_done(&f);
}

/* The host changes between the review and the application. */
struct interference {
	struct fixture *fixture;
	void (*change)(struct fixture *fixture);
	struct commit_result result;
};

static int commit_with(struct interference *interference)
{
	struct fixture *f = interference->fixture;
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	const char *missing = NULL;

	assert_int_equal(
		commit_open(f->session_fd, &f->manifest, f->state_fd, NULL, NULL, NULL, &commit),
		0);
	assert_int_equal(commit_plan_new(fixture_review(f), &choose_all, &plan, &missing), 0);
	interference->change(f);
	return commit_apply(commit, plan, NULL, NULL, &interference->result);
}

static void write_on_host(struct fixture *f)
{
	fixture_host_write(f, "plans/a.md", "host!\n");
}

static void late_change_on_the_host_is_seen_at_the_last_instant(void **state)
{
	struct fixture f;
	struct interference interference = { .fixture = &f, .change = write_on_host };

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/a.md", "base\n");
	fixture_modify(&f, "plans/a.md", "session\n");
	fixture_end(&f);
	assert_int_equal(commit_with(&interference), 0);
	assert_int_equal(interference.result.conflicts, 1);
	assert_int_equal(commit_exit_code(&interference.result), EXIT_CONFLICT);
	assert_host(&f, "plans/a.md", "host!\n");
	assert_verifies(&f);
	fixture_done(&f);
}

static uint64_t late_object;

static void write_in_session(struct fixture *f)
{
	fixture_write(f, late_object, 0, "NEW\n");
	fixture_seal(f, late_object);
}

static void grow_in_session(struct fixture *f)
{
	fixture_write(f, late_object, 4, "more\n");
}

/* Mid-session: what was reviewed is committed, and what was written since is a change of its own.
 */
static void late_write_of_the_session_is_not_what_was_reviewed(void **state)
{
	struct fixture f;
	struct interference interference = { .fixture = &f, .change = write_in_session };

	(void)state;
	fixture_make(&f);
	late_object = fixture_create(&f, "plans/a.md", "new\n");
	assert_int_equal(commit_with(&interference), 0);
	/* With the directory. */
	assert_int_equal(interference.result.applied, 2);
	assert_int_equal(interference.result.skipped, 0);
	assert_host(&f, "plans/a.md", "new\n");
	assert_group(&f, "plans/a.md", REVIEW_NEEDS_APPROVAL);
	interference.change = grow_in_session;
	assert_int_equal(commit_with(&interference), 0);
	assert_host(&f, "plans/a.md", "NEW\n");
	assert_group(&f, "plans/a.md", REVIEW_NEEDS_APPROVAL);
	assert_int_equal(review_find(f.review, "plans/a.md")->size, 9);
	fixture_done(&f);
}

static void late_creation_on_the_host_is_not_overwritten(void **state)
{
	struct fixture f;
	struct interference interference = { .fixture = &f, .change = write_on_host };

	(void)state;
	fixture_make(&f);
	make_plan(&f, "plans/a.md");
	assert_int_equal(commit_with(&interference), 0);
	assert_int_equal(interference.result.conflicts, 1);
	assert_host(&f, "plans/a.md", "host!\n");
	fixture_done(&f);
}

static void link_parent(struct fixture *f)
{
	assert_int_equal(mkdirat(f->host_fd, "elsewhere", 0700), 0);
	assert_int_equal(symlinkat("elsewhere", f->host_fd, "plans"), 0);
}

static void symlink_in_the_way_is_never_followed(void **state)
{
	struct fixture f;
	struct interference interference = { .fixture = &f, .change = link_parent };
	struct commit_result result;

	(void)state;
	fixture_make(&f);
	make_plan(&f, "plans/a.md");
	assert_int_equal(commit_with(&interference), 0);
	assert_int_equal(interference.result.applied, 0);
	assert_host(&f, "elsewhere/a.md", NULL);
	/* And the review says so beforehand. */
	assert_group(&f, "plans/a.md", REVIEW_HELD);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(result.receipt, 0);
	assert_host(&f, "elsewhere/a.md", NULL);
	fixture_done(&f);
}

static void symlink_as_the_target_is_held(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "victim", "victim\n");
	assert_int_equal(mkdirat(f.host_fd, "plans", 0700), 0);
	assert_int_equal(symlinkat("../victim", f.host_fd, "plans/a.md"), 0);
	fixture_modify(&f, "plans/a.md", "session\n");
	fixture_end(&f);
	assert_group(&f, "plans/a.md", REVIEW_HELD);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_host(&f, "victim", "victim\n");
	fixture_done(&f);
}

static void hard_linked_target_is_held(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "settings.json", "{}\n");
	fixture_host_write(&f, "plans/x", "");
	assert_int_equal(linkat(f.host_fd, "settings.json", f.host_fd, "plans/a.md", 0), 0);
	fixture_modify(&f, "plans/a.md", "{\"hooks\":1}\n");
	fixture_end(&f);
	assert_group(&f, "plans/a.md", REVIEW_HELD);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_host(&f, "settings.json", "{}\n");
	fixture_done(&f);
}

static void link_history(struct fixture *f)
{
	assert_int_equal(linkat(f->host_fd, "history.jsonl", f->host_fd, "alias", 0), 0);
}

static void nothing_is_appended_to_a_file_with_two_names(void **state)
{
	struct fixture f;
	struct interference interference = { .fixture = &f, .change = link_history };
	char *mine = NULL;

	(void)state;
	fixture_make(&f);
	assert_true(asprintf(&mine, "{\"project\":\"%s\"}\n", f.project) > 0);
	fixture_host_write(&f, "history.jsonl", "{}\n");
	fixture_append(&f, "history.jsonl", mine);
	fixture_end(&f);
	assert_int_equal(commit_with(&interference), 0);
	assert_int_equal(interference.result.conflicts, 1);
	assert_host(&f, "history.jsonl", "{}\n");
	free(mine);
	fixture_done(&f);
}

static void fifo_as_the_target_is_held_and_never_opened(void **state)
{
	struct fixture f;
	struct commit_result result;
	struct stat st;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/a.md", "base\n");
	fixture_modify(&f, "plans/a.md", "session\n");
	fixture_end(&f);
	assert_int_equal(unlinkat(f.host_fd, "plans/a.md", 0), 0);
	assert_int_equal(mkfifoat(f.host_fd, "plans/a.md", 0600), 0);
	assert_group(&f, "plans/a.md", REVIEW_HELD);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(fstatat(f.host_fd, "plans/a.md", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISFIFO(st.st_mode));
	fixture_done(&f);
}

static void replaced_host_root_is_refused(void **state)
{
	struct fixture f;
	struct commit_result result;
	char *aside = NULL;

	(void)state;
	fixture_make(&f);
	make_plan(&f, "plans/a.md");
	assert_true(asprintf(&aside, "%s.old", f.host) > 0);
	assert_int_equal(rename(f.host, aside), 0);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), -ESTALE);
	assert_int_equal(mkdir(f.host, 0700), 0);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), -ESTALE);
	assert_int_equal(rmdir(f.host), 0);
	assert_int_equal(symlink(f.project, f.host), 0);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), -ESTALE);
	/* A link to the same directory is the same directory. */
	assert_int_equal(unlink(f.host), 0);
	assert_int_equal(symlink(aside, f.host), 0);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_host(&f, "plans/a.md", "new\n");
	free(aside);
	fixture_done(&f);
}

static void missing_host_root_is_made_by_the_first_commit(void **state)
{
	struct fixture f;
	struct commit_result result;
	struct stat st;

	(void)state;
	fixture_make_without_host(&f);
	fixture_create(&f, "plans/a.md", "new\n");
	fixture_create(&f, "plans/b.md", "{\"b\":1}\n");
	fixture_end(&f);
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	assert_int_equal(stat(f.host, &st), -1);
	{
		static const char *const only[] = { "plans/a.md" };
		struct commit_choice choice = { .only = only,
						.only_count = 1,
						.only_approves = true };

		assert_int_equal(fixture_commit(&f, &choice, &result), 0);
	}
	assert_int_equal(stat(f.host, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	f.host_fd = open(f.host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_host(&f, "plans/a.md", "new\n");
	/* The next one must find the one that was made. */
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_host(&f, "plans/b.md", "{\"b\":1}\n");
	fixture_done(&f);
}

static void damaged_object_is_held_and_named(void **state)
{
	struct fixture f;
	struct commit_result result;
	struct verify_report report;
	uint64_t object;
	int fd;

	(void)state;
	fixture_make(&f);
	object = fixture_create(&f, "plans/a.md", "new\n");
	fixture_create(&f, "plans/b.md", "new\n");
	fixture_end(&f);
	fd = content_store_open_object(f.store, object, O_RDWR);
	assert_int_equal(pwrite(fd, "N", 1, 0), 1);
	(void)close(fd);
	assert_group(&f, "plans/a.md", REVIEW_HELD);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(result.applied, 2); /* plans, and the good one */
	assert_host(&f, "plans/a.md", NULL);
	assert_host(&f, "plans/b.md", "new\n");
	assert_int_equal(verify_session(f.session_fd, f.manifest.id, NULL, NULL, &report), 0);
	assert_int_equal(report.problems, 1);
	fixture_done(&f);
}

static void deletion_is_applied_only_when_approved(void **state)
{
	struct fixture f;
	struct commit_result result;
	const char *path;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, RECORD);
	fixture_unlink(&f, path);
	fixture_end(&f);
	assert_group(&f, path, REVIEW_NEEDS_APPROVAL);
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	assert_host(&f, path, RECORD);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_host(&f, path, NULL);
	assert_verifies(&f);
	fixture_done(&f);
}

static void directory_that_the_host_filled_is_not_removed(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/d/a.md", "a\n");
	fixture_unlink(&f, "plans/d/a.md");
	fixture_rmdir(&f, "plans/d");
	fixture_end(&f);
	fixture_host_write(&f, "plans/d/host.md", "host\n");
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_int_equal(result.skipped, 1);
	assert_host(&f, "plans/d/host.md", "host\n");
	fixture_done(&f);
}

static void rights_and_owner_of_the_host_are_kept(void **state)
{
	struct fixture f;
	struct commit_result result;
	struct stat st;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/a.md", "base\n");
	assert_int_equal(fchmodat(f.host_fd, "plans/a.md", 0640, 0), 0);
	if (getuid() == 0)
		assert_int_equal(fchownat(f.host_fd, "plans/a.md", 12345, 12346, 0), 0);
	fixture_modify(&f, "plans/a.md", "session\n");
	fixture_end(&f);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(fstatat(f.host_fd, "plans/a.md", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_uid, getuid() == 0 ? 12345 : getuid());
	fixture_done(&f);
}

static void set_id_file_never_leaves(void **state)
{
	struct fixture f;
	struct journal_record record = {
		.type = JOURNAL_SET_ATTR,
		.has = JOURNAL_HAS_OBJECT | JOURNAL_HAS_MODE,
		.mode = 04755,
	};

	(void)state;
	fixture_make(&f);
	record.object = fixture_create(&f, "plans/sh", "new\n");
	fixture_record(&f, &record);
	fixture_end(&f);
	assert_group(&f, "plans/sh", REVIEW_NEVER_LEAVES);
	fixture_done(&f);
}

static void later_writes_are_new_changes_against_what_was_committed(void **state)
{
	struct fixture f;
	struct commit_result result;
	const char *path;
	uint64_t transcript;
	uint64_t plan;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, RECORD);
	transcript = fixture_copy_up_prefix(&f, path);
	fixture_write(&f, transcript, strlen(RECORD), RECORD);
	fixture_seal(&f, transcript);
	plan = fixture_create(&f, "plans/a.md", "one\n");
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_host(&f, path, RECORD RECORD);
	assert_int_equal(review_count(fixture_review(&f)), 0);
	/* The session runs on. */
	fixture_write(&f, transcript, strlen(RECORD RECORD), RECORD);
	fixture_seal(&f, transcript);
	fixture_write(&f, plan, 0, "two\n");
	fixture_seal(&f, plan);
	assert_group(&f, path, REVIEW_WILL_COMMIT);
	assert_group(&f, "plans/a.md", REVIEW_NEEDS_APPROVAL);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(result.applied, 2);
	assert_host(&f, path, RECORD RECORD RECORD);
	assert_host(&f, "plans/a.md", "two\n");
	/* The host goes on too: a third round. */
	fixture_host_append(&f, path, RECORD);
	fixture_write(&f, transcript, strlen(RECORD RECORD RECORD), "{}\n");
	fixture_seal(&f, transcript);
	fixture_end(&f);
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	assert_host(&f, path, RECORD RECORD RECORD RECORD "{}\n");
	assert_verifies(&f);
	fixture_done(&f);
}

static void two_commits_of_one_host_do_not_run_at_once(void **state)
{
	struct fixture f;
	struct commit_result result;
	cleanup_commit struct commit *other = NULL;

	(void)state;
	fixture_make(&f);
	make_plan(&f, "plans/a.md");
	assert_int_equal(
		commit_open(f.session_fd, &f.manifest, f.state_fd, NULL, NULL, NULL, &other), 0);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), -EBUSY);
	commit_close(other);
	other = NULL;
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	fixture_done(&f);
}

static void good_prefix_of_a_damaged_journal_can_be_committed(void **state)
{
	struct fixture f;
	struct commit_result result;
	struct stat st;
	int fd;

	(void)state;
	fixture_make(&f);
	fixture_create(&f, "plans/a.md", "new\n");
	assert_int_equal(fstatat(f.session_fd, "journal", &st, 0), 0);
	fixture_create(&f, "plans/b.md", "new\n");
	fixture_create(&f, "plans/c.md", "new\n");
	fixture_end(&f);
	fd = openat(f.session_fd, "journal", O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\xff\xff\xff", 3, st.st_size + 60), 3);
	(void)close(fd);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_host(&f, "plans/a.md", "new\n");
	assert_host(&f, "plans/b.md", NULL);
	fixture_done(&f);
}

static bool choose_first_edit(const struct change *change, struct plan_entry *entry, void *arg)
{
	const struct fixture *f = arg;

	assert_int_equal(change_digest(f->review, change, &entry->digest), 0);
	entry->chosen = calloc(2, sizeof(*entry->chosen));
	assert_non_null(entry->chosen);
	entry->chosen[0] = true;
	entry->chosen_count = 2;
	return true;
}

/* What is JSON with all of the session's edits need not be with one of them. */
static void edits_that_leave_no_json_are_held(void **state)
{
	struct commit_choice choice = { .is_approved = choose_first_edit };
	struct commit_result result;
	struct fixture f;
	const char *path;

	(void)state;
	fixture_make(&f);
	choice.arg = &f;
	fixture_host_write(&f, fixture_own(&f, TASK_UUID ".jsonl"), "{\"uuid\":\"0\"}\n");
	path = "tasks/" TASK_UUID "/1.json";
	fixture_host_write(&f, path, "{\n\"task\":1\n}\n");
	fixture_modify(&f, path, "[\n{\n\"task\":1\n}\n]\n");
	fixture_end(&f);
	assert_group(&f, path, REVIEW_NEEDS_APPROVAL);
	assert_int_equal(fixture_commit(&f, &choice, &result), 0);
	assert_int_equal(result.applied, 0);
	assert_int_equal(result.skipped, 1);
	assert_host(&f, path, "{\n\"task\":1\n}\n");
	/* All of them together do. */
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_host(&f, path, "[\n{\n\"task\":1\n}\n]\n");
	fixture_done(&f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(edits_that_leave_no_json_are_held),
	cmocka_unit_test(change_with_size_and_time_forged_is_a_conflict),
	cmocka_unit_test(damaged_object_is_held_and_named),
	cmocka_unit_test(deletion_is_applied_only_when_approved),
	cmocka_unit_test(directory_that_the_host_filled_is_not_removed),
	cmocka_unit_test(fifo_as_the_target_is_held_and_never_opened),
	cmocka_unit_test(file_changed_on_the_host_too_is_a_conflict),
	cmocka_unit_test(good_prefix_of_a_damaged_journal_can_be_committed),
	cmocka_unit_test(hard_linked_target_is_held),
	cmocka_unit_test(history_keeps_lines_that_the_host_gained),
	cmocka_unit_test(late_change_on_the_host_is_seen_at_the_last_instant),
	cmocka_unit_test(late_creation_on_the_host_is_not_overwritten),
	cmocka_unit_test(late_write_of_the_session_is_not_what_was_reviewed),
	cmocka_unit_test(later_writes_are_new_changes_against_what_was_committed),
	cmocka_unit_test(missing_host_root_is_made_by_the_first_commit),
	cmocka_unit_test(new_transcript_arrives_on_the_host),
	cmocka_unit_test(nothing_is_appended_to_a_file_with_two_names),
	cmocka_unit_test(only_what_was_named_is_committed),
	cmocka_unit_test(replaced_host_root_is_refused),
	cmocka_unit_test(rights_and_owner_of_the_host_are_kept),
	cmocka_unit_test(set_id_file_never_leaves),
	cmocka_unit_test(symlink_as_the_target_is_held),
	cmocka_unit_test(symlink_in_the_way_is_never_followed),
	cmocka_unit_test(two_commits_of_one_host_do_not_run_at_once),
	cmocka_unit_test(unapproved_change_stays_pending),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
