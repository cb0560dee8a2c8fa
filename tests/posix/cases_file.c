/* SPDX-License-Identifier: MIT */
/* Open files: how they are opened, sized, allocated and described. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/posix/transcript.h"

static long sum_of(const char *name)
{
	unsigned char buf[65536];
	int fd = open(name, O_RDONLY);
	long sum = 7;
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			sum = (sum * 31 + buf[i]) % 1000003;
	}
	(void)close(fd);
	return n < 0 ? -1 : sum;
}

static long size_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) < 0 ? -1 : (long)st.st_size;
}

static void flags_of_open(void)
{
	char buf[32];
	int fd;

	TRY(open("f", O_CREAT | O_EXCL | O_RDWR, 0600));
	TRY(open("h", O_CREAT | O_EXCL | O_DIRECTORY, 0600));
	fd = open("f", O_WRONLY);
	VALUE(read(fd, buf, 4));
	VALUE(pread(fd, buf, 4, 0));
	TRY(close(fd));
	fd = open("f", O_RDONLY);
	VALUE(write(fd, buf, 4));
	VALUE(write(fd, buf, 0));
	TRY(ftruncate(fd, 1));
	TRY(fallocate(fd, 0, 0, 10));
	VALUE(read(fd, buf, sizeof(buf)));
	VALUE(read(fd, buf, sizeof(buf)));
	TRY(fsync(fd));
	TRY(close(fd));
	fd = open("f", O_PATH);
	VALUE(read(fd, buf, 4));
	TRY(fchmod(fd, 0600));
	TRY(close(fd));
	fd = open("f", O_RDWR | O_APPEND);
	VALUE(lseek(fd, 0, SEEK_SET));
	VALUE(write(fd, "end", 3));
	VALUE(lseek(fd, 0, SEEK_CUR));
	VALUE(pwrite(fd, "end", 3, 0));
	VALUE(size_of("f"));
	VALUE(lseek(fd, -100, SEEK_END));
	VALUE(lseek(fd, -100, SEEK_SET));
	VALUE(lseek(fd, 5, 99));
	TRY(fcntl(fd, F_SETFL, 0));
	VALUE(pwrite(fd, "A", 1, 0));
	VALUE(sum_of("f"));
	TRY(close(fd));
	fd = open("f", O_RDWR | O_TRUNC);
	VALUE(size_of("f"));
	TRY(close(fd));
	fd = open("g", O_RDONLY | O_TRUNC);
	VALUE(size_of("g"));
	TRY(close(fd));
	fd = open("f", O_RDWR | O_SYNC);
	VALUE(write(fd, "synced", 6));
	TRY(close(fd));
	fd = open("new", O_CREAT | O_RDONLY, 0444);
	VALUE(size_of("new"));
	TRY(close(fd));
	fd = open("new2", O_CREAT | O_RDWR, 0000);
	VALUE(write(fd, "mine", 4));
	TRY(close(fd));
	VALUE(size_of("new2"));
}

static void direct_io(void)
{
	static char block[8192] __attribute__((aligned(4096)));
	int fd = open("h", O_CREAT | O_RDWR | O_DIRECT, 0600);

	TRY(fd);
	memset(block, 'x', sizeof(block));
	VALUE(pwrite(fd, block, 4096, 0));
	VALUE(pwrite(fd, block, 8192, 4096));
	VALUE(pread(fd, block, 8192, 0));
	VALUE(size_of("h"));
	TRY(close(fd));
	VALUE(sum_of("h"));
}

static void nameless_files(void)
{
	char path[64];
	struct stat st;
	int fd;

	TRY(open("d", O_TMPFILE | O_RDONLY, 0600));
	TRY(open("f", O_TMPFILE | O_RDWR, 0600));
	TRY(open("missing", O_TMPFILE | O_RDWR, 0600));
	fd = open("d", O_TMPFILE | O_RDWR, 0640);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	VALUE(write(fd, "nameless", 8));
	TRY(fstat(fd, &st));
	VALUE(st.st_nlink);
	VALUE(st.st_mode);
	TRY(linkat(AT_FDCWD, path, AT_FDCWD, "f", AT_SYMLINK_FOLLOW));
	TRY(linkat(AT_FDCWD, path, AT_FDCWD, "missing/h", AT_SYMLINK_FOLLOW));
	TRY(linkat(AT_FDCWD, path, AT_FDCWD, "h", AT_SYMLINK_FOLLOW));
	TRY(fstat(fd, &st));
	VALUE(st.st_nlink);
	VALUE(write(fd, "!", 1));
	TRY(close(fd));
	VALUE(sum_of("h"));
	TRY(unlink("h"));
	fd = open("d", O_TMPFILE | O_RDWR | O_EXCL, 0640);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	TRY(linkat(AT_FDCWD, path, AT_FDCWD, "h", AT_SYMLINK_FOLLOW));
	TRY(close(fd));
	fd = open("d", O_TMPFILE | O_WRONLY, 0000);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	TRY(linkat(fd, "", AT_FDCWD, "h", AT_EMPTY_PATH));
	TRY(close(fd));
	VALUE(size_of("h"));
	TRY(rmdir("e"));
}

static void sizes(void)
{
	struct stat st;
	int fd = open("f", O_RDWR);

	TRY(truncate("f", 100000));
	VALUE(sum_of("f"));
	TRY(truncate("f", 3));
	TRY(truncate("f", 10));
	VALUE(sum_of("f"));
	TRY(truncate("f", -1));
	TRY(ftruncate(fd, -1));
	TRY(truncate("d", 0));
	VALUE(pwrite(fd, "x", 1, 70000));
	VALUE(sum_of("f"));
	VALUE(pwrite(fd, "x", 1, -1));
	VALUE(pread(fd, &st, 1, -1));
	VALUE(pread(fd, &st, 1, INT64_MAX));
	VALUE(pwrite(fd, "x", 1, INT64_MAX));
	TRY(ftruncate(fd, INT64_MAX));
	TRY(fallocate(fd, 0, INT64_MAX - 4096, 4096));
	VALUE(size_of("f"));
	TRY(ftruncate(fd, 0));
	TRY(fstat(fd, &st));
	VALUE(st.st_blocks);
	TRY(ftruncate(fd, 1L << 30));
	TRY(fstat(fd, &st));
	VALUE(st.st_blocks);
	VALUE(st.st_size);
	VALUE(st.st_blksize);
	TRY(close(fd));
}

static void holes(void)
{
	static char block[4096];
	int fd = open("h", O_CREAT | O_RDWR, 0600);

	memset(block, 'b', sizeof(block));
	VALUE(lseek(fd, 0, SEEK_DATA));
	VALUE(lseek(fd, 0, SEEK_HOLE));
	VALUE(pwrite(fd, block, 4096, 65536));
	VALUE(pwrite(fd, block, 4096, 262144));
	TRY(ftruncate(fd, 400000));
	TRY(fsync(fd));
	VALUE(lseek(fd, 0, SEEK_DATA));
	VALUE(lseek(fd, 0, SEEK_HOLE));
	VALUE(lseek(fd, 65536, SEEK_DATA));
	VALUE(lseek(fd, 65540, SEEK_HOLE));
	VALUE(lseek(fd, 69632, SEEK_DATA));
	VALUE(lseek(fd, 266240, SEEK_DATA));
	VALUE(lseek(fd, 266240, SEEK_HOLE));
	VALUE(lseek(fd, 399999, SEEK_HOLE));
	VALUE(lseek(fd, 400000, SEEK_HOLE));
	VALUE(lseek(fd, 400000, SEEK_DATA));
	VALUE(lseek(fd, -1, SEEK_DATA));
	TRY(close(fd));
	fd = open("f", O_RDONLY);
	VALUE(lseek(fd, 0, SEEK_DATA));
	VALUE(lseek(fd, 0, SEEK_HOLE));
	VALUE(lseek(fd, 12, SEEK_DATA));
	TRY(close(fd));
}

static const int modes[] = {
	0,
	FALLOC_FL_KEEP_SIZE,
	FALLOC_FL_PUNCH_HOLE,
	FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	FALLOC_FL_ZERO_RANGE,
	FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
};

static void allocation(void)
{
	static char block[40000];
	struct stat st;
	int fd;

	memset(block, 'b', sizeof(block));
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		fd = open("h", O_CREAT | O_RDWR | O_TRUNC, 0600);
		VALUE(write(fd, block, sizeof(block)));
		TRY(fallocate(fd, modes[i], 5000, 10000));
		VALUE(sum_of("h"));
		TRY(fallocate(fd, modes[i], 39000, 10000));
		VALUE(sum_of("h"));
		VALUE(size_of("h"));
		TRY(fallocate(fd, modes[i], 60000, 1));
		VALUE(sum_of("h"));
		VALUE(size_of("h"));
		TRY(fallocate(fd, modes[i], -1, 10));
		TRY(fallocate(fd, modes[i], 0, 0));
		TRY(fallocate(fd, modes[i], 0, -1));
		TRY(close(fd));
		fd = open("f", O_RDWR);
		TRY(fallocate(fd, modes[i], 4, 4));
		VALUE(sum_of("f"));
		TRY(close(fd));
		fd = open("f", O_RDONLY);
		TRY(fallocate(fd, modes[i], 0, 4));
		TRY(close(fd));
	}
	fd = open("g", O_RDWR);
	TRY(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 1L << 20));
	TRY(fstat(fd, &st));
	VALUE(st.st_size);
	TRY(fallocate(fd, 0x1000, 0, 10));
	TRY(posix_fallocate(fd, 0, 100000) == 0 ? 0 : -1);
	VALUE(size_of("g"));
	TRY(close(fd));
	fd = open("d", O_RDONLY);
	TRY(fallocate(fd, 0, 0, 10));
	TRY(close(fd));
}

static void allocation_that_moves_bytes(void)
{
	static char block[16384];
	int fd = open("h", O_CREAT | O_RDWR, 0600);

	VALUE(write(fd, block, sizeof(block)));
	TRY(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 4096, 4096));
	TRY(fallocate(fd, FALLOC_FL_INSERT_RANGE, 4096, 4096));
	TRY(close(fd));
}

static void modes_and_set_id(void)
{
	struct stat st;
	int fd;

	for (mode_t mode = 0; mode <= 0777; mode += 0111) {
		TRY(chmod("g", mode));
		TRY(stat("g", &st));
		VALUE(st.st_mode);
		TRY(chmod("e", mode));
		TRY(stat("e", &st));
		VALUE(st.st_mode);
	}
	TRY(chmod("f", 01640));
	TRY(chmod("d", 01750));
	TRY(stat("f", &st));
	VALUE(st.st_mode);
	TRY(stat("d", &st));
	VALUE(st.st_mode);
	fd = open("f", O_RDWR);
	TRY(fchmod(fd, 0600));
	TRY(close(fd));
	(void)umask(077);
	TRY(close(open("h", O_CREAT | O_WRONLY, 0777)));
	TRY(stat("h", &st));
	VALUE(st.st_mode);
	TRY(mkdir("h2", 01777));
	TRY(stat("h2", &st));
	VALUE(st.st_mode);
}

/* The mount takes no set-id bits: nothing can have any, so nothing needs to lose them. */
static void set_id_is_refused(void)
{
	struct stat st;
	int fd;

	TRY(chmod("f", 04755));
	TRY(chmod("f", 02755));
	TRY(chmod("f", 06755));
	TRY(chmod("d", 02755));
	fd = open("f", O_RDWR);
	TRY(fchmod(fd, 04777));
	TRY(close(fd));
	TRY(open("h", O_CREAT | O_WRONLY, 04700));
	TRY(mknod("h2", S_IFREG | 02700, 0));
	TRY(open("d", O_TMPFILE | O_RDWR, 04700));
	TRY(lstat("h", &st));
	TRY(lstat("h2", &st));
}

