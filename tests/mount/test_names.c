/* SPDX-License-Identifier: MIT */
/* Names of every length and kind, listings, numbers of inodes, permissions. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/mount/fixture.h"

static const char *long_name(size_t len)
{
	static char name[300];

	memset(name, 'n', len);
	name[len] = '\0';
	return name;
}

static void name_of_255_bytes_works_and_256_is_too_long(void **state)
{
	struct stat st;

	(void)state;
	put_file(in_view("%s", long_name(255)), "x");
	assert_true(lists_name(fixture.view, long_name(255)));
	assert_errno(open(in_view("%s", long_name(256)), O_WRONLY | O_CREAT, 0600), ENAMETOOLONG);
	assert_errno(stat(in_view("%s", long_name(256)), &st), ENAMETOOLONG);
	assert_errno(mkdir(in_view("%s", long_name(256)), 0700), ENAMETOOLONG);
	assert_errno(rename(in_view("%s", long_name(255)), in_view("%s", long_name(256))),
		     ENAMETOOLONG);
	assert_ok(unlink(in_view("%s", long_name(255))));
}

static void any_bytes_but_slash_make_a_name(void **state)
{
	static const char *const names[] = { "new\nline", "tab\t",
					     "\x1b[31m",  "\xff\xfe",
					     "...",       " ",
					     "-rf",       "settings.json\xe2\x80\x8d" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		put_file(in_view("plans/%s", names[i]), names[i]);
		assert_true(lists_name(in_view("plans"), names[i]));
		assert_string_equal(get_file(in_view("plans/%s", names[i])), names[i]);
		assert_ok(unlink(in_view("plans/%s", names[i])));
		assert_false(lists_name(in_view("plans"), names[i]));
	}
}

static void inode_numbers_are_our_own_and_stable(void **state)
{
	struct stat view;
	struct stat host;
	struct stat again;
	struct stat other;

	(void)state;
	assert_ok(stat(in_view("CLAUDE.md"), &view));
	assert_ok(stat(in_home(".claude/CLAUDE.md"), &host));
	assert_true(view.st_ino != host.st_ino);
	assert_true(view.st_dev != host.st_dev);
	put_file(in_view("CLAUDE.md"), "changed");
	assert_ok(stat(in_view("CLAUDE.md"), &again));
	assert_int_equal(view.st_ino, again.st_ino);
	assert_ok(stat(in_view("agents"), &other));
	assert_true(other.st_ino != view.st_ino);
	assert_int_equal(other.st_uid, geteuid());
	assert_ok(stat(fixture.view, &view));
	assert_int_equal(view.st_ino, 1);
}

#define MANY 3000

static void listing_of_many_is_complete_and_can_be_sought(void **state)
{
	static bool is_seen[MANY];
	const struct dirent *entry;
	unsigned int count = 0;
	long middle = 0;
	char middle_name[256] = "";
	DIR *dir;

	(void)state;
	assert_ok(mkdir(in_view("many"), 0700));
	for (int i = 0; i < MANY; i++) {
		int fd = open(in_view("many/file-%d", i), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		assert_ok(close(fd));
	}
	dir = opendir(in_view("many"));
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		int number;

		if (sscanf(entry->d_name, "file-%d", &number) != 1)
			continue;
		assert_true(number >= 0 && number < MANY && !is_seen[number]);
		assert_int_equal(entry->d_type, DT_REG);
		is_seen[number] = true;
		if (++count == MANY / 2)
			middle = telldir(dir);
		else if (count == MANY / 2 + 1)
			(void)snprintf(middle_name, sizeof(middle_name), "%s", entry->d_name);
	}
	assert_int_equal(count, MANY);
	seekdir(dir, middle);
	entry = readdir(dir);
	assert_non_null(entry);
	assert_string_equal(entry->d_name, middle_name);
	rewinddir(dir);
	entry = readdir(dir);
	assert_non_null(entry);
	assert_string_equal(entry->d_name, ".");
	(void)closedir(dir);
}

static void removing_while_listing_misses_nothing(void **state)
{
	const struct dirent *entry;
	unsigned int count = 0;
	DIR *dir;

	(void)state;
	assert_ok(mkdir(in_view("removed"), 0700));
	for (int i = 0; i < 500; i++)
		put_file(in_view("removed/%d", i), "");
	dir = opendir(in_view("removed"));
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		assert_ok(unlink(in_view("removed/%s", entry->d_name)));
		count++;
	}
	(void)closedir(dir);
	assert_int_equal(count, 500);
	assert_ok(rmdir(in_view("removed")));
}

static void host_entries_show_their_mode_and_time(void **state)
{
	struct stat view;
	struct stat host;

	(void)state;
	assert_ok(stat(in_view("agents/reviewer.md"), &view));
	assert_ok(stat(in_home(".claude/agents/reviewer.md"), &host));
	assert_int_equal(view.st_mode, host.st_mode);
	assert_int_equal(view.st_size, host.st_size);
	assert_int_equal(view.st_mtim.tv_sec, host.st_mtim.tv_sec);
	assert_int_equal(view.st_mtim.tv_nsec, host.st_mtim.tv_nsec);
	assert_int_equal(view.st_nlink, 1);
}

static void mode_changes_stick_and_count(void **state)
{
	struct stat st;

	(void)state;
	assert_ok(chmod(in_view("agents/reviewer.md"), 0400));
	assert_ok(stat(in_view("agents/reviewer.md"), &st));
	assert_int_equal(st.st_mode, S_IFREG | 0400);
	if (geteuid() != 0)
		assert_errno(open(in_view("agents/reviewer.md"), O_WRONLY | O_CLOEXEC), EACCES);
	assert_ok(mkdir(in_view("sealed"), 0700));
	put_file(in_view("sealed/x"), "x");
	assert_ok(chmod(in_view("sealed"), 0));
	if (geteuid() != 0)
		assert_errno(stat(in_view("sealed/x"), &st), EACCES);
	assert_ok(chmod(in_view("sealed"), 0700));
	assert_ok(unlink(in_view("sealed/x")));
	assert_ok(rmdir(in_view("sealed")));
}

static void umask_is_applied_once(void **state)
{
	struct stat st;
	mode_t old = umask(027);
	int fd = open(in_view("masked"), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	(void)state;
	(void)umask(old);
	assert_true(fd >= 0);
	assert_ok(fstat(fd, &st));
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_ok(close(fd));
}

static void directory_link_counts_follow_their_children(void **state)
{
	struct stat before;
	struct stat after;

	(void)state;
	assert_ok(mkdir(in_view("parent"), 0700));
	assert_ok(stat(in_view("parent"), &before));
	assert_ok(mkdir(in_view("parent/child"), 0700));
	assert_ok(stat(in_view("parent"), &after));
	assert_int_equal(after.st_nlink, before.st_nlink + 1);
	assert_errno(rmdir(in_view("parent")), ENOTEMPTY);
	assert_ok(rmdir(in_view("parent/child")));
	assert_ok(stat(in_view("parent"), &after));
	assert_int_equal(after.st_nlink, before.st_nlink);
	assert_errno(unlink(in_view("parent")), EISDIR);
	assert_ok(rmdir(in_view("parent")));
}

static void host_changes_show_for_untouched_names(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(fixture_check_host(), 0);
	assert_errno(stat(in_view("plans/from-host"), &st), ENOENT);
	put_file(in_home(".claude/plans/from-host"), "host");
	for (int i = 0; i < 30 && stat(in_view("plans/from-host"), &st) < 0; i++)
		assert_ok(usleep(100000));
	assert_string_equal(get_file(in_view("plans/from-host")), "host");
	put_file(in_home(".claude/plans/from-host"), "longer than before");
	for (int i = 0; i < 30; i++) {
		if (strcmp(get_file(in_view("plans/from-host")), "longer than before") == 0)
			break;
		assert_ok(usleep(100000));
	}
	assert_string_equal(get_file(in_view("plans/from-host")), "longer than before");
	/* Touched: the session keeps what it has. */
	put_file(in_view("plans/from-host"), "session");
	put_file(in_home(".claude/plans/from-host"), "host again");
	assert_ok(usleep(1200000));
	assert_string_equal(get_file(in_view("plans/from-host")), "session");
	assert_ok(unlink(in_home(".claude/plans/from-host")));
	fixture_accept_host();
}

