/* SPDX-License-Identifier: MIT */
/* Quotas, a journal that takes no more, refusals without end: errors are clean, and nothing has
 * changed. */
#include "tests/unit/view/view_cases.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#define MIB ((size_t)1 << 20)

static void bytes_beyond_the_quota_are_enospc_and_change_nothing(void **state)
{
	struct fixture *f = *state;
	struct view_file *file;
	static char text[MIB + 1];

	memset(text, 't', MIB);
	f->options.bytes_max = 2 * MIB;
	fixture_remake(f, NULL);
	file = create_path(f, "plans/new.md");
	assert_int_equal(append(f, file, text), MIB);
	assert_int_equal(append(f, file, text), -ENOSPC);
	assert_int_equal(stat_of(f, "plans/new.md").st_size, MIB);
	assert_int_equal(try_truncate(f, "plans/new.md", (off_t)(3 * MIB)), -ENOSPC);
	assert_int_equal(view_fallocate(file, &f->caller, 0, 0, (off_t)(3 * MIB)), -ENOSPC);
	assert_int_equal(stat_of(f, "plans/new.md").st_size, MIB);
	/* Giving some back makes room. */
	assert_int_equal(try_truncate(f, "plans/new.md", 10), 0);
	assert_int_equal(append(f, file, text), MIB);
	view_release(file);
}

static void copy_up_beyond_the_quota_leaves_the_host_file_shown(void **state)
{
	struct fixture *f = *state;
	struct view_file *file;

	host_fill(f, "plans/big.md", 'h', MIB);
	f->options.bytes_max = MIB / 2;
	fixture_remake(f, NULL);
	file = open_path(f, "plans/big.md", O_RDWR);
	assert_int_equal(append(f, file, "x"), -ENOSPC);
	assert_reads(file, 0, 2, "hh");
	view_release(file);
	assert_int_equal(stat_of(f, "plans/big.md").st_size, MIB);
	assert_int_equal(object_files(f), 0);
	assert_string_equal(journal_text(f, 0), "");
}

static void inodes_beyond_the_quota_are_enospc(void **state)
{
	struct fixture *f = *state;
	struct statvfs st;

	f->options.inodes_max = 3;
	fixture_remake(f, NULL);
	view_statfs(f->view, &st);
	assert_int_equal(st.f_files, 3);
	assert_int_equal(st.f_ffree, 3);
	assert_int_equal(try_make(f, "a"), 0);
	assert_int_equal(try_mkdir(f, "b"), 0);
	assert_int_equal(try_make(f, "c"), 0);
	assert_int_equal(try_make(f, "d"), -ENOSPC);
	assert_int_equal(try_mkdir(f, "d"), -ENOSPC);
	assert_int_equal(try_rename(f, "plans", "moved"), -ENOSPC);
	assert_string_equal(names_in(f, "plans"), "deep one.md two.md");
	assert_int_equal(object_files(f), 2);
	assert_int_equal(try_rmdir(f, "b"), 0);
	view_forget(f->view, ino_of(f, "a"), 1);
	view_statfs(f->view, &st);
	assert_true(st.f_ffree <= 1);
}

static void statfs_tells_the_quota_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct statvfs st;

	f->options.bytes_max = 64 * MIB;
	fixture_remake(f, NULL);
	view_statfs(f->view, &st);
	assert_int_equal(st.f_blocks * st.f_frsize, 64 * MIB);
	assert_int_equal(st.f_namemax, 255);
	assert_int_equal(st.f_files, 200000);
	write_path(f, "new", "x");
	view_statfs(f->view, &st);
	assert_true(st.f_bfree < st.f_blocks);
}

/* The journal cannot grow any more. */
static void close_journal(struct fixture *f, struct rlimit *old)
{
	struct rlimit now;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, old), 0);
	now = *old;
	now.rlim_cur = journal_writer_size(f->journal);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
}

