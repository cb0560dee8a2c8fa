/* SPDX-License-Identifier: MIT */
/* What an undo gives back, what it refuses to touch, and what the session counts with afterwards.
 */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/review/verify.h"
#include "tests/lib/session_fixture.h"

static const struct commit_choice choose_all = { .approve_all = true };

#define UUID    "11111111-2222-4333-8444-555555555555"
#define RECORD  "{\"type\":\"user\",\"sessionId\":\"" UUID "\",\"n\":"
#define LINE(n) RECORD #n "}\n"

static void assert_host(struct fixture *f, const char *path, const char *expected)
{
	char *content = fixture_host_read(f, path);

	if (expected) {
		assert_non_null(content);
		assert_string_equal(content, expected);
	} else {
		assert_null(content);
	}
	free(content);
}

static void commit_all(struct fixture *f, size_t applied)
{
	struct commit_result result;

	assert_int_equal(fixture_commit(f, &choose_all, &result), 0);
	assert_int_equal(result.applied, applied);
}

/* How many were undone; the rest is in f->undo_reasons. */
static size_t undo(struct fixture *f, uint64_t receipt)
{
	struct commit_result result;

	assert_int_equal(fixture_undo(f, receipt, &result), 0);
	return result.applied;
}

static void assert_verifies(struct fixture *f)
{
	struct verify_report report;

	assert_int_equal(verify_session(f->session_fd, f->manifest.id, NULL, NULL, &report), 0);
	assert_int_equal(report.problems, 0);
	assert_int_equal(report.unfinished, 0);
}

static void set_look(struct fixture *f, const char *path, mode_t mode, time_t mtime)
{
	struct timespec times[2] = { { .tv_sec = mtime }, { .tv_sec = mtime, .tv_nsec = 123 } };

	assert_int_equal(fchmodat(f->host_fd, path, mode, 0), 0);
	assert_int_equal(utimensat(f->host_fd, path, times, 0), 0);
}

