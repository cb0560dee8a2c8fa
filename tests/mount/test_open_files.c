/* SPDX-License-Identifier: MIT */
/* Files without a name, holes, and the calls that move bytes without write(2). */
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/mount/fixture.h"

static void unlinked_file_lives_while_it_is_open(void **state)
{
	const char *path = in_view("unlinked");
	struct stat st;
	char buf[8] = { 0 };
	int fd;

	(void)state;
	put_file(path, "kept");
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_ok(unlink(path));
	assert_errno(stat(path, &st), ENOENT);
	assert_ok(fstat(fd, &st));
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(pwrite(fd, "more", 4, 4), 4);
	assert_int_equal(pread(fd, buf, 8, 0), 8);
	assert_memory_equal(buf, "keptmore", 8);
	assert_ok(ftruncate(fd, 2));
	assert_ok(fstat(fd, &st));
	assert_int_equal(st.st_size, 2);
	/* The name is free again, for another file. */
	put_file(path, "new");
	assert_int_equal(pread(fd, buf, 8, 0), 2);
	assert_ok(close(fd));
	assert_string_equal(get_file(path), "new");
}

static void unlinked_host_file_lives_while_it_is_open(void **state)
{
	const char *path = in_view("statusline-host");
	char buf[64] = { 0 };
	int fd = open(in_view("plans/plan.md"), O_RDONLY | O_CLOEXEC);

	(void)state;
	(void)path;
	assert_true(fd >= 0);
	assert_ok(unlink(in_view("plans/plan.md")));
	assert_errno(open(in_view("plans/plan.md"), O_RDONLY), ENOENT);
	assert_true(pread(fd, buf, sizeof(buf) - 1, 0) > 0);
	assert_string_equal(buf, "1. build\n2. test\n");
	assert_ok(close(fd));
	assert_string_equal(get_file(in_home(".claude/plans/plan.md")), "1. build\n2. test\n");
}

static void nameless_file_can_be_named_once(void **state)
{
	char proc[64];
	struct stat st;
	int fd = open(in_view("plans"), O_TMPFILE | O_RDWR | O_CLOEXEC, 0640);

	(void)state;
	assert_true(fd >= 0);
	assert_ok(fstat(fd, &st));
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(write(fd, "temp", 4), 4);
	assert_ok(fsync(fd));
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	assert_ok(linkat(AT_FDCWD, proc, AT_FDCWD, in_view("plans/named"), AT_SYMLINK_FOLLOW));
	assert_string_equal(get_file(in_view("plans/named")), "temp");
	assert_ok(fstat(fd, &st));
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(write(fd, "more", 4), 4);
	assert_ok(close(fd));
	assert_string_equal(get_file(in_view("plans/named")), "tempmore");
	assert_errno(link(in_view("plans/named"), in_view("plans/twice")), EPERM);
}

static void nameless_file_that_is_closed_leaves_no_name(void **state)
{
	int fd = open(fixture.view, O_TMPFILE | O_WRONLY | O_EXCL | O_CLOEXEC, 0600);
	char proc[64];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	assert_errno(linkat(AT_FDCWD, proc, AT_FDCWD, in_view("excl"), AT_SYMLINK_FOLLOW), ENOENT);
	assert_ok(close(fd));
	assert_errno(open(in_view("CLAUDE.md"), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), ENOTDIR);
}

static void fallocate_reserves_and_extends(void **state)
{
	const char *path = in_view("allocated");
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "data", 4), 4);
	assert_int_equal(posix_fallocate(fd, 0, 8192), 0);
	assert_ok(fstat(fd, &st));
	assert_int_equal(st.st_size, 8192);
	assert_ok(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 65536));
	assert_ok(fstat(fd, &st));
	assert_int_equal(st.st_size, 8192);
	assert_ok(close(fd));
	assert_int_equal(strlen(get_file(path)), 4);
}

static void punched_hole_reads_as_zeroes(void **state)
{
	const char *path = in_view("punched");
	static char data[16384];
	char buf[3];
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	memset(data, 'd', sizeof(data));
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096) == 0) {
		assert_int_equal(pread(fd, buf, 3, 4095), 3);
		assert_memory_equal(buf, "d\0\0", 3);
		assert_int_equal(pread(fd, buf, 3, 8190), 3);
		assert_memory_equal(buf, "\0\0d", 3);
	} else {
		assert_int_equal(errno, EOPNOTSUPP);
	}
	assert_ok(close(fd));
}

