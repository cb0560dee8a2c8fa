/* SPDX-License-Identifier: MIT */
/* Paths beneath a pinned directory: run twice, with openat2 and with the fallback walk. */
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <errno.h>

#include "fs/base/beneath.h"
#include "fs/base/cleanup.h"

static struct temp_dir dir;

static int setup(void **state)
{
	(void)state;
	if (temp_dir_make(&dir) < 0 || mkdirat(dir.fd, "d", 0700) < 0 ||
	    mkdirat(dir.fd, "d/e", 0700) < 0)
		return -1;
	if (symlinkat("d", dir.fd, "to_dir") < 0 || symlinkat("d/e/f", dir.fd, "to_file") < 0 ||
	    symlinkat("/etc", dir.fd, "d/out") < 0)
		return -1;
	return temp_dir_write(&dir, "d/e/f", "x");
}

static int teardown(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static int try_open(const char *path, int flags)
{
	int fd = beneath_open(dir.fd, path, flags, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? fd : 0;
}

static void plain_paths_open(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(try_open("d/e/f", O_RDONLY), 0);
	assert_int_equal(try_open("", O_RDONLY), 0);
	assert_int_equal(try_open("d/e/none", O_RDONLY), -ENOENT);
	assert_int_equal(try_open("d/e/f/x", O_RDONLY), -ENOTDIR);
	assert_int_equal(try_open("d/e/new", O_RDWR | O_CREAT | O_EXCL), 0);
	assert_int_equal(try_open("d/e/new", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
	assert_int_equal(unlinkat(dir.fd, "d/e/new", 0), 0);
	assert_int_equal(beneath_stat(dir.fd, "d/e/f", &st), 0);
	assert_int_equal(st.st_size, 1);
}

static void symlinks_are_refused_everywhere(void **state)
{
	(void)state;
	assert_int_equal(try_open("to_dir/e/f", O_RDONLY), -ELOOP);
	assert_int_equal(try_open("to_file", O_RDONLY), -ELOOP);
	assert_int_equal(try_open("to_file", O_PATH), -ELOOP);
	assert_true(try_open("to_dir", O_PATH | O_DIRECTORY) < 0);
	assert_true(try_open("to_dir", O_RDONLY | O_DIRECTORY) <
		    0); /* ELOOP, or ENOTDIR by openat2 */
	assert_int_equal(try_open("d/out/passwd", O_RDONLY), -ELOOP);
}

static void unclean_paths_are_refused(void **state)
{
	(void)state;
	assert_int_equal(try_open("../x", O_RDONLY), -EINVAL);
	assert_int_equal(try_open("/etc/passwd", O_RDONLY), -EINVAL);
	assert_int_equal(try_open("d//e", O_RDONLY), -EINVAL);
}

static void paths_longer_than_path_max_open(void **state)
{
	char path[8192] = "";
	char name[201];
	cleanup_fd int at = dup(dir.fd);
	size_t len = 0;

	(void)state;
	memset(name, 'n', 200);
	name[200] = '\0';
	for (int i = 0; i < 30; i++) {
		int next;

		if (mkdirat(at, name, 0700) < 0)
			assert_int_equal(errno, EEXIST);
		next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		(void)close(at);
		at = next;
		len += (size_t)snprintf(path + len, sizeof(path) - len, "%s%s", i ? "/" : "", name);
	}
	assert_true(len > 4096);
	assert_int_equal(try_open(path, O_RDONLY | O_DIRECTORY), 0);
}

static void the_fallback_is_switched_on(void **state)
{
	(void)state;
	beneath_disable_openat2();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_paths_open),
		cmocka_unit_test(symlinks_are_refused_everywhere),
		cmocka_unit_test(unclean_paths_are_refused),
		cmocka_unit_test(paths_longer_than_path_max_open),
		cmocka_unit_test(the_fallback_is_switched_on),
		cmocka_unit_test(plain_paths_open),
		cmocka_unit_test(symlinks_are_refused_everywhere),
		cmocka_unit_test(unclean_paths_are_refused),
		cmocka_unit_test(paths_longer_than_path_max_open),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