static void assert_look(struct fixture *f, const char *path, mode_t mode, time_t mtime)
{
	struct stat st;

	assert_int_equal(fstatat(f->host_fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	assert_int_equal(st.st_mtim.tv_sec, mtime);
	assert_int_equal(st.st_mtim.tv_nsec, 123);
}

static void bytes_modes_times_and_absence_come_back(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/changed.md", "old\n");
	fixture_host_write(&f, "plans/gone.md", "gone\n");
	fixture_host_write(&f, fixture_own(&f, UUID ".jsonl"), LINE(1));
	set_look(&f, "plans/changed.md", 0640, 1000000);
	set_look(&f, "plans/gone.md", 0604, 1000001);
	set_look(&f, fixture_own(&f, UUID ".jsonl"), 0600, 1000002);
	fixture_modify(&f, "plans/changed.md", "new\n");
	fixture_unlink(&f, "plans/gone.md");
	fixture_mkdir(&f, "plans/deep");
	fixture_create(&f, "plans/deep/made.md", "made\n");
	fixture_append(&f, fixture_own(&f, UUID ".jsonl"), LINE(2));
	fixture_end(&f);
	commit_all(&f, 5);
	assert_host(&f, fixture_own(&f, UUID ".jsonl"), LINE(1) LINE(2));
	assert_int_equal(undo(&f, 1), 5);
	assert_string_equal(f.undo_reasons, "");
	assert_host(&f, "plans/changed.md", "old\n");
	assert_host(&f, "plans/gone.md", "gone\n");
	assert_host(&f, fixture_own(&f, UUID ".jsonl"), LINE(1));
	assert_look(&f, "plans/changed.md", 0640, 1000000);
	assert_look(&f, "plans/gone.md", 0604, 1000001);
	assert_look(&f, fixture_own(&f, UUID ".jsonl"), 0600, 1000002);
	assert_int_not_equal(faccessat(f.host_fd, "plans/deep", F_OK, 0), 0);
	/* All of it is pending again, and nothing counts as committed. */
	assert_int_equal(review_count(fixture_review(&f)), 4);
	assert_int_equal(review_count_committed(f.review), 0);
	assert_verifies(&f);
	commit_all(&f, 5);
	assert_host(&f, "plans/changed.md", "new\n");
	assert_host(&f, "plans/gone.md", NULL);
	assert_host(&f, fixture_own(&f, UUID ".jsonl"), LINE(1) LINE(2));
	assert_int_equal(review_count(fixture_review(&f)), 0);
	assert_verifies(&f);
	fixture_done(&f);
}

static void what_the_host_changed_since_is_named_and_left_alone(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/a.md", "old a\n");
	fixture_host_write(&f, "plans/b.md", "old b\n");
	fixture_host_write(&f, "plans/c.md", "old c\n");
	fixture_modify(&f, "plans/a.md", "new a\n");
	fixture_modify(&f, "plans/b.md", "new b\n");
	fixture_unlink(&f, "plans/c.md");
	fixture_create(&f, "plans/d.md", "new d\n");
	fixture_end(&f);
	commit_all(&f, 4);
	fixture_host_write(&f, "plans/b.md", "mine b\n");
	fixture_host_write(&f, "plans/c.md", "mine c\n");
	assert_int_equal(unlinkat(f.host_fd, "plans/d.md", 0), 0);
	assert_int_equal(undo(&f, 1), 1);
	assert_string_equal(f.undo_reasons,
			    "plans/c.md: the host has got an entry of this name again\n"
			    "plans/b.md: changed on the host since it was committed\n"
			    "plans/d.md: removed on the host since it was committed\n");
	assert_host(&f, "plans/a.md", "old a\n");
	assert_host(&f, "plans/b.md", "mine b\n");
	assert_host(&f, "plans/c.md", "mine c\n");
	/* Put back as the commit left it, the rest can be undone too. */
	fixture_host_write(&f, "plans/b.md", "new b\n");
	assert_int_equal(undo(&f, 1), 1);
	assert_host(&f, "plans/b.md", "old b\n");
	assert_verifies(&f);
	fixture_done(&f);
}

static void appended_lines_leave_what_others_appended_behind(void **state)
{
	struct fixture f;
	const char *path;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, LINE(1));
	fixture_append(&f, path, LINE(2));
	fixture_end(&f);
	/* Without a newline at its end: the commit adds one. */
	fixture_host_append(&f, path, RECORD "5}");
	commit_all(&f, 1);
	assert_host(&f, path, LINE(1) LINE(5) LINE(2));
	assert_int_equal(undo(&f, 1), 1);
	assert_host(&f, path, LINE(1) RECORD "5}");
	commit_all(&f, 1);
	fixture_host_append(&f, path, LINE(9));
	assert_int_equal(undo(&f, 3), 1);
	assert_string_equal(f.undo_reasons, "");
	assert_host(&f, path, LINE(1) LINE(5) LINE(9));
	/* And the undo of that puts them at the end. */
	assert_int_equal(undo(&f, 4), 1);
	assert_host(&f, path, LINE(1) LINE(5) LINE(9) LINE(2));
	assert_int_equal(review_count(fixture_review(&f)), 0);
	assert_verifies(&f);
	fixture_done(&f);
}

static void appended_lines_that_were_changed_stay(void **state)
{
	struct fixture f;
	const char *path;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, LINE(1));
	fixture_append(&f, path, LINE(2));
	fixture_end(&f);
	commit_all(&f, 1);
	fixture_host_write(&f, path, LINE(1) LINE(3));
	assert_int_equal(undo(&f, 1), 0);
	assert_non_null(strstr(f.undo_reasons, "no longer where the commit put them"));
	fixture_host_write(&f, path, LINE(0) LINE(1) LINE(2));
	assert_int_equal(undo(&f, 1), 0);
	assert_host(&f, path, LINE(0) LINE(1) LINE(2));
	assert_verifies(&f);
	fixture_done(&f);
}

