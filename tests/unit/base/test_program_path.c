/* SPDX-License-Identifier: MIT */
/* Where programs and directories are found: what the agent could have made is passed over. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include "fs/base/cleanup.h"
#include "fs/base/program_path.h"

static struct temp_dir dir;
static char *base; /* canonical */

static int setup(void **state)
{
	(void)state;
	if (temp_dir_make(&dir) < 0 || mkdirat(dir.fd, "one", 0755) < 0 ||
	    mkdirat(dir.fd, "two", 0755) < 0 || temp_dir_write(&dir, "one/tool", "text") < 0 ||
	    temp_dir_write(&dir, "two/real", "#!/bin/sh\n") < 0 ||
	    fchmodat(dir.fd, "two/real", 0755, 0) < 0 || symlinkat("real", dir.fd, "two/tool") < 0)
		return -1;
	base = directory_canonical(dir.path);
	return base ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	free(base);
	temp_dir_remove(&dir);
	return 0;
}

static void assert_below(const char *found, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", base, name);
	assert_non_null(found);
	assert_string_equal(found, path);
}

static void what_is_no_program_is_passed_over(void **state)
{
	cleanup_free char *found = NULL;
	cleanup_free char *named = NULL;
	cleanup_free char *none = NULL;

	char path[512];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/one:/nowhere:%s/two", base, base);
	assert_int_equal(setenv("PATH", path, 1), 0);
	found = program_on_path("tool");
	named = program_as_named("tool");
	none = program_on_path("missing");
	assert_below(found, "two/real");
	assert_below(named, "two/tool");
	assert_null(none);
}

static void relative_entries_are_not_searched(void **state)
{
	cleanup_free char *found = NULL;
	cleanup_free char *named = NULL;

	(void)state;
	assert_int_equal(chdir(base), 0);
	assert_int_equal(setenv("PATH", "two:./two::", 1), 0);
	found = program_on_path("tool");
	named = program_as_named("tool");
	assert_null(found);
	assert_null(named);
	assert_int_equal(chdir("/"), 0);
}

static void a_directory_that_is_gone_has_no_name(void **state)
{
	cleanup_fd int fd = -1;
	cleanup_free char *before = NULL;
	cleanup_free char *moved = NULL;

	(void)state;
	assert_int_equal(mkdirat(dir.fd, "gone", 0755), 0);
	fd = openat(dir.fd, "gone", O_PATH | O_DIRECTORY | O_CLOEXEC);
	before = fd_kernel_path(fd);
	assert_below(before, "gone");
	assert_int_equal(renameat(dir.fd, "gone", dir.fd, "moved"), 0);
	moved = fd_kernel_path(fd);
	assert_below(moved, "moved");
	assert_int_equal(unlinkat(dir.fd, "moved", AT_REMOVEDIR), 0);
	assert_null(fd_kernel_path(fd));
	assert_int_equal(errno, ENOENT);
	assert_null(fd_kernel_path(-1));
	assert_int_equal(errno, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_program_is_passed_over),
		cmocka_unit_test(relative_entries_are_not_searched),
		cmocka_unit_test(a_directory_that_is_gone_has_no_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
