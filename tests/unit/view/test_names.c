/* SPDX-License-Identifier: MIT */
/* Which names a session sees, and what making and removing them does. */
#include "tests/unit/view/view_fixture.h"

#include <errno.h>

static void host_files_are_seen_and_read(void **state)
{
	struct fixture *f = *state;

	assert_content(f, "CLAUDE.md", "# host\n");
	assert_content(f, "plans/deep/three.md", "three\n");
	assert_int_equal(look(f, "nothing"), -ENOENT);
	assert_string_equal(journal_text(f, 0), "");
}

static void hidden_names_are_absent_everywhere(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(look(f, "backups"), -ENOENT);
	assert_int_equal(look(f, FIXTURE_OTHER), -ENOENT);
	assert_string_equal(names_in(f, "projects"), "-home-user-proj");
	assert_string_equal(names_in(f, ""),
			    "CLAUDE.md history.jsonl plans projects settings.json");
	assert_int_equal(stat_of(f, "projects").st_nlink, 3);
	assert_int_equal(stat_of(f, "").st_nlink, 4);
}

static void a_hidden_name_can_be_made_and_stays_private(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_mkdir(f, "backups"), 0);
	assert_string_equal(names_in(f, "backups"), "");
	assert_int_equal(look(f, "backups/old.json"), -ENOENT);
	write_path(f, "backups/old.json", "mine");
	assert_content(f, "backups/old.json", "mine");
	assert_int_equal(try_unlink(f, "backups/old.json"), 0);
	assert_int_equal(try_rmdir(f, "backups"), 0);
	assert_int_equal(look(f, "backups"), -ENOENT);
}

static void nothing_of_the_host_inode_leaks(void **state)
{
	struct fixture *f = *state;
	struct stat st = stat_of(f, "CLAUDE.md");
	struct stat host;

	assert_int_equal(fstatat(f->dir.fd, "claude/CLAUDE.md", &host, 0), 0);
	assert_int_not_equal(st.st_ino, host.st_ino);
	assert_int_equal(st.st_dev, 0);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(st.st_uid, 1234);
	assert_int_equal(st.st_gid, 2345);
	assert_int_equal(st.st_blocks, 1);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
}

static void unlink_and_rmdir_of_host_entries_hide_them(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_rmdir(f, "plans/deep"), -ENOTEMPTY);
	assert_int_equal(try_unlink(f, "plans/deep"), -EISDIR);
	assert_int_equal(try_rmdir(f, "plans/one.md"), -ENOTDIR);
	assert_int_equal(try_unlink(f, "plans/deep/three.md"), 0);
	assert_int_equal(try_rmdir(f, "plans/deep"), 0);
	assert_int_equal(look(f, "plans/deep"), -ENOENT);
	assert_string_equal(names_in(f, "plans"), "one.md two.md");
	assert_int_equal(stat_of(f, "plans").st_nlink, 2);
	assert_string_equal(journal_text(f, 0), "base:plans/deep/three.md "
						"unlink:plans/deep/three.md base:plans/deep "
						"rmdir:plans/deep");
	assert_int_equal(faccessat(f->dir.fd, "claude/plans/deep/three.md", F_OK, 0), 0);
	/* A directory made anew in its place shows nothing of the old one. */
	assert_int_equal(try_mkdir(f, "plans/deep"), 0);
	assert_string_equal(names_in(f, "plans/deep"), "");
	assert_int_equal(stat_of(f, "plans").st_nlink, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(host_files_are_seen_and_read, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(hidden_names_are_absent_everywhere, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(a_hidden_name_can_be_made_and_stays_private,
						fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(nothing_of_the_host_inode_leaks, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(unlink_and_rmdir_of_host_entries_hide_them,
						fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
