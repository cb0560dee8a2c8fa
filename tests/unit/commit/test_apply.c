/* SPDX-License-Identifier: MIT */
/* One entry of a commit, on a host in every state in which an earlier try, the host's own programs
 * or damage to the session directory may have left it. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/commit/apply.h"
#include "fs/commit/done_log.h"
#include "tests/unit/temp_dir.h"

#define TEMP ".claudefs-0123456789abcdef0123456789abcdef.tmp"
#define NEW  "the session's\n"
#define OLD  "the host's\n"

/* The host's directory and the receipt's. */
static struct temp_dir host;
static struct temp_dir receipt;

static int set_up(void **state)
{
	(void)state;
	return temp_dir_make(&host) < 0 || temp_dir_make(&receipt) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	temp_dir_remove(&host);
	temp_dir_remove(&receipt);
	return 0;
}

static void put(struct temp_dir *dir, const char *name, const char *content)
{
	assert_int_equal(temp_dir_write(dir, name, content), 0);
}

/* expected: NULL: nothing of this name. */
static void assert_holds(const char *name, const char *expected)
{
	cleanup_free char *data = NULL;
	struct stat st;
	size_t len = 0;

	if (!expected) {
		assert_int_equal(fstatat(host.fd, name, &st, AT_SYMLINK_NOFOLLOW), -1);
		return;
	}
	assert_int_equal(fd_read_file_at(host.fd, name, 1u << 20, &data, &len), 0);
	assert_string_equal(data, expected);
}

/* The name as it is now is what the session found. */
static struct change_base base_of(const char *name)
{
	struct change_base base = { .exists = true };
	struct stat st;

