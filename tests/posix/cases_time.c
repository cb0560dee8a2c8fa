/* SPDX-License-Identifier: MIT */
/* Which of atime, mtime and ctime change on which operation, for the file and its directories; what
 * fails must change none. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/posix/transcript.h"

static void times_of_new_names(void)
{
	TIMES(close(open("h", O_CREAT | O_WRONLY, 0600)));
	TIMES(mkdir("d/g", 0700));
	TIMES(rmdir("d/g"));
	TIMES(mkdir("d/g", 0700));
	TIMES(unlink("h"));
	TIMES(rmdir("d/g"));
	TIMES(unlink("d/f"));
	TIMES(rmdir("d"));
	TIMES(mknod("h", S_IFREG | 0600, 0));
}

static void times_of_renames(void)
{
	TIMES(rename("f", "h"));
	TIMES(rename("h", "f"));
	TIMES(rename("f", "e/f"));
	TIMES(rename("e/f", "g"));
	TIMES(rename("g", "d/f"));
	TIMES(rename("d", "h"));
	TIMES(rename("h", "d"));
	TIMES(rename("d", "e"));
	TIMES(rename("e/f", "e/f"));
	TIMES(mkdir("d", 0755));
	TIMES(rename("e", "d/g"));
}

static void times_of_a_removed_open_file(void)
{
	int fd = open("f", O_RDWR);

	times_watch(fd);
	TIMES(unlink("f"));
	TIMES(write(fd, "x", 1));
	TIMES(fchmod(fd, 0600));
	TIMES(ftruncate(fd, 3));
	TIMES(ftruncate(fd, 3));
	times_watch(-1);
	(void)close(fd);
	fd = open("g", O_RDWR);
	times_watch(fd);
	TIMES(rename("d/f", "g"));
	times_watch(-1);
	(void)close(fd);
	fd = open("e", O_RDONLY | O_DIRECTORY);
	times_watch(fd);
	TIMES(rmdir("e"));
	TIMES(fchmod(fd, 0700));
	times_watch(-1);
	(void)close(fd);
}

static void times_of_writes(void)
{
	int fd = open("f", O_RDWR);
	char buf[4];

	TIMES(write(fd, "", 0));
	TIMES(write(fd, "x", 1));
	TIMES(pwrite(fd, "x", 1, 0));
	TIMES(pwrite(fd, "x", 1, 100));
	TIMES(pwrite(fd, "x", 1, -1));
	TIMES(write(fd, "x", 1));
	TIMES(fsync(fd));
	TIMES(fdatasync(fd));
	TIMES(lseek(fd, 0, SEEK_SET));
	TIMES(fallocate(fd, 0, 0, 8192));
	TIMES(fallocate(fd, 0, 0, 8192));
	TIMES(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 16384));
	TIMES(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	TIMES(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 4096));
	TIMES(fallocate(fd, 0, -1, 10));
	TIMES(fallocate(fd, 0, 0, 0));
	TIMES(close(fd));
	TIMES(close(open("f", O_RDWR)));
	TIMES(close(open("f", O_RDONLY)));
	TIMES(close(open("f", O_WRONLY | O_APPEND)));
	fd = open("f", O_WRONLY);
	TIMES(read(fd, buf, sizeof(buf)));
	(void)close(fd);
}

static void times_of_truncation(void)
{
	int fd;

	TIMES(truncate("f", 12));
	TIMES(truncate("f", 12));
	TIMES(truncate("f", 20));
	TIMES(truncate("f", 5));
	TIMES(truncate("f", -1));
	TIMES(truncate("d", 5));
	TIMES(truncate("h", 5));
	fd = open("f", O_RDWR);
	TIMES(ftruncate(fd, 5));
	TIMES(ftruncate(fd, 6));
	TIMES(ftruncate(fd, -1));
	TIMES(ftruncate(fd, 0));
	TIMES(ftruncate(fd, 0));
	TIMES(close(fd));
	TIMES(close(open("f", O_WRONLY | O_TRUNC)));
	TIMES(close(open("g", O_WRONLY | O_TRUNC)));
	TIMES(close(open("g", O_WRONLY | O_TRUNC)));
	TIMES(close(open("g", O_WRONLY | O_CREAT | O_TRUNC, 0600)));
	TIMES(close(open("d/f", O_RDWR | O_CREAT, 0600)));
}

static void times_of_attributes(void)
{
	struct timespec both[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };
	int fd = open("f", O_RDONLY);

	TIMES(chmod("f", 0600));
	TIMES(chmod("f", 0600));
	TIMES(fchmod(fd, 0640));
	TIMES(chmod("d", 0700));
	TIMES(chmod("d", 0700));
	TIMES(chmod("h", 0700));
	TIMES(chown("f", geteuid(), getegid()));
	TIMES(chown("f", geteuid(), (gid_t)-1));
	TIMES(chown("d", geteuid(), getegid()));
	TIMES(utimensat(AT_FDCWD, "f", both, 0));
	both[0].tv_nsec = UTIME_NOW;
	TIMES(utimensat(AT_FDCWD, "f", both, 0));
	TIMES(utimensat(AT_FDCWD, "d", both, 0));
	both[0].tv_nsec = UTIME_OMIT;
	both[1].tv_nsec = UTIME_NOW;
	TIMES(utimensat(AT_FDCWD, "f", both, 0));
	TIMES(utimensat(AT_FDCWD, "d", both, 0));
	both[1] = (struct timespec){ .tv_sec = 1000, .tv_nsec = 5 };
	TIMES(utimensat(AT_FDCWD, "f", both, 0));
	TIMES(utimensat(AT_FDCWD, "f", both, 0));
	TIMES(futimens(fd, NULL));
	TIMES(utimensat(AT_FDCWD, "d", both, 0));
	both[1].tv_nsec = 1000000000;
	TIMES(utimensat(AT_FDCWD, "f", both, 0));
	TIMES(utimensat(AT_FDCWD, "h", NULL, 0));
	TIMES(access("f", R_OK));
	(void)close(fd);
}

static void times_of_failures(void)
{
	TIMES(mkdir("d", 0700));
	TIMES(open("f", O_CREAT | O_EXCL | O_WRONLY, 0600));
	TIMES(unlink("h"));
	TIMES(unlink("d"));
	TIMES(rmdir("d"));
	TIMES(rmdir("f"));
	TIMES(rename("e", "d"));
	TIMES(rename("f", "d"));
	TIMES(rename("d", "f"));
	TIMES(rename("d", "d/g"));
	TIMES(rename("h", "f"));
	TIMES(renameat2(AT_FDCWD, "f", AT_FDCWD, "g", RENAME_NOREPLACE));
	TIMES(open("h/x", O_CREAT | O_WRONLY, 0600));
	TIMES(open("d", O_WRONLY));
}

/* Refused by us, where the plain directory does it: what is left must be as before. */
static void times_of_refusals(void)
{
	TIMES(chmod("f", 04755));
	TIMES(chmod("f", 02755));
	TIMES(chmod("d", 02755));
	TIMES(symlink("f", "h"));
	TIMES(mkfifo("e/f", 0600));
	TIMES(link("f", "d/g"));
}