static void data_and_holes_can_be_sought(void **state)
{
	const char *path = in_view("sparse");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	off_t data;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "end", 3, 1 << 20), 3);
	data = lseek(fd, 0, SEEK_DATA);
	assert_true(data >= 0 && data <= 1 << 20);
	assert_int_equal(lseek(fd, 1 << 20, SEEK_HOLE), (1 << 20) + 3);
	assert_errno(lseek(fd, 2 << 20, SEEK_DATA), ENXIO);
	assert_errno(lseek(fd, 2 << 20, SEEK_HOLE), ENXIO);
	assert_ok(close(fd));
	fd = open(in_view("CLAUDE.md"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(lseek(fd, 0, SEEK_DATA), 0);
	assert_true(lseek(fd, 0, SEEK_HOLE) > 0);
	assert_ok(close(fd));
}

static void copy_file_range_copies(void **state)
{
	off_t from = 2;
	off_t to = 0;
	int in = open(in_view("CLAUDE.md"), O_RDONLY | O_CLOEXEC);
	int out = open(in_view("copied"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(in >= 0 && out >= 0);
	assert_int_equal(copy_file_range(in, &from, out, &to, 1000, 0),
			 (int)strlen("Mine\nAlways be brief.\n"));
	assert_string_equal(get_file(in_view("copied")), "Mine\nAlways be brief.\n");
	assert_errno(ioctl(out, FICLONE, in), EOPNOTSUPP);
	assert_errno(ioctl(out, FS_IOC_GETFLAGS, &from), ENOTTY);
	assert_ok(close(in));
	assert_ok(close(out));
}

static void truncation_by_name_cuts_and_extends(void **state)
{
	const char *path = in_view("truncated");
	struct stat st;

	(void)state;
	put_file(path, "0123456789");
	assert_ok(truncate(path, 4));
	assert_string_equal(get_file(path), "0123");
	assert_ok(truncate(path, 6));
	assert_ok(stat(path, &st));
	assert_int_equal(st.st_size, 6);
	assert_memory_equal(get_file(path), "0123\0\0", 6);
	assert_errno(truncate(path, -1), EINVAL);
}

/* Waits for an event of the mask; fails after two seconds. */
static void expect_event(int fd, uint32_t mask)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char buf[4096] __attribute__((aligned(8)));
	uint32_t seen = 0;

	while (!(seen & mask)) {
		ssize_t n;

		assert_int_equal(poll(&poll_fd, 1, 2000), 1);
		n = read(fd, buf, sizeof(buf));
		assert_true(n > 0);
		for (char *at = buf; at < buf + n;) {
			struct inotify_event *event = (struct inotify_event *)(void *)at;

			seen |= event->mask;
			at += sizeof(*event) + event->len;
		}
	}
}

static void inotify_tells_of_changes_in_the_view(void **state)
{
	int fd = inotify_init1(IN_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_ok(inotify_add_watch(fd, in_view("todos"), IN_ALL_EVENTS));
	put_file(in_view("todos/watched"), "1");
	expect_event(fd, IN_CREATE);
	put_file(in_view("todos/watched"), "2");
	expect_event(fd, IN_CLOSE_WRITE);
	assert_ok(rename(in_view("todos/watched"), in_view("todos/moved")));
	expect_event(fd, IN_MOVED_TO);
	assert_ok(unlink(in_view("todos/moved")));
	expect_event(fd, IN_DELETE);
	assert_ok(close(fd));
}

static void large_reads_and_writes_keep_their_bytes(void **state)
{
	static char data[1 << 20];
	const char *path = in_view("large");
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	memset(data, 'L', sizeof(data));
	for (int i = 0; i < 8; i++)
		assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	assert_ok(fstat(fd, &st));
	assert_int_equal(st.st_size, 8 << 20);
	for (int i = 0; i < 8; i++) {
		memset(data, 0, sizeof(data));
		assert_int_equal(pread(fd, data, sizeof(data), (off_t)i << 20), sizeof(data));
		assert_int_equal(data[0], 'L');
		assert_int_equal(data[sizeof(data) - 1], 'L');
	}
	assert_int_equal(pread(fd, data, sizeof(data), 8 << 20), 0);
	assert_ok(close(fd));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest open_files[] = {
		cmocka_unit_test(copy_file_range_copies),
		cmocka_unit_test(data_and_holes_can_be_sought),
		cmocka_unit_test(fallocate_reserves_and_extends),
		cmocka_unit_test(large_reads_and_writes_keep_their_bytes),
		cmocka_unit_test(inotify_tells_of_changes_in_the_view),
		cmocka_unit_test(nameless_file_can_be_named_once),
		cmocka_unit_test(nameless_file_that_is_closed_leaves_no_name),
		cmocka_unit_test(punched_hole_reads_as_zeroes),
		cmocka_unit_test(truncation_by_name_cuts_and_extends),
		cmocka_unit_test(unlinked_file_lives_while_it_is_open),
		cmocka_unit_test(unlinked_host_file_lives_while_it_is_open),
	};

	return fixture_run(argc, argv, NULL, open_files);
}