static void numbers_of_the_file_system(void)
{
	struct statvfs vfs;
	int fd = open("f", O_RDONLY);

	TRY(statvfs(".", &vfs));
	VALUE(vfs.f_namemax);
	VALUE(vfs.f_bsize);
	VALUE(vfs.f_bavail <= vfs.f_bfree && vfs.f_bfree <= vfs.f_blocks);
	VALUE(vfs.f_ffree <= vfs.f_files && vfs.f_ffree > 0);
	VALUE(vfs.f_bavail > 0);
	TRY(fstatvfs(fd, &vfs));
	TRY(statvfs("missing", &vfs));
	TRY(statvfs("f/x", &vfs));
	VALUE(pathconf("f", _PC_NAME_MAX));
	VALUE(pathconf(".", _PC_PATH_MAX));
	TRY(close(fd));
}

static void extended_attributes(void)
{
	char buf[64];
	int fd = open("f", O_RDWR);

	VALUE(getxattr("f", "user.absent", buf, sizeof(buf)));
	VALUE(getxattr("missing", "user.absent", buf, sizeof(buf)));
	VALUE(listxattr("f", buf, 0));
	VALUE(listxattr("f", buf, sizeof(buf)));
	VALUE(listxattr("missing", buf, sizeof(buf)));
	TRY(setxattr("f", "user.mine", "x", 1, 0));
	TRY(fsetxattr(fd, "user.mine", "x", 1, 0));
	TRY(setxattr("d", "user.mine", "x", 1, XATTR_CREATE));
	TRY(setxattr("missing", "user.mine", "x", 1, 0));
	TRY(removexattr("f", "user.mine"));
	TRY(removexattr("missing", "user.mine"));
	TRY(setxattr("f", "nonsense", "x", 1, 0));
	TRY(close(fd));
}

