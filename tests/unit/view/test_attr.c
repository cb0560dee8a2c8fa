/* SPDX-License-Identifier: MIT */
/* Attributes: chmod, chown, times, and what is refused. */
#include "tests/unit/view/view_cases.h"

#include <errno.h>

#include "fs/base/clock.h"

static void chmod_copies_up_and_stays_in_the_journal(void **state)
{
	struct fixture *f = *state;
	struct stat want = { .st_mode = 0600 };
	struct journal_record record;
	struct stat object;

	assert_int_equal(try_setattr(f, "plans/one.md", &want, VIEW_SET_MODE), 0);
	assert_int_equal(stat_of(f, "plans/one.md").st_mode, S_IFREG | 0600);
	assert_true(journal_last(f, JOURNAL_SET_ATTR, &record));
	assert_int_equal(record.mode, 0600);
	want.st_mode = 0777;
	assert_int_equal(try_setattr(f, "plans/one.md", &want, VIEW_SET_MODE), 0);
	assert_true(journal_last(f, JOURNAL_COPY_UP, &record));
	assert_int_equal(content_store_stat(f->store, record.object, &object), 0);
	assert_int_equal(object.st_mode & 07777, 0600);
}

static void chmod_to_the_mode_it_has_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct stat want = { .st_mode = 0644 };

	assert_int_equal(try_setattr(f, "plans/one.md", &want, VIEW_SET_MODE), 0);
	assert_string_equal(journal_text(f, 0), "");
}

static void set_id_bits_are_refused(void **state)
{
	struct fixture *f = *state;
	struct stat want = { .st_mode = 04755 };
	struct view_attr attr;
	struct view_file *file;

	assert_int_equal(try_setattr(f, "plans/one.md", &want, VIEW_SET_MODE), -EPERM);
	want.st_mode = 02755;
	assert_int_equal(try_setattr(f, "plans", &want, VIEW_SET_MODE), -EPERM);
	assert_int_equal(
		view_create(f->view, &f->caller, VIEW_ROOT, "x", 04755, O_RDWR, &attr, &file),
		-EPERM);
	assert_int_equal(view_mkdir(f->view, &f->caller, VIEW_ROOT, "x", 02755, &attr), -EPERM);
	assert_string_equal(journal_text(f, 0),
			    "refuse:plans/one.md refuse:plans refuse:x refuse:x");
	assert_int_equal(look(f, "x"), -ENOENT);
	want.st_mode = 01777;
	assert_int_equal(try_setattr(f, "plans", &want, VIEW_SET_MODE), 0);
	assert_int_equal(stat_of(f, "plans").st_mode, S_IFDIR | 01777);
}

static void chown_to_oneself_is_granted_and_to_others_refused(void **state)
{
	struct fixture *f = *state;
	struct stat want = { .st_uid = 1234, .st_gid = 2345 };

	assert_int_equal(try_setattr(f, "plans/one.md", &want, VIEW_SET_UID | VIEW_SET_GID), 0);
	assert_string_equal(journal_text(f, 0), "");
	want.st_uid = 0;
	assert_int_equal(try_setattr(f, "plans/one.md", &want, VIEW_SET_UID), -EPERM);
	want.st_gid = 1;
	assert_int_equal(try_setattr(f, "plans", &want, VIEW_SET_GID), -EPERM);
	assert_string_equal(journal_text(f, 0), "refuse:plans/one.md refuse:plans");
}

static void times_of_files_are_their_object_s(void **state)
{
	struct fixture *f = *state;
	struct stat want = { .st_mtim = { .tv_sec = 1000, .tv_nsec = 5 },
			     .st_atim = { .tv_sec = 2000 } };
	struct journal_record record;
	struct stat st;

	write_path(f, "plans/new.md", "x");
	assert_int_equal(try_setattr(f, "plans/new.md", &want, VIEW_SET_MTIME | VIEW_SET_ATIME), 0);
	st = stat_of(f, "plans/new.md");
	assert_int_equal(st.st_mtim.tv_sec, 1000);
	assert_int_equal(st.st_mtim.tv_nsec, 5);
	assert_int_equal(st.st_atim.tv_sec, 2000);
	assert_true(journal_last(f, JOURNAL_SET_ATTR, &record));
	assert_int_equal(record.mtime_ns, 1000ull * 1000000000ull + 5);
	assert_int_equal(record.object, 1);
	/* Writing moves it on. */
	append_path(f, "plans/new.md", "y");
	assert_true(stat_of(f, "plans/new.md").st_mtim.tv_sec > 1000);
}