static void times_of_a_nameless_file(void)
{
	char path[64];
	int fd = open("d", O_TMPFILE | O_RDWR, 0600);

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	times_watch(fd);
	TIMES(open("d", O_TMPFILE | O_RDWR, 0600));
	TIMES(write(fd, "x", 1));
	TIMES(linkat(AT_FDCWD, path, AT_FDCWD, "f", AT_SYMLINK_FOLLOW));
	TIMES(linkat(AT_FDCWD, path, AT_FDCWD, "h", AT_SYMLINK_FOLLOW));
	times_watch(-1);
}

static void times_of_mappings(void)
{
	int fd = open("f", O_RDWR);
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	TRY(map == MAP_FAILED ? -1 : 0);
	times_keep();
	map[0] = 'X';
	TRY(msync(map, 4096, MS_SYNC));
	times_note("writing through a mapping", 0);
	TIMES(munmap(map, 4096));
	TIMES(close(fd));
}

static void times_of_reading(void)
{
	char buf[4];
	int fd = open("f", O_RDONLY | O_NOATIME);

	TIMES(read(fd, buf, sizeof(buf)));
	TIMES(close(fd));
	fd = open("f", O_RDONLY);
	TIMES(pread(fd, buf, 0, 0));
	TIMES(pread(fd, buf, 4, 1000));
	TIMES(close(fd));
}

static void show_times(const char *name)
{
	struct stat st;

	TRY(stat(name, &st));
	VALUE(st.st_atim.tv_sec);
	VALUE(st.st_atim.tv_nsec);
	VALUE(st.st_mtim.tv_sec);
	VALUE(st.st_mtim.tv_nsec);
}

static void set_times(const char *name, time_t seconds, long ns)
{
	struct timespec both[2] = { { .tv_sec = seconds, .tv_nsec = ns },
				    { .tv_sec = seconds + 1, .tv_nsec = ns } };

	TRY(utimensat(AT_FDCWD, name, both, 0));
	show_times(name);
}

static void times_that_are_set(void)
{
	static const char *const names[] = { "f", "d" };

	for (size_t i = 0; i < 2; i++) {
		set_times(names[i], 0, 0);
		set_times(names[i], 1, 999999999);
		set_times(names[i], 1700000000, 123456789);
		set_times(names[i], 4000000000, 1);
		set_times(names[i], 9000000000, 1);
		set_times(names[i], 1, -1);
	}
	set_times("f", 1000, 7);
	TRY(rename("f", "h"));
	show_times("h");
	TRY(chmod("h", 0600));
	show_times("h");
	set_times("d", 2000, 8);
	TRY(rename("d", "d2"));
	show_times("d2");
	TRY(mkdir("d2/x", 0700));
	TRY(rename("e", "d2/y"));
	set_times("d2", 3000, 8);
	TRY(chmod("d2", 0700));
	show_times("d2");
}

const struct posix_case time_cases[] = {
	{ "times_of_a_nameless_file", times_of_a_nameless_file, false },
	{ "times_of_a_removed_open_file", times_of_a_removed_open_file, false },
	{ "times_of_attributes", times_of_attributes, false },
	{ "times_of_failures", times_of_failures, false },
	{ "times_of_mappings", times_of_mappings, false },
	{ "times_of_new_names", times_of_new_names, false },
	{ "times_of_reading", times_of_reading, false },
	{ "times_of_refusals", times_of_refusals, false },
	{ "times_of_renames", times_of_renames, false },
	{ "times_of_truncation", times_of_truncation, false },
	{ "times_of_writes", times_of_writes, false },
	{ "times_that_are_set", times_that_are_set, false },
	{ NULL, NULL, false },
};
