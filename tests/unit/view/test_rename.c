/* SPDX-License-Identifier: MIT */
/* rename(2): types, whiteouts, host directories, and both ends judged. */
#include "tests/unit/view/view_cases.h"

#include <errno.h>
#include <linux/fs.h>

static const char refuse_rules[] =
	"{\"version\":1,\"rules\":["
	"{\"path\":\"locked/**\",\"read\":\"show\",\"write\":\"refuse\",\"why\":\"test\"},"
	"{\"path\":\"moved/fixed.md\",\"read\":\"show\",\"write\":\"refuse\",\"why\":\"test\"}]}";

static int rename_flags(struct fixture *f, const char *from, const char *to, unsigned int flags)
{
	return view_rename(f->view, &f->caller, VIEW_ROOT, from, VIEW_ROOT, to, flags);
}

static void atomic_save_replaces_an_own_file(void **state)
{
	struct fixture *f = *state;

	write_path(f, "plans/new.md", "old");
	write_path(f, "plans/new.md.tmp", "new");
	assert_int_equal(try_rename(f, "plans/new.md.tmp", "plans/new.md"), 0);
	assert_content(f, "plans/new.md", "new");
	assert_int_equal(look(f, "plans/new.md.tmp"), -ENOENT);
	assert_string_equal(names_in(f, "plans"), "deep new.md one.md two.md");
}

static void atomic_save_over_a_host_file_journals_its_base(void **state)
{
	struct fixture *f = *state;

	write_path(f, "plans/tmp", "new");
	assert_int_equal(try_rename(f, "plans/tmp", "plans/one.md"), 0);
	assert_content(f, "plans/one.md", "new");
	assert_string_equal(journal_text(f, 0),
			    "create:plans/tmp write:plans/tmp seal base:plans/one.md "
			    "rename:plans/tmp>plans/one.md");
	/* Gone again, the host's does not come back. */
	assert_int_equal(try_unlink(f, "plans/one.md"), 0);
	assert_int_equal(look(f, "plans/one.md"), -ENOENT);
	assert_string_equal(names_in(f, "plans"), "deep two.md");
	assert_int_equal(try_make(f, "plans/one.md"), 0);
	assert_string_equal(journal_text(f, 5), "unlink:plans/one.md create:plans/one.md");
}

static void replaced_open_file_keeps_its_content(void **state)
{
	struct fixture *f = *state;
	struct view_file *old;
	uint64_t ino;

	write_path(f, "plans/new.md", "old");
	old = open_path(f, "plans/new.md", O_RDWR);
	ino = view_file_ino(old);
	write_path(f, "plans/tmp", "new");
	assert_int_equal(try_rename(f, "plans/tmp", "plans/new.md"), 0);
	assert_reads(old, 0, 10, "old");
	view_release(old);
	view_forget(f->view, ino, 100);
	assert_int_equal(object_files(f), 1);
	assert_content(f, "plans/new.md", "new");
}

static void host_file_is_copied_up_and_moved(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_rename(f, "plans/one.md", "renamed.md"), 0);
	assert_content(f, "renamed.md", "one\n");
	assert_int_equal(look(f, "plans/one.md"), -ENOENT);
	assert_string_equal(journal_text(f, 0), "base:plans/one.md copy_up:plans/one.md seal "
						"rename:plans/one.md>renamed.md");
	/* Back again: still its own. */
	assert_int_equal(try_rename(f, "renamed.md", "plans/one.md"), 0);
	assert_content(f, "plans/one.md", "one\n");
	assert_int_equal(try_unlink(f, "plans/one.md"), 0);
	assert_int_equal(look(f, "plans/one.md"), -ENOENT);
}

