/* SPDX-License-Identifier: MIT */
/* Calls on open files: attributes, mappings, copies, ioctls, locks, holes, watches, and floods. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/attack/attack_call.h"

#define BLOCK 4096u

/* set-xattr FILE NAME SIZE: every way to set it. */
static int set_xattr(int argc, char **argv)
{
	static char value[65536];
	size_t size = strtoul(argv[2], NULL, 10);
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	(void)argc;
	if (size > sizeof(value))
		size = sizeof(value);
	memset(value, 1, sizeof(value));
	tell("setxattr", setxattr(argv[0], argv[1], value, size, 0));
	tell("lsetxattr", lsetxattr(argv[0], argv[1], value, size, XATTR_CREATE));
	tell("fsetxattr", fsetxattr(fd, argv[1], value, size, 0));
	tell("removexattr", removexattr(argv[0], argv[1]));
	(void)printf("names %zd\n", flistxattr(fd, value, sizeof(value)));
	(void)close(fd);
	return 0;
}

/* xattr-flood FILE COUNT: prints how many were taken. */
static int xattr_flood(int argc, char **argv)
{
	static char value[65536];
	long count = strtol(argv[1], NULL, 10);
	long taken = 0;
	char name[32];

	(void)argc;
	for (long i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "user.n%ld", i);
		taken += setxattr(argv[0], name, value, sizeof(value), 0) == 0;
	}
	(void)printf("taken %ld\n", taken);
	return 0;
}

/* mmap-write FILE TEXT: through a shared mapping whose descriptor is closed. */
static int mmap_write(int argc, char **argv)
{
	int fd = open(argv[0], O_RDWR | O_CLOEXEC);
	char *data;

	(void)argc;
	if (tell("open", fd) < 0)
		return 0;
	data = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (tell("mmap", data == MAP_FAILED ? -1 : 0) < 0)
		return 0;
	memcpy(data, argv[1], strlen(argv[1]));
	tell("msync", msync(data, BLOCK, MS_SYNC));
	tell("munmap", munmap(data, BLOCK));
	return 0;
}

/* reopen FILE: first to read, then to write through /proc. */
static int reopen(int argc, char **argv)
{
	static const int flags[] = { O_RDWR, O_WRONLY, O_WRONLY | O_APPEND, O_RDWR | O_TRUNC };
	char path[64];
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	(void)argc;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int direct = open(argv[0], flags[i] | O_CLOEXEC);
		int direct_error = errno;
		int again = open(path, flags[i] | O_CLOEXEC);

		(void)printf("%s\n", direct < 0 && again < 0 && errno == direct_error
					     ? "reopen same refusal"
				     : direct >= 0 && again >= 0 ? "reopen same permission"
								 : "reopen DIFFERS");
		if (again >= 0)
			tell("write", write(again, "evil", 4));
		(void)close(direct);
		(void)close(again);
	}
	tell("truncate-path", truncate(path, 0));
	tell("ftruncate", ftruncate(fd, 0));
	(void)close(fd);
	return 0;
}

/* copy-into SOURCE TARGET: every call that moves bytes without a buffer. */
static int copy_into(int argc, char **argv)
{
	struct file_clone_range range = { 0 };
	int pipe_fds[2];
	int from = open(argv[0], O_RDONLY | O_CLOEXEC);
	int to = open(argv[1], O_RDWR | O_CLOEXEC);

	(void)argc;
	if (tell("open", to) < 0)
		to = open(argv[1], O_RDONLY | O_CLOEXEC);
	tell("copy_file_range", copy_file_range(from, NULL, to, NULL, BLOCK, 0));
	tell("sendfile", sendfile(to, from, &(off_t){ 0 }, BLOCK));
	tell("ficlone", ioctl(to, FICLONE, from));
	range.src_fd = from;
	tell("ficlonerange", ioctl(to, FICLONERANGE, &range));
	if (pipe(pipe_fds) == 0 && write(pipe_fds[1], "evil", 4) == 4)
		tell("splice", splice(pipe_fds[0], NULL, to, NULL, 4, 0));
	(void)close(from);
	(void)close(to);
	return 0;
}

/* ioctls FILE: known numbers, and ones that claim sizes of their own. (FIBMAP is answered by the
 * kernel, with 0.) */