static void privileged_attributes(void)
{
	TRY(setxattr("f", "trusted.mine", "x", 1, 0));
	TRY(setxattr("f", "security.mine", "x", 1, 0));
}

static void copies_between_files(void)
{
	off_t from = 2;
	int in = open("f", O_RDONLY);
	int out = open("h", O_CREAT | O_RDWR, 0600);

	VALUE(copy_file_range(in, &from, out, NULL, 5, 0));
	VALUE(copy_file_range(in, NULL, out, NULL, 100, 0));
	VALUE(copy_file_range(in, NULL, out, NULL, 100, 0));
	VALUE(copy_file_range(out, NULL, in, NULL, 10, 0));
	VALUE(sum_of("h"));
	TRY(close(in));
	TRY(close(out));
}

const struct posix_case file_cases[] = {
	{ "allocation", allocation, false },
	{ "allocation_that_moves_bytes", allocation_that_moves_bytes, false },
	{ "copies_between_files", copies_between_files, false },
	{ "direct_io", direct_io, false },
	{ "extended_attributes", extended_attributes, false },
	{ "flags_of_open", flags_of_open, false },
	{ "holes", holes, false },
	{ "modes_and_set_id", modes_and_set_id, false },
	{ "nameless_files", nameless_files, false },
	{ "numbers_of_the_file_system", numbers_of_the_file_system, false },
	{ "privileged_attributes", privileged_attributes, true },
	{ "set_id_is_refused", set_id_is_refused, false },
	{ "sizes", sizes, false },
	{ NULL, NULL, false },
};