static void full_journal_is_enospc_and_nothing_has_changed(void **state)
{
	struct fixture *f = *state;
	struct stat want = { .st_mode = 0600 };
	struct view_file *file;
	struct rlimit old;
	const char *before;
	struct view_usage usage;

	/* So that the process is known. */
	assert_int_equal(try_mkdir(f, "dir"), 0);
	write_path(f, "own", "text");
	file = open_path(f, "own", O_RDWR);
	before = strdup(names_in(f, ""));
	close_journal(f, &old);
	assert_int_equal(try_mkdir(f, "x"), -ENOSPC);
	assert_int_equal(try_make(f, "x"), -ENOSPC);
	assert_int_equal(try_unlink(f, "own"), -ENOSPC);
	assert_int_equal(try_unlink(f, "plans/one.md"), -ENOSPC);
	assert_int_equal(try_rmdir(f, "dir"), -ENOSPC);
	assert_int_equal(try_rename(f, "own", "x"), -ENOSPC);
	assert_int_equal(try_rename(f, "CLAUDE.md", "x"), -ENOSPC);
	assert_int_equal(try_setattr(f, "own", &want, VIEW_SET_MODE), -ENOSPC);
	assert_int_equal(try_setattr(f, "plans", &want, VIEW_SET_MODE), -ENOSPC);
	assert_int_equal(put(f, file, "T", 0), -ENOSPC);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_string_equal(names_in(f, ""), before);
	assert_content(f, "own", "text");
	assert_content(f, "plans/one.md", "one\n");
	assert_content(f, "CLAUDE.md", "# host\n");
	assert_int_equal(stat_of(f, "own").st_mode, S_IFREG | 0644);
	assert_int_equal(object_files(f), 1);
	view_usage(f->view, &usage);
	assert_int_equal(usage.inodes, 2);
	assert_int_equal(usage.bytes, 4);
	/* And it goes on. */
	assert_int_equal(put(f, file, "T", 0), 1);
	view_release(file);
	assert_content(f, "own", "Text");
	free((char *)(uintptr_t)before);
}

static void refusals_without_end_do_not_fill_the_journal(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 10100; i++)
		assert_int_equal(view_refuse(f->view, &f->caller, "symlink", VIEW_ROOT, "x", EPERM),
				 -EPERM);
	assert_int_equal(journal_count(f), 10000);
}

static void refusals_say_what_and_where(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		view_refuse(f->view, &f->caller, "symlink", ino_of(f, "plans"), "l", EPERM),
		-EPERM);
	assert_int_equal(
		view_refuse(f->view, &f->caller, "setxattr", ino_of(f, "plans"), NULL, EPERM),
		-EPERM);
	assert_int_equal(view_refuse(f->view, &f->caller, "mknod", 999999, "x", EPERM), -EPERM);
	assert_string_equal(journal_text(f, 0), "refuse:plans/l refuse:plans refuse");
}

static void files_beyond_the_pins_are_copied_wholly(void **state)
{
	struct fixture *f = *state;
	struct journal_record record;
	char path[64];

	for (int i = 0; i < 260; i++) {
		(void)snprintf(path, sizeof(path), "plans/big%d", i);
		host_fill(f, path, 'h', MIB + 1);
		append_path(f, path, "x");
		assert_true(journal_last(f, JOURNAL_COPY_UP, &record));
		assert_int_equal(record.prefix, i < 256 ? MIB + 1 : 0);
		assert_int_equal(stat_of(f, path).st_size, MIB + 2);
		host_write(f, path, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW_CASE(bytes_beyond_the_quota_are_enospc_and_change_nothing),
		VIEW_CASE(copy_up_beyond_the_quota_leaves_the_host_file_shown),
		VIEW_CASE(inodes_beyond_the_quota_are_enospc),
		VIEW_CASE(statfs_tells_the_quota_and_nothing_else),
		VIEW_CASE(full_journal_is_enospc_and_nothing_has_changed),
		VIEW_CASE(refusals_without_end_do_not_fill_the_journal),
		VIEW_CASE(refusals_say_what_and_where),
		VIEW_CASE(files_beyond_the_pins_are_copied_wholly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
