/* SPDX-License-Identifier: MIT */
/* The folding host itself: what the other tests here take for granted. */
#include "tests/unit/cmocka_setup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/base/beneath.h"
#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "tests/lib/folding_names.h"

static int root_fd = -1;

static int enter(void **state)
{
	char path[160];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/layer-XXXXXX", getenv("CLAUDEFS_TEST_PARENT"));
	if (!mkdtemp(path))
		return -1;
	root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0 ? -1 : 0;
}

static int leave(void **state)
{
	(void)state;
	return close(root_fd);
}

static void write_file(const char *name, const char *content)
{
	cleanup_fd int fd = openat(root_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, content, strlen(content)), 0);
	assert_int_equal(fsync(fd), 0);
}

static void assert_reads(const char *name, const char *expected)
{
	cleanup_fd int fd = openat(root_fd, name, O_RDONLY | O_CLOEXEC);
	char buffer[64] = "";

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buffer, sizeof(buffer) - 1), strlen(expected));
	assert_string_equal(buffer, expected);
}

/* The names in the directory, sorted as they come; one at most is expected. */
static void assert_lists(const char *expected)
{
	cleanup_dir DIR *dir = fdopendir(openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	char found[256] = "";

	assert_non_null(dir);
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		if (entry->d_name[0] != '.')
			(void)strcat(found, entry->d_name);
	}
	assert_string_equal(found, expected);
}

static void names_that_are_one(void **state)
{
	(void)state;
	assert_true(folding_is_same("settings.json", "SETTINGS.JSON"));
	assert_true(folding_is_same("settings.json", "\xc5\xbf"
						     "ettings.json"));
	assert_true(folding_is_same("settings.json", "settings.json\xe2\x80\x8d"));
	assert_true(folding_is_same("caf\xc3\xa9", "CAFE\xcc\x81"));
	assert_true(folding_is_same("stra\xc3\x9f"
				    "e",
				    "STRASSE"));
	assert_false(folding_is_same("settings.json", "settings.jso"));
	/* No host in use takes compatibility forms for the letters that they look like. */
	assert_false(folding_is_same("settings.json", "\xef\xbd\x93"
						      "ettings.json"));
	assert_false(folding_is_same("\xff", "\xff"));
}

static void every_spelling_is_the_one_file(void **state)
{
	struct stat a;
	struct stat b;

	(void)state;
	write_file("Case.md", "one\n");
	assert_reads("cASE.MD", "one\n");
	assert_int_equal(fstatat(root_fd, "Case.md", &a, 0), 0);
	assert_int_equal(fstatat(root_fd, "case.md", &b, 0), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	write_file("CASE.md", "two\n");
	assert_reads("Case.md", "two\n");
	assert_lists("Case.md");
	assert_int_equal(openat(root_fd, "case.MD", O_WRONLY | O_CREAT | O_EXCL, 0600), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(mkdirat(root_fd, "CASE.MD", 0700), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(unlinkat(root_fd, "caSE.md", 0), 0);
	assert_lists("");
}

static void rename_may_change_the_spelling_alone(void **state)
{
	struct stat before;
	struct stat after;

	(void)state;
	write_file("Case.md", "one\n");
	assert_int_equal(fstatat(root_fd, "Case.md", &before, 0), 0);
	assert_int_equal(renameat(root_fd, "Case.md", root_fd, "case.md"), 0);
	assert_lists("case.md");
	assert_int_equal(fstatat(root_fd, "case.md", &after, 0), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	write_file("new", "new\n");
	assert_int_equal(renameat2(root_fd, "new", root_fd, "CASE.md", RENAME_NOREPLACE), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(renameat(root_fd, "new", root_fd, "CASE.md"), 0);
	assert_lists("CASE.md");
	assert_reads("case.md", "new\n");
	assert_int_equal(unlinkat(root_fd, "case.md", 0), 0);
}

static void open_file_outlives_its_name(void **state)
{
	cleanup_fd int fd = openat(root_fd, "open", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;
	char c;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(unlinkat(root_fd, "OPEN", 0), 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(pread(fd, &c, 1, 0), 1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_lists("");
}

static void what_is_not_utf8_is_refused(void **state)
{
	(void)state;
	assert_int_equal(openat(root_fd, "\xff", O_WRONLY | O_CREAT, 0600), -1);
	assert_int_equal(errno, EILSEQ);
}

static void openat2_stays_beneath(void **state)
{
	cleanup_fd int fd = -1;

	(void)state;
	assert_int_equal(mkdirat(root_fd, "Dir", 0700), 0);
	write_file("dir/File", "x");
	fd = beneath_open(root_fd, "DIR/file", O_RDONLY, 0);
	assert_true(fd >= 0);
	assert_int_equal(symlinkat("Dir", root_fd, "link"), 0);
	assert_int_equal(beneath_open(root_fd, "LINK/file", O_RDONLY, 0), -ELOOP);
	assert_int_equal(unlinkat(root_fd, "LINK", 0), 0);
	assert_int_equal(unlinkat(root_fd, "DIR/FILE", 0), 0);
	assert_int_equal(unlinkat(root_fd, "DIR", AT_REMOVEDIR), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_is_the_one_file),
		cmocka_unit_test(names_that_are_one),
		cmocka_unit_test(open_file_outlives_its_name),
		cmocka_unit_test(openat2_stays_beneath),
		cmocka_unit_test(rename_may_change_the_spelling_alone),
		cmocka_unit_test(what_is_not_utf8_is_refused),
	};

	if (!getenv("CLAUDEFS_TEST_PARENT")) {
		(void)fprintf(stderr, "usage: folding_host test_folding_layer\n");
		return 2;
	}
	return cmocka_run_group_tests(tests, enter, leave);
}