static void file_that_another_program_has_open_is_not_cut(void **state)
{
	struct fixture f;
	const char *path;
	int fd;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, LINE(1));
	fixture_append(&f, path, LINE(2));
	fixture_end(&f);
	commit_all(&f, 1);
	fd = openat(f.host_fd, path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(undo(&f, 1), 0);
	assert_non_null(strstr(f.undo_reasons, "another program has it open"));
	assert_host(&f, path, LINE(1) LINE(2));
	(void)close(fd);
	assert_int_equal(undo(&f, 1), 1);
	assert_host(&f, path, LINE(1));
	assert_verifies(&f);
	fixture_done(&f);
}

static void commit_that_a_later_one_changed_waits_for_that(void **state)
{
	struct fixture f;
	struct commit_result result;
	uint64_t object;

	(void)state;
	fixture_make(&f);
	object = fixture_create(&f, "plans/a.md", "one\n");
	commit_all(&f, 2);
	fixture_write(&f, object, 0, "two\n");
	fixture_seal(&f, object);
	commit_all(&f, 1);
	assert_int_equal(undo(&f, 1), 0);
	assert_non_null(strstr(f.undo_reasons, "a later commit changed it; undo that one first"));
	assert_int_equal(undo(&f, 2), 1);
	assert_host(&f, "plans/a.md", "one\n");
	/* What the first commit left is what the session is measured by again. */
	assert_non_null(review_find(fixture_review(&f), "plans/a.md"));
	assert_int_equal(review_find(f.review, "plans/a.md")->kind, CHANGE_MODIFY);
	assert_int_equal(undo(&f, 1), 2);
	assert_host(&f, "plans/a.md", NULL);
	assert_int_equal(fixture_undo(&f, 1, &result), -EALREADY);
	assert_int_equal(fixture_undo(&f, 77, &result), -ENOENT);
	fixture_end(&f);
	assert_verifies(&f);
	fixture_done(&f);
}

/* receipts/<n>/<name> gets another text. */
static void replace_in(struct fixture *f, const char *path, const char *from, const char *to)
{
	char *data = NULL;
	size_t len = 0;
	char *at;
	int fd = openat(f->session_fd, path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_read_file(fd, 1u << 20, &data, &len), 0);
	at = strstr(data, from);
	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
	assert_int_equal(fd_pwrite_all(fd, data, len, 0), 0);
	free(data);
	(void)close(fd);
}

static void damaged_pre_image_is_not_written_back(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/a.md", "old\n");
	fixture_modify(&f, "plans/a.md", "new\n");
	fixture_end(&f);
	commit_all(&f, 1);
	replace_in(&f, "receipts/1/pre-0", "old", "bad");
	assert_int_equal(undo(&f, 1), 0);
	assert_non_null(strstr(f.undo_reasons, "what was kept of it is damaged"));
	assert_host(&f, "plans/a.md", "new\n");
	replace_in(&f, "receipts/1/pre-0", "bad", "old");
	assert_int_equal(undo(&f, 1), 1);
	assert_host(&f, "plans/a.md", "old\n");
	fixture_done(&f);
}

/* Who can write the session directory (the daemon can) cannot send an undo elsewhere. */
static void receipt_that_others_wrote_is_not_followed(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "settings.json", "{}\n");
	fixture_host_write(&f, "plans/safe.json", "{}\n");
	fixture_modify(&f, "plans/safe.json", "[]\n");
	fixture_end(&f);
	commit_all(&f, 1);
	replace_in(&f, "receipts/1/receipt.json", "plans/safe.json", "plans/s4fe.json");
	assert_int_equal(fixture_undo(&f, 1, &result), -EBADMSG);
	replace_in(&f, "receipts/1/receipt.json", "plans/s4fe.json", "plans/safe.json");
	assert_int_equal(unlinkat(f.session_fd, "receipts/1/receipt.tag", 0), 0);
	assert_int_equal(fixture_undo(&f, 1, &result), -EBADMSG);
	assert_host(&f, "plans/safe.json", "[]\n");
	assert_host(&f, "settings.json", "{}\n");
	fixture_done(&f);
}