/* Looks for up to three seconds: the kernel may keep a listing for one. */
static bool comes_to_list(const char *dir, const char *name)
{
	for (int i = 0; i < 30; i++) {
		if (lists_name(dir, name))
			return true;
		assert_ok(usleep(100000));
	}
	return false;
}

static void host_additions_come_into_listings(void **state)
{
	(void)state;
	assert_int_equal(fixture_check_host(), 0);
	assert_false(lists_name(in_view("plans"), "added-1"));
	put_file(in_home(".claude/plans/added-1"), "host");
	assert_true(comes_to_list(in_view("plans"), "added-1"));
	/* Also where the session has made something itself. */
	put_file(in_view("plans/own"), "session");
	assert_false(lists_name(in_view("plans"), "added-2"));
	put_file(in_home(".claude/plans/added-2"), "host");
	assert_true(comes_to_list(in_view("plans"), "added-2"));
	assert_true(lists_name(in_view("plans"), "own"));
	assert_ok(unlink(in_home(".claude/plans/added-1")));
	assert_ok(unlink(in_home(".claude/plans/added-2")));
	fixture_accept_host();
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest names[] = {
		cmocka_unit_test(any_bytes_but_slash_make_a_name),
		cmocka_unit_test(directory_link_counts_follow_their_children),
		cmocka_unit_test(host_additions_come_into_listings),
		cmocka_unit_test(host_changes_show_for_untouched_names),
		cmocka_unit_test(host_entries_show_their_mode_and_time),
		cmocka_unit_test(inode_numbers_are_our_own_and_stable),
		cmocka_unit_test(listing_of_many_is_complete_and_can_be_sought),
		cmocka_unit_test(mode_changes_stick_and_count),
		cmocka_unit_test(name_of_255_bytes_works_and_256_is_too_long),
		cmocka_unit_test(removing_while_listing_misses_nothing),
		cmocka_unit_test(umask_is_applied_once),
	};

	return fixture_run(argc, argv, NULL, names);
}
