/* SPDX-License-Identifier: MIT */
/* Whole reads and writes, and replacing a file so that a crash leaves the old or the new. */
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <errno.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

static struct temp_dir dir;

static int setup(void **state)
{
	(void)state;
	return temp_dir_make(&dir);
}

static int teardown(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static void replace_swaps_the_whole_file_and_leaves_no_temp(void **state)
{
	cleanup_free char *content = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(fd_replace_file_at(dir.fd, "f", "one", 3, 0600), 0);
	assert_int_equal(fd_replace_file_at(dir.fd, "f", "second", 6, 0600), 0);
	assert_int_equal(fd_read_file_at(dir.fd, "f", 100, &content, &len), 0);
	assert_int_equal(len, 6);
	assert_string_equal(content, "second");
	assert_int_equal(unlinkat(dir.fd, "f", 0), 0);
	assert_int_equal(rmdir(dir.path), 0); /* nothing left in it */
	assert_int_equal(mkdir(dir.path, 0700), 0);
	(void)close(dir.fd);
	dir.fd = open(dir.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void read_stops_at_the_limit(void **state)
{
	char *content = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(temp_dir_write(&dir, "g", "12345"), 0);
	assert_int_equal(fd_read_file_at(dir.fd, "g", 4, &content, &len), -EFBIG);
	assert_null(content);
	assert_int_equal(fd_read_file_at(dir.fd, "g", 5, &content, &len), 0);
	assert_int_equal(len, 5);
	free(content);
}

static void read_refuses_what_is_no_regular_file(void **state)
{
	char *content = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(mkfifoat(dir.fd, "fifo", 0600), 0);
	assert_int_equal(symlinkat("g", dir.fd, "link"), 0);
	assert_int_equal(fd_read_file_at(dir.fd, "fifo", 9, &content, &len), -EINVAL);
	assert_int_equal(fd_read_file_at(dir.fd, "link", 9, &content, &len), -ELOOP);
}

static void copy_takes_a_range_or_all(void **state)
{
	cleanup_fd int src = open(dir.path, O_TMPFILE | O_RDWR, 0600);
	cleanup_fd int dst = open(dir.path, O_TMPFILE | O_RDWR, 0600);
	char buf[16] = "";

	(void)state;
	assert_int_equal(fd_write_all(src, "0123456789", 10), 0);
	assert_int_equal(fd_copy(src, 2, dst, 0, 3), 3);
	assert_int_equal(fd_pread_all(dst, buf, sizeof(buf), 0), 3);
	assert_memory_equal(buf, "234", 3);
	assert_int_equal(fd_copy(src, 0, dst, 0, -1), 10);
	assert_int_equal(fd_copy(src, 8, dst, 0, 100), 2);
}

static void a_sparse_copy_keeps_holes_and_bytes(void **state)
{
	static const off_t starts[] = { 0, 1 << 20, 5 << 20 }; /* of data; the end is a hole */
	int src = openat(dir.fd, "sparse-src", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int dst = openat(dir.fd, "sparse-dst", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	const off_t size = 9 << 20;
	struct stat st;
	char buf[8];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pwrite(src, "data", 4, starts[i]), 4);
	assert_int_equal(ftruncate(src, size), 0);
	assert_int_equal(fd_copy_sparse(src, dst, 0, size), size);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(fd_pread_all(dst, buf, 5, starts[i]), 5);
		assert_memory_equal(buf, "data", 5);
	}
	assert_int_equal(fstat(dst, &st), 0);
	assert_int_equal(st.st_size, size);
	assert_true(st.st_blocks < 1000);
	assert_int_equal(ftruncate(dst, 0), 0);
	assert_int_equal(fd_copy_sparse(src, dst, 0, 2), 2);
	assert_int_equal(fd_pread_all(dst, buf, sizeof(buf), 0), 2);
	assert_int_equal(ftruncate(dst, 0), 0);
	assert_int_equal(fd_copy_sparse(src, dst, 0, size + 1), size);
	assert_int_equal(close(src), 0);
	assert_int_equal(close(dst), 0);
}

static void reading_leaves_the_access_time_if_asked(void **state)
{
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 2000 } };
	struct stat st;
	char buf[4];
	int fd = openat(dir.fd, "noatime", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, "text", 4), 0);
	assert_int_equal(futimens(fd, old), 0);
	fd_keep_atime(fd);
	assert_int_equal(fd_pread_all(fd, buf, sizeof(buf), 0), 4);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_atim.tv_sec, 1000);
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replace_swaps_the_whole_file_and_leaves_no_temp),
		cmocka_unit_test(read_stops_at_the_limit),
		cmocka_unit_test(read_refuses_what_is_no_regular_file),
		cmocka_unit_test(copy_takes_a_range_or_all),
		cmocka_unit_test(reading_leaves_the_access_time_if_asked),
		cmocka_unit_test(a_sparse_copy_keeps_holes_and_bytes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