static void host_directory_moves_with_all_that_is_visible(void **state)
{
	struct fixture *f = *state;
	const char *text;

	write_path(f, "plans/deep/own.md", "own");
	assert_int_equal(try_unlink(f, "plans/two.md"), 0);
	assert_int_equal(try_rename(f, "plans", "moved"), 0);
	assert_int_equal(look(f, "plans"), -ENOENT);
	assert_string_equal(names_in(f, "moved"), "deep one.md");
	assert_string_equal(names_in(f, "moved/deep"), "own.md three.md");
	assert_content(f, "moved/deep/three.md", "three\n");
	assert_content(f, "moved/deep/own.md", "own");
	assert_int_equal(stat_of(f, "moved").st_nlink, 3);
	assert_int_equal(stat_of(f, "").st_nlink, 4);
	text = journal_text(f, 0);
	assert_non_null(strstr(text, "base:plans copy_up:plans "));
	assert_non_null(strstr(text, "base:plans/deep copy_up:plans/deep "));
	assert_non_null(strstr(text, "base:plans/deep/three.md copy_up:plans/deep/three.md"));
	assert_non_null(strstr(text, "rename:plans>moved"));
	/* What the host puts there later is not part of it, at neither place. */
	host_write(f, "plans/later.md", "later");
	assert_int_equal(look(f, "moved/later.md"), -ENOENT);
	assert_int_equal(look(f, "plans"), -ENOENT);
	/* Nothing of the old names' past holds at the new ones. */
	assert_int_equal(try_unlink(f, "moved/one.md"), 0);
	write_path(f, "moved/one.md", "x");
	assert_int_equal(try_unlink(f, "moved/one.md"), 0);
	assert_string_equal(names_in(f, "moved"), "deep");
}

static void hidden_entries_stay_behind(void **state)
{
	struct fixture *f = *state;

	host_write(f, "plans/x.lock", "");
	fixture_remake(f, "{\"version\":1,\"rules\":[{\"path\":\"plans/*.lock\",\"read\":\"hide\","
			  "\"write\":\"never\",\"why\":\"test\"}]}");
	assert_int_equal(try_rename(f, "plans", "moved"), 0);
	assert_string_equal(names_in(f, "moved"), "deep one.md two.md");
	assert_null(strstr(journal_text(f, 0), "x.lock"));
}

static void types_must_match(void **state)
{
	struct fixture *f = *state;

	write_path(f, "file", "x");
	assert_int_equal(try_mkdir(f, "dir"), 0);
	assert_int_equal(try_mkdir(f, "empty"), 0);
	assert_int_equal(try_rename(f, "file", "dir"), -EISDIR);
	assert_int_equal(try_rename(f, "dir", "file"), -ENOTDIR);
	assert_int_equal(try_rename(f, "dir", "plans/one.md"), -ENOTDIR);
	assert_int_equal(try_rename(f, "dir", "plans"), -ENOTEMPTY);
	assert_int_equal(try_rename(f, "file", "plans"), -EISDIR);
	assert_int_equal(try_rename(f, "nothing", "x"), -ENOENT);
	assert_int_equal(try_rename(f, "dir", "empty"), 0);
	assert_int_equal(look(f, "dir"), -ENOENT);
	/* None of the failures left a trace. */
	assert_string_equal(journal_text(f, 0), "create:file write:file seal mkdir:dir mkdir:empty "
						"rename:dir>empty");
}

static void directory_replaces_a_host_directory_that_is_seen_empty(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_unlink(f, "plans/deep/three.md"), 0);
	assert_int_equal(try_mkdir(f, "dir"), 0);
	write_path(f, "dir/x", "x");
	assert_int_equal(try_rename(f, "dir", "plans/deep"), 0);
	assert_string_equal(names_in(f, "plans/deep"), "x");
	assert_string_equal(journal_text(f, 2), "mkdir:dir create:dir/x write:dir/x seal "
						"base:plans/deep rename:dir>plans/deep");
	assert_int_equal(try_unlink(f, "plans/deep/x"), 0);
	assert_int_equal(try_rmdir(f, "plans/deep"), 0);
	assert_int_equal(look(f, "plans/deep"), -ENOENT);
}

static void no_directory_moves_into_itself(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_rename(f, "plans", "plans/deep/x"), -EINVAL);
	assert_int_equal(try_mkdir(f, "a"), 0);
	assert_int_equal(try_mkdir(f, "a/b"), 0);
	assert_int_equal(try_rename(f, "a", "a/b/c"), -EINVAL);
	assert_int_equal(try_rename(f, "a/b", "a"), -ENOTEMPTY);
	write_path(f, "a/b/file", "x");
	assert_int_equal(try_rename(f, "a/b/file", "a"), -ENOTEMPTY);
}

static void same_name_is_no_change(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_rename(f, "plans/one.md", "plans/one.md"), 0);
	assert_int_equal(try_rename(f, "plans", "plans"), 0);
	assert_string_equal(journal_text(f, 0), "");
}