	assert_int_equal(fstatat(host.fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	base.identity = journal_identity_of(&st);
	base.size = base.identity.size;
	base.host_hash = hash_bytes(OLD, strlen(OLD));
	return base;
}

static struct intent_entry entry_of(enum plan_action action, const char *path)
{
	struct intent_entry entry = {
		.path = (char *)(uintptr_t)path,
		.action = action,
		.is_new = true,
		.content_size = strlen(NEW),
		.content_hash = hash_bytes(NEW, strlen(NEW)),
	};

	memcpy(entry.temp, TEMP, sizeof(TEMP));
	put(&receipt, "new-0", NEW);
	return entry;
}

static int apply(struct intent_entry *entry)
{
	struct intent intent = { .entries = entry, .count = 1 };
	cleanup_fd int log_fd = open(receipt.path, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	struct run run = {
		.root_fd = host.fd, .receipt_fd = receipt.fd, .log_fd = log_fd, .intent = &intent
	};

	assert_true(log_fd >= 0);
	return apply_entry(&run, 0);
}

static void expect(struct intent_entry *entry, enum commit_status status, const char *reason)
{
	assert_int_equal(apply(entry), 0);
	if (entry->status != status || !strstr(entry->reason, reason))
		fail_msg("%s: %s", commit_status_name(entry->status), entry->reason);
	assert_true(entry->is_done);
	/* No temporary name is left. */
	assert_holds(TEMP, NULL);
}

static void a_directory_that_is_there_gets_the_mode_of_the_one_before(void **state)
{
	struct intent_entry entry = entry_of(PLAN_MKDIR, "d");
	struct stat st;

	(void)state;
	entry.has_mode = true;
	entry.mode = 04750;
	expect(&entry, COMMIT_APPLIED, "");
	assert_int_equal(fstatat(host.fd, "d", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750); /* no set-id bit */
	/* One whose owner has chosen a mode meanwhile keeps it. */
	assert_int_equal(fchmodat(host.fd, "d", 0711, 0), 0);
	expect(&entry, COMMIT_APPLIED, "");
	assert_int_equal(fstatat(host.fd, "d", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
	entry = entry_of(PLAN_MKDIR, "f");
	put(&host, "f", OLD);
	expect(&entry, COMMIT_CONFLICT, "another entry there");
}

static void a_directory_that_is_not_empty_stays(void **state)
{
	struct intent_entry entry = entry_of(PLAN_RMDIR, "d");

	(void)state;
	expect(&entry, COMMIT_APPLIED, ""); /* gone already */
	assert_int_equal(mkdirat(host.fd, "d", 0700), 0);
	put(&host, "d/theirs", OLD);
	expect(&entry, COMMIT_SKIPPED, "not empty");
	assert_holds("d/theirs", OLD);
	assert_int_equal(unlinkat(host.fd, "d/theirs", 0), 0);
	expect(&entry, COMMIT_APPLIED, "");
	assert_true(entry.before.is_directory);
	assert_false(entry.after.exists);
	put(&host, "d", OLD);
	expect(&entry, COMMIT_CONFLICT, "changed on the host");
	assert_holds("d", OLD);
}

static void what_is_to_be_written_must_be_what_was_planned(void **state)
{
	struct intent_entry entry = entry_of(PLAN_CREATE, "a");

	(void)state;
	put(&receipt, "new-0", "the sessiom's\n");
	expect(&entry, COMMIT_LAPSED, "wrote to it again");
	put(&receipt, "new-0", "short");
	expect(&entry, COMMIT_LAPSED, "wrote to it again");
	assert_int_equal(unlinkat(receipt.fd, "new-0", 0), 0);
	expect(&entry, COMMIT_DAMAGED, "its content is gone");
	assert_int_equal(symlinkat("elsewhere", receipt.fd, "new-0"), 0);
	assert_int_equal(apply(&entry), 0);
	assert_int_equal(entry.status, COMMIT_FAILED);
	assert_int_equal(entry.error, -ELOOP);
	assert_int_equal(unlinkat(receipt.fd, "new-0", 0), 0);
	/* Of an object, where there is no store. */
	entry = entry_of(PLAN_CREATE, "a");
	entry.is_new = false;
	expect(&entry, COMMIT_LAPSED, "the session replaced it");
	assert_holds("a", NULL);
	/* What grew since is written as far as it was planned. */
	entry = entry_of(PLAN_CREATE, "grown");
	put(&receipt, "new-0", NEW "more");
	expect(&entry, COMMIT_APPLIED, "");
	assert_holds("grown", NEW);
	/* The same where there was a file: it is as before. */
	put(&host, "a", OLD);
	entry = entry_of(PLAN_REPLACE, "a");
	entry.base = base_of("a");
	put(&receipt, "new-0", "the sessiom's\n");
	expect(&entry, COMMIT_LAPSED, "wrote to it again");
	assert_holds("a", OLD);
}

static void a_name_that_came_meanwhile_is_kept(void **state)
{
	struct intent_entry entry = entry_of(PLAN_CREATE, "a");

	(void)state;
	put(&host, "a", OLD);
	expect(&entry, COMMIT_CONFLICT, "has got an entry");
	assert_holds("a", OLD);
	/* Of the same length. */
	put(&host, "a", "the sessiom's\n");
	expect(&entry, COMMIT_CONFLICT, "has got an entry");
	/* What an earlier try wrote. */
	put(&host, "a", NEW);
	put(&host, TEMP, "half");
	expect(&entry, COMMIT_APPLIED, "");
	assert_true(hash_is_equal(&entry.after.hash, &entry.content_hash));
	assert_int_equal(mkdirat(host.fd, "b", 0700), 0);
	entry = entry_of(PLAN_CREATE, "b");
	expect(&entry, COMMIT_CONFLICT, "has got an entry");
}

static void a_file_that_changed_is_not_replaced_or_deleted(void **state)
{
	static const enum plan_action actions[] = { PLAN_REPLACE, PLAN_DELETE };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct change_base base;
		struct intent_entry entry = entry_of(actions[i], "a");

		put(&host, "a", OLD);
		base = entry.base = base_of("a");
		put(&host, "a", "the host'S\n");
		expect(&entry, COMMIT_CONFLICT, "changed on the host");
		/* Of the same content, but with two names: who holds the other one? */
		put(&host, "a", OLD);
		assert_int_equal(linkat(host.fd, "a", host.fd, "b", 0), 0);
		entry = entry_of(actions[i], "a");
		entry.base = base_of("a");
		expect(&entry, COMMIT_CONFLICT, "changed on the host");
		assert_int_equal(unlinkat(host.fd, "b", 0), 0);
		/* A directory, where a file was. */
		assert_int_equal(unlinkat(host.fd, "a", 0), 0);
		assert_int_equal(mkdirat(host.fd, "a", 0700), 0);
		entry = entry_of(actions[i], "a");
		entry.base = base;
		expect(&entry, COMMIT_CONFLICT, "changed on the host");
		assert_int_equal(unlinkat(host.fd, "a", AT_REMOVEDIR), 0);
	}
}

/* A try died with both files in each other's place, and the host wrote to its own just before. */
static void an_interrupted_exchange_is_finished_or_turned_back(void **state)
{
	struct intent_entry entry = entry_of(PLAN_REPLACE, "a");

	(void)state;
	put(&host, "a", OLD);
	entry.base = base_of("a");
	assert_int_equal(renameat(host.fd, "a", host.fd, TEMP), 0);
	put(&host, "a", NEW);
	expect(&entry, COMMIT_APPLIED, "");
	assert_holds("a", NEW);
	put(&host, TEMP, "saved at the last instant\n");
	expect(&entry, COMMIT_CONFLICT, "changed on the host");
	assert_holds("a", "saved at the last instant\n");
}

static void an_interrupted_removal_is_finished_or_turned_back(void **state)
{
	struct intent_entry entry = entry_of(PLAN_DELETE, "a");

	(void)state;
	put(&host, "a", OLD);
	entry.base = base_of("a");
	assert_int_equal(renameat(host.fd, "a", host.fd, TEMP), 0);
	expect(&entry, COMMIT_APPLIED, "");
	assert_holds("a", NULL);
	put(&host, TEMP, "saved at the last instant\n");
	expect(&entry, COMMIT_CONFLICT, "changed on the host");
	assert_holds("a", "saved at the last instant\n");
}

static void a_name_whose_directory_is_gone_has_lost_its_place(void **state)
{
	static const struct {
		enum plan_action action;
		enum commit_status status;
		const char *reason;
	} cases[] = {
		{ PLAN_MKDIR, COMMIT_CONFLICT, "directory is gone" },
		{ PLAN_CREATE, COMMIT_CONFLICT, "directory is gone" },
		{ PLAN_REPLACE, COMMIT_CONFLICT, "directory is gone" },
		{ PLAN_APPEND, COMMIT_CONFLICT, "directory is gone" },
		{ PLAN_CUT, COMMIT_CONFLICT, "directory is gone" },
		{ PLAN_DELETE, COMMIT_APPLIED, "" },
		{ PLAN_RMDIR, COMMIT_APPLIED, "" },
		{ PLAN_KEEP, COMMIT_APPLIED, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct intent_entry entry = entry_of(cases[i].action, "gone/a");

		expect(&entry, cases[i].status, cases[i].reason);
	}
	put(&host, "file", OLD);
	assert_int_equal(mkdirat(host.fd, "d", 0700), 0);
	assert_int_equal(symlinkat("d", host.fd, "link"), 0);
	for (size_t i = 0; i < 2; i++) {
		struct intent_entry entry = entry_of(PLAN_CREATE, i ? "link/a/b" : "file/a");

		assert_int_equal(apply(&entry), 0);
		assert_int_equal(entry.status, COMMIT_CONFLICT);
	}
	assert_holds("d/a", NULL);
}

/* "1\n" was the host's, "2\n" the commit's. */
static struct intent_entry cut_of(const char *now)
{
	struct intent_entry entry = entry_of(PLAN_CUT, "log");

	put(&host, "log", now);
	put(&receipt, "pre-0", "2\n");
	entry.append_offset = 2;
	entry.content_size = 2;
	entry.content_hash = hash_bytes("2\n", 2);
	return entry;
}

static void lines_are_taken_out_where_they_stand(void **state)
{
	struct intent_entry entry = cut_of("1\n2\n");
	struct stat st;

	(void)state;
	entry.mtime_ns = 1000000000;
	expect(&entry, COMMIT_APPLIED, "");
	assert_holds("log", "1\n");
	assert_int_equal(fstatat(host.fd, "log", &st, 0), 0);
	assert_int_equal(st.st_mtim.tv_sec, 1);
	/* Not to a time that is yet to come, and not to none. */
	for (size_t i = 0; i < 2; i++) {
		entry = cut_of("1\n2\n");
		entry.mtime_ns = i ? clock_now_ns() + 3600000000000ull : 0;
		expect(&entry, COMMIT_APPLIED, "");
		assert_int_equal(fstatat(host.fd, "log", &st, 0), 0);
		assert_true(st.st_mtim.tv_sec <= (time_t)(clock_now_ns() / 1000000000));
	}
	entry = cut_of("1\n2\n3\n");
	expect(&entry, COMMIT_APPLIED, "");
	assert_holds("log", "1\n3\n");
	entry = cut_of("1\n3\n");
	expect(&entry, COMMIT_CONFLICT, "");
	/* Cut by an earlier try. */
	entry = cut_of("1\n3\n");
	entry.has_started = true;
	expect(&entry, COMMIT_APPLIED, "");
	assert_holds("log", "1\n3\n");
}

static void lines_that_were_kept_wrongly_are_not_taken_out(void **state)
{
	struct intent_entry entry = cut_of("1\n2\n");

	(void)state;
	put(&receipt, "pre-0", "3\n");
	expect(&entry, COMMIT_DAMAGED, "damaged");
	put(&receipt, "pre-0", "2\n2\n");
	expect(&entry, COMMIT_DAMAGED, "damaged");
	assert_int_equal(unlinkat(receipt.fd, "pre-0", 0), 0);
	expect(&entry, COMMIT_DAMAGED, "damaged");
	assert_holds("log", "1\n2\n");
}

static void lines_are_taken_from_plain_files_alone(void **state)
{
	struct intent_entry entry = cut_of("1\n2\n");

	(void)state;
	assert_int_equal(linkat(host.fd, "log", host.fd, "other", 0), 0);
	expect(&entry, COMMIT_CONFLICT, "");
	assert_holds("other", "1\n2\n");
	assert_int_equal(unlinkat(host.fd, "log", 0), 0);
	expect(&entry, COMMIT_CONFLICT, "");
	assert_int_equal(symlinkat("other", host.fd, "log"), 0);
	expect(&entry, COMMIT_CONFLICT, "");
	assert_int_equal(unlinkat(host.fd, "log", 0), 0);
	assert_int_equal(mkfifoat(host.fd, "log", 0600), 0);
	expect(&entry, COMMIT_CONFLICT, "");
	assert_int_equal(unlinkat(host.fd, "log", 0), 0);
	assert_int_equal(mkdirat(host.fd, "log", 0700), 0);
	expect(&entry, COMMIT_CONFLICT, "");
	assert_holds("other", "1\n2\n");
}

/* Root makes no file of its own in another's directory, and leaves each file its owner. */
static void what_is_made_belongs_to_whom_its_directory_does(void **state)
{
	static const char *const names[] = { "d", "a", "b", "log" };
	const uid_t other = 65534;
	struct intent_entry entry;
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		return; /* the files are one's own in any case */
	assert_int_equal(fchown(host.fd, other, other), 0);
	entry = entry_of(PLAN_MKDIR, "d");
	expect(&entry, COMMIT_APPLIED, "");
	entry = entry_of(PLAN_CREATE, "a");
	expect(&entry, COMMIT_APPLIED, "");
	put(&host, "b", OLD);
	assert_int_equal(fchownat(host.fd, "b", other, 0, 0), 0);
	entry = entry_of(PLAN_REPLACE, "b");
	entry.base = base_of("b");
	expect(&entry, COMMIT_APPLIED, "");
	assert_holds("b", NEW);
	entry = cut_of("1\n2\n3\n");
	assert_int_equal(fchownat(host.fd, "log", other, other, 0), 0);
	expect(&entry, COMMIT_APPLIED, "");
	assert_holds("log", "1\n3\n");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(fstatat(host.fd, names[i], &st, 0), 0);
		assert_int_equal(st.st_uid, other);
		assert_int_equal(st.st_gid, i == 2 ? 0 : other);
	}
}

static void what_was_kept_is_described_as_it_is(void **state)
{
	struct intent_entry entry = entry_of(PLAN_KEEP, "a");

	(void)state;
	expect(&entry, COMMIT_APPLIED, "");
	assert_false(entry.after.exists);
	put(&host, "a", OLD);
	expect(&entry, COMMIT_APPLIED, "");
	assert_true(entry.after.exists && !entry.after.is_directory);
	assert_int_equal(entry.after.identity.size, strlen(OLD));
	assert_int_equal(unlinkat(host.fd, "a", 0), 0);
	assert_int_equal(mkdirat(host.fd, "a", 0700), 0);
	expect(&entry, COMMIT_APPLIED, "");
	assert_true(entry.after.exists && entry.after.is_directory);
	assert_int_not_equal(entry.after.identity.ino, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_directory_that_is_there_gets_the_mode_of_the_one_before),
		CASE(a_directory_that_is_not_empty_stays),
		CASE(what_is_to_be_written_must_be_what_was_planned),
		CASE(a_name_that_came_meanwhile_is_kept),
		CASE(a_file_that_changed_is_not_replaced_or_deleted),
		CASE(an_interrupted_exchange_is_finished_or_turned_back),
		CASE(an_interrupted_removal_is_finished_or_turned_back),
		CASE(a_name_whose_directory_is_gone_has_lost_its_place),
		CASE(lines_are_taken_out_where_they_stand),
		CASE(lines_that_were_kept_wrongly_are_not_taken_out),
		CASE(lines_are_taken_from_plain_files_alone),
		CASE(what_is_made_belongs_to_whom_its_directory_does),
		CASE(what_was_kept_is_described_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