static int ioctls(int argc, char **argv)
{
	static const unsigned long requests[] = {
		TIOCSTI,
		FS_IOC_GETFLAGS,
		FS_IOC_SETFLAGS,
		FS_IOC_FSGETXATTR,
		FS_IOC_FSSETXATTR,
		FIFREEZE,
		FITRIM,
		FS_IOC_FIEMAP,
		_IOC(3, 'x', 1, 64),
		_IOC(3, 0, 0, 16383),
		_IOC(1, 0xff, 0xff, 4096),
		0,
		~0ul,
		_IOC(2, 0xe5, 0, 8192),
	};
	static char buffer[65536];
	int fd = open(argv[0], O_RDWR | O_CLOEXEC);

	(void)argc;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		(void)printf("%08lx ", requests[i]);
		tell("ioctl", ioctl(fd, requests[i], buffer));
	}
	(void)close(fd);
	return 0;
}

/* hold-lock FILE: takes every kind of lock and keeps it until it is killed. */
static int hold_lock(int argc, char **argv)
{
	struct flock lock = { .l_type = F_WRLCK };
	int fd = open(argv[0], O_RDWR | O_CLOEXEC);

	(void)argc;
	tell("flock", flock(fd, LOCK_EX | LOCK_NB));
	tell("posix", fcntl(fd, F_SETLK, &lock));
	tell("ofd", fcntl(open(argv[0], O_RDWR | O_CLOEXEC), F_OFD_SETLK, &lock));
	(void)alarm(60);
	(void)pause();
	return 0;
}

/* watch FILE...: prints how many watches the kernel gave. */
static int watch(int argc, char **argv)
{
	int fd = inotify_init1(IN_CLOEXEC);
	long given = 0;

	for (int round = 0; round < 20; round++)
		for (int i = 0; i < argc; i++)
			given += inotify_add_watch(fd, argv[i], IN_ALL_EVENTS) > 0;
	(void)printf("given %ld\n", given);
	(void)close(fd);
	return 0;
}

/* holes FILE MIB: space asked for without writing. */
static int holes(int argc, char **argv)
{
	off_t size = strtoll(argv[1], NULL, 10) << 20;
	int fd = open(argv[0], O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)argc;
	tell("keep-size", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size));
	tell("fallocate", fallocate(fd, 0, 0, size));
	tell("punch", fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, BLOCK));
	tell("truncate", ftruncate(fd, size));
	tell("write-far", pwrite(fd, "x", 1, size));
	(void)close(fd);
	return 0;
}

/* many DIR COUNT: empty files until one is refused. */
static int many(int argc, char **argv)
{
	long count = strtol(argv[1], NULL, 10);
	char path[4096];
	long made = 0;
	int fd = 0;

	(void)argc;
	for (; made < count && fd >= 0; made++) {
		(void)snprintf(path, sizeof(path), "%s/f%ld", argv[0], made);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			(void)close(fd);
	}
	tell("many", fd);
	(void)printf("made %ld\n", made);
	return 0;
}

static void churn_one(const char *dir, int who, long count)
{
	char path[4096];
	struct stat st;

	for (long i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/c%ld", dir, (i + who) % 16);
		(void)close(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
		(void)stat(path, &st);
		(void)unlink(path);
	}
}

/* churn DIR PROCESSES COUNT: the same few names made, looked up and removed by several. */
static int churn(int argc, char **argv)
{
	int processes = atoi(argv[1]);
	int status = 0;
	int bad = 0;

	(void)argc;
	for (int i = 0; i < processes; i++) {
		if (fork() == 0) {
			churn_one(argv[0], i, strtol(argv[2], NULL, 10));
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		bad += status != 0;
	(void)printf("churn failed %d\n", bad);
	return 0;
}

/* hold-open DIR N: so many files at once, every second without a name; then the end. */
static int hold_open(int argc, char **argv)
{
	long count = strtol(argv[1], NULL, 10);
	char path[4096];
	long held = 0;

	(void)argc;
	for (long i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/held-%ld", argv[0], i);
		if (open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) < 0) {
			tell("last", -1);
			break;
		}
		held++;
		if (i % 2 == 0)
			(void)unlink(path);
	}
	(void)printf("held %ld\n", held);
	for (long i = 1; i < count; i += 2) {
		(void)snprintf(path, sizeof(path), "%s/held-%ld", argv[0], i);
		(void)unlink(path);
	}
	return 0;
}

const struct attack_call object_calls[] = {
	{ "churn", 3, churn },
	{ "copy-into", 2, copy_into },
	{ "hold-lock", 1, hold_lock },
	{ "hold-open", 2, hold_open },
	{ "holes", 2, holes },
	{ "ioctls", 1, ioctls },
	{ "many", 2, many },
	{ "mmap-write", 2, mmap_write },
	{ "reopen", 1, reopen },
	{ "set-xattr", 3, set_xattr },
	{ "watch", 1, watch },
	{ "xattr-flood", 2, xattr_flood },
	{ NULL, 0, NULL },
};