static void copied_up_file_keeps_the_host_s_times_until_it_is_written(void **state)
{
	struct fixture *f = *state;
	struct timespec times[2] = { { .tv_sec = 3000 }, { .tv_sec = 4000 } };

	assert_int_equal(utimensat(f->dir.fd, "claude/plans/one.md", times, 0), 0);
	assert_int_equal(try_rename(f, "plans/one.md", "plans/x"), 0);
	assert_int_equal(stat_of(f, "plans/x").st_mtim.tv_sec, 4000);
	append_path(f, "plans/x", "y");
	assert_true(stat_of(f, "plans/x").st_mtim.tv_sec > 4000);
}

static void lock_directories_take_utimensat(void **state)
{
	struct fixture *f = *state;
	struct stat want = { .st_mtim = { .tv_sec = 1000 }, .st_atim = { .tv_sec = 1000 } };

	assert_int_equal(try_mkdir(f, ".claude.json.lock"), 0);
	assert_int_equal(
		try_setattr(f, ".claude.json.lock", &want, VIEW_SET_MTIME | VIEW_SET_ATIME), 0);
	assert_int_equal(stat_of(f, ".claude.json.lock").st_mtim.tv_sec, 1000);
	assert_int_equal(
		try_setattr(f, ".claude.json.lock", &want, VIEW_SET_MTIME_NOW | VIEW_SET_ATIME_NOW),
		0);
	assert_true(stat_of(f, ".claude.json.lock").st_mtim.tv_sec > 1000);
	assert_int_equal(try_rmdir(f, ".claude.json.lock"), 0);
}

static void host_directory_becomes_own_but_shows_the_host_s_entries(void **state)
{
	struct fixture *f = *state;
	struct stat want = { .st_mode = 0700 };

	assert_int_equal(try_setattr(f, "plans", &want, VIEW_SET_MODE), 0);
	assert_int_equal(stat_of(f, "plans").st_mode, S_IFDIR | 0700);
	assert_int_equal(stat_of(f, "plans").st_nlink, 3);
	assert_int_equal(stat_of(f, "").st_nlink, 4);
	assert_string_equal(names_in(f, "plans"), "deep one.md two.md");
	host_write(f, "plans/later.md", "later");
	assert_content(f, "plans/later.md", "later");
	assert_string_equal(journal_text(f, 0), "base:plans copy_up:plans set_attr:plans");
	assert_non_null(strstr(names_in(f, ""), "plans"));
}

static void directories_tell_that_their_entries_changed(void **state)
{
	struct fixture *f = *state;
	struct timespec times[2] = { { .tv_sec = 3000 }, { .tv_sec = 4000 } };

	assert_int_equal(utimensat(f->dir.fd, "claude/plans", times, 0), 0);
	assert_int_equal(stat_of(f, "plans").st_mtim.tv_sec, 4000);
	assert_int_equal(try_unlink(f, "plans/one.md"), 0);
	assert_true(stat_of(f, "plans").st_mtim.tv_sec > 4000);
	assert_true(stat_of(f, "plans").st_ctim.tv_sec > 4000);
}

static void a_directory_that_changed_says_so_after_it_was_forgotten(void **state)
{
	struct fixture *f = *state;

	host_set_mtime(f, "plans", 4000);
	assert_int_equal(try_make(f, "plans/new"), 0);
	assert_int_equal(try_unlink(f, "plans/new"), 0);
	view_forget(f->view, ino_of(f, "plans"), 1000);
	assert_true(stat_of(f, "plans").st_mtim.tv_sec > 4000);
}

static void root_takes_attributes_without_a_record(void **state)
{
	struct fixture *f = *state;
	struct stat want = { .st_mode = 0755, .st_mtim = { .tv_sec = 1000 } };

	assert_int_equal(try_setattr(f, "", &want, VIEW_SET_MODE | VIEW_SET_MTIME), 0);
	assert_int_equal(stat_of(f, "").st_mode, S_IFDIR | 0755);
	assert_int_equal(stat_of(f, "").st_mtim.tv_sec, 1000);
	assert_string_equal(journal_text(f, 0), "");
	assert_non_null(strstr(names_in(f, ""), "CLAUDE.md"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW_CASE(chmod_copies_up_and_stays_in_the_journal),
		VIEW_CASE(chmod_to_the_mode_it_has_changes_nothing),
		VIEW_CASE(set_id_bits_are_refused),
		VIEW_CASE(chown_to_oneself_is_granted_and_to_others_refused),
		VIEW_CASE(times_of_files_are_their_object_s),
		VIEW_CASE(copied_up_file_keeps_the_host_s_times_until_it_is_written),
		VIEW_CASE(lock_directories_take_utimensat),
		VIEW_CASE(host_directory_becomes_own_but_shows_the_host_s_entries),
		VIEW_CASE(directories_tell_that_their_entries_changed),
		VIEW_CASE(a_directory_that_changed_says_so_after_it_was_forgotten),
		VIEW_CASE(root_takes_attributes_without_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