static void copy_in_session(struct fixture *f, const char *from, const char *to)
{
	char *data = NULL;
	size_t len = 0;
	int fd = openat(f->session_fd, from, O_RDONLY | O_CLOEXEC);
	int out = openat(f->session_fd, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && out >= 0);
	assert_int_equal(fd_read_file(fd, 1u << 20, &data, &len), 0);
	assert_int_equal(fd_write_all(out, data, len), 0);
	free(data);
	(void)close(fd);
	(void)close(out);
}

/* An intent looks as if a commit had been cut short: the next one would finish it. */
static void intent_that_others_planted_is_not_carried_out(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	fixture_make(&f);
	fixture_create(&f, "plans/a.md", "evil\n");
	fixture_end(&f);
	commit_all(&f, 2);
	assert_int_equal(unlinkat(f.host_fd, "plans/a.md", 0), 0);
	assert_int_equal(mkdirat(f.session_fd, "receipts/2", 0700), 0);
	copy_in_session(&f, "receipts/1/intent.json", "receipts/2/intent.json");
	assert_int_equal(fixture_commit(&f, &choose_all, &result), -EBADMSG);
	/* Nor with the tag of another receipt. */
	copy_in_session(&f, "receipts/1/intent.tag", "receipts/2/intent.tag");
	assert_int_equal(fixture_commit(&f, &choose_all, &result), -EBADMSG);
	assert_host(&f, "plans/a.md", NULL);
	fixture_done(&f);
}

/* What the commit left to the host is not touched by its undo. */
static void of_a_commit_that_met_a_conflict_only_what_was_written_is_undone(void **state)
{
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	struct commit_result result;
	const char *missing = NULL;
	struct fixture f;

	(void)state;
	fixture_make(&f);
	fixture_host_write(&f, "plans/a.md", "base");
	fixture_host_write(&f, "plans/b.md", "base");
	fixture_modify(&f, "plans/a.md", "session");
	fixture_modify(&f, "plans/b.md", "session");
	fixture_end(&f);
	assert_int_equal(
		commit_open(f.session_fd, &f.manifest, f.state_fd, NULL, NULL, NULL, &commit), 0);
	assert_int_equal(commit_plan_new(fixture_review(&f), &choose_all, &plan, &missing), 0);
	fixture_host_write(&f, "plans/a.md", "saved since");
	assert_int_equal(commit_apply(commit, plan, NULL, NULL, &result), 0);
	assert_int_equal(result.conflicts, 1);
	assert_int_equal(result.applied, 1);
	commit_close(steal_ptr(&commit));
	assert_int_equal(undo(&f, 1), 1);
	assert_host(&f, "plans/a.md", "saved since");
	assert_host(&f, "plans/b.md", "base");
	assert_string_equal(f.undo_reasons, "");
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_modes_times_and_absence_come_back),
		cmocka_unit_test(what_the_host_changed_since_is_named_and_left_alone),
		cmocka_unit_test(appended_lines_leave_what_others_appended_behind),
		cmocka_unit_test(appended_lines_that_were_changed_stay),
		cmocka_unit_test(file_that_another_program_has_open_is_not_cut),
		cmocka_unit_test(commit_that_a_later_one_changed_waits_for_that),
		cmocka_unit_test(damaged_pre_image_is_not_written_back),
		cmocka_unit_test(receipt_that_others_wrote_is_not_followed),
		cmocka_unit_test(intent_that_others_planted_is_not_carried_out),
		cmocka_unit_test(of_a_commit_that_met_a_conflict_only_what_was_written_is_undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