static void flags_other_than_noreplace_are_refused(void **state)
{
	struct fixture *f = *state;

	write_path(f, "a", "a");
	assert_int_equal(rename_flags(f, "a", "CLAUDE.md", RENAME_NOREPLACE), -EEXIST);
	assert_int_equal(rename_flags(f, "a", "b", RENAME_NOREPLACE), 0);
	assert_int_equal(rename_flags(f, "b", "CLAUDE.md", RENAME_EXCHANGE), -EINVAL);
	assert_int_equal(rename_flags(f, "b", "c", RENAME_WHITEOUT), -EINVAL);
	assert_string_equal(journal_text(f, 3), "rename:a>b refuse:b refuse:b");
}

static void both_ends_and_all_below_are_judged(void **state)
{
	struct fixture *f = *state;

	host_mkdir(f, "locked");
	host_write(f, "locked/file", "x");
	fixture_remake(f, refuse_rules);
	assert_int_equal(try_rename(f, "locked/file", "free"), -EROFS);
	assert_int_equal(try_rename(f, "plans/one.md", "locked/one.md"), -EROFS);
	assert_int_equal(try_rename(f, "locked", "free"), -EROFS);
	write_path(f, "plans/fixed.md", "x");
	assert_int_equal(try_rename(f, "plans", "moved"), -EROFS);
	assert_string_equal(names_in(f, "plans"), "deep fixed.md one.md two.md");
	assert_int_equal(try_unlink(f, "plans/fixed.md"), 0);
	assert_int_equal(try_rename(f, "plans", "moved"), 0);
}

static void refused_names_refuse_every_change(void **state)
{
	struct fixture *f = *state;
	struct view_file *file;
	bool keep;
	struct stat want = { .st_mode = 0600 };

	host_mkdir(f, "locked");
	host_write(f, "locked/file", "x");
	fixture_remake(f, refuse_rules);
	assert_content(f, "locked/file", "x");
	assert_int_equal(try_open_path(f, "locked/file", O_WRONLY, &file, &keep), -EROFS);
	assert_int_equal(try_unlink(f, "locked/file"), -EROFS);
	assert_int_equal(try_make(f, "locked/new"), -EROFS);
	assert_int_equal(try_mkdir(f, "locked/new"), -EROFS);
	assert_int_equal(try_setattr(f, "locked/file", &want, VIEW_SET_MODE), -EROFS);
	assert_int_equal(try_truncate(f, "locked/file", 0), -EROFS);
	want.st_mode = 0700;
	assert_int_equal(try_setattr(f, "locked", &want, VIEW_SET_MODE), -EROFS);
	assert_string_equal(
		journal_text(f, 0),
		"refuse:locked/file refuse:locked/file refuse:locked/new "
		"refuse:locked/new refuse:locked/file refuse:locked/file refuse:locked");
	assert_int_equal(object_files(f), 0);
}

static void moving_must_not_make_paths_too_long(void **state)
{
	struct fixture *f = *state;
	struct view_attr attr;
	char name[256];
	uint64_t ino = VIEW_ROOT;
	uint64_t first;

	memset(name, 'n', 255);
	name[255] = '\0';
	for (int i = 0; i < 64; i++) {
		assert_int_equal(view_mkdir(f->view, &f->caller, ino, name, 0700, &attr), 0);
		ino = attr.st.st_ino;
		if (i == 0)
			first = ino;
	}
	assert_int_equal(try_mkdir(f, "a"), 0);
	assert_int_equal(view_rename(f->view, &f->caller, VIEW_ROOT, name, ino_of(f, "a"), "x", 0),
			 0);
	assert_int_equal(
		view_rename(f->view, &f->caller, ino_of(f, "a"), "x", ino_of(f, "a"), name, 0),
		-ENAMETOOLONG);
	assert_int_equal(view_getattr(f->view, first, &attr), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW_CASE(atomic_save_replaces_an_own_file),
		VIEW_CASE(atomic_save_over_a_host_file_journals_its_base),
		VIEW_CASE(replaced_open_file_keeps_its_content),
		VIEW_CASE(host_file_is_copied_up_and_moved),
		VIEW_CASE(host_directory_moves_with_all_that_is_visible),
		VIEW_CASE(hidden_entries_stay_behind),
		VIEW_CASE(types_must_match),
		VIEW_CASE(directory_replaces_a_host_directory_that_is_seen_empty),
		VIEW_CASE(no_directory_moves_into_itself),
		VIEW_CASE(same_name_is_no_change),
		VIEW_CASE(flags_other_than_noreplace_are_refused),
		VIEW_CASE(both_ends_and_all_below_are_judged),
		VIEW_CASE(refused_names_refuse_every_change),
		VIEW_CASE(moving_must_not_make_paths_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
