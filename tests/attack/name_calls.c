/* SPDX-License-Identifier: MIT */
/* Calls that make, move and link names. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/attack/attack_call.h"

#ifndef RENAME_WHITEOUT
#define RENAME_WHITEOUT 4
#endif

static int rename_with(const char *word, char **argv, unsigned int flags)
{
	tell(word, syscall(SYS_renameat2, AT_FDCWD, argv[0], AT_FDCWD, argv[1], flags));
	return 0;
}

static int exchange(int argc, char **argv)
{
	(void)argc;
	return rename_with("exchange", argv, 2);
}

static int noreplace(int argc, char **argv)
{
	(void)argc;
	return rename_with("noreplace", argv, 1);
}

static int whiteout(int argc, char **argv)
{
	(void)argc;
	rename_with("whiteout", argv, RENAME_WHITEOUT);
	return rename_with("whiteout-noreplace", argv, RENAME_WHITEOUT | 1);
}

/* tmpfile DIR NAME...: a nameless file, linked to each name in every way there is. */
static int link_tmpfile(int argc, char **argv)
{
	static const char evil[] = "{\"hooks\":{}}\n";
	char path[64];
	int fd = open(argv[0], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (tell("tmpfile", fd) < 0)
		return 0;
	tell("write", write(fd, evil, sizeof(evil) - 1));
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (int i = 1; i < argc; i++) {
		tell("linkat-empty", linkat(fd, "", AT_FDCWD, argv[i], AT_EMPTY_PATH));
		tell("linkat-proc", linkat(AT_FDCWD, path, AT_FDCWD, argv[i], AT_SYMLINK_FOLLOW));
	}
	(void)close(fd);
	return 0;
}

/* hard-link OLD NEW: by path, by descriptor, by /proc. */
static int hard_link(int argc, char **argv)
{
	char path[64];
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	(void)argc;
	tell("link", link(argv[0], argv[1]));
	tell("linkat-empty", linkat(fd, "", AT_FDCWD, argv[1], AT_EMPTY_PATH));
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	tell("linkat-proc", linkat(AT_FDCWD, path, AT_FDCWD, argv[1], AT_SYMLINK_FOLLOW));
	(void)close(fd);
	return 0;
}

/* old-descriptor A B: writes "old" to descriptors whose names belong to other files by now. */
static int old_descriptor(int argc, char **argv)
{
	int old = open(argv[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int other = open(argv[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int fd;

	(void)argc;
	tell("unlink", unlink(argv[0]));
	fd = open(argv[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	tell("write new", write(fd, "new\n", 4));
	tell("write old", write(old, "old old old\n", 12));
	(void)close(fd);
	fd = open("plans/over", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	tell("write new", write(fd, "new\n", 4));
	tell("rename", rename("plans/over", argv[1]));
	tell("write old", pwrite(other, "old old old\n", 12, 0));
	(void)close(fd);
	(void)close(old);
	(void)close(other);
	return 0;
}

/* deep DIR COUNT LENGTH NAME: a file at the end of a chain of directories, made by descriptors. */
static int make_deep(int argc, char **argv)
{
	char name[256] = { 0 };
	size_t len = strtoul(argv[2], NULL, 10) % sizeof(name);
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd;

	(void)argc;
	memset(name, 'd', len);
	(void)mkdir(argv[0], 0700);
	for (unsigned long i = 0; i <= strtoul(argv[1], NULL, 10); i++) {
		const char *next = i == 0 ? argv[0] : name;

		if (i > 0 && mkdirat(dir, next, 0700) < 0)
			break;
		fd = openat(dir, next, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void)close(dir);
		dir = fd;
		if (dir < 0)
			break;
	}
	fd = openat(dir, argv[3], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (tell("deep", fd) >= 0)
		tell("write", write(fd, "deep\n", 5));
	(void)close(fd);
	(void)close(dir);
	return 0;
}

/* special SOCKET DEVICE */
static int make_special(int argc, char **argv)
{
	(void)argc;
	(void)unlink(argv[0]);
	(void)unlink(argv[1]);
	tell("socket", mknod(argv[0], S_IFSOCK | 0600, 0));
	tell("device", mknod(argv[1], S_IFCHR | 0600, makedev(1, 3)));
	return 0;
}

/* forge-handles DIR: file handles as FUSE makes them, for all numbers that a small session has. */
static int forge_handles(int argc, char **argv)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + 32];
	} forged = { 0 };
	int mount_fd = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned int opened = 0;
	int mount_id;

	(void)argc;
	forged.handle.handle_bytes = 32;
	tell("name_to_handle_at",
	     name_to_handle_at(mount_fd, "plans", &forged.handle, &mount_id, 0));
	for (uint32_t node = 0; node < 4096; node++) {
		uint32_t words[3] = { 0, node, 0 };
		char buf[4096];
		ssize_t n;
		int fd;

		forged.handle.handle_type = 0x81;
		forged.handle.handle_bytes = sizeof(words);
		memcpy(forged.handle.f_handle, words, sizeof(words));
		fd = open_by_handle_at(mount_fd, &forged.handle, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		opened++;
		n = read(fd, buf, sizeof(buf));
		(void)printf("node %u: %.*s\n", node, n < 0 ? 0 : (int)n, buf);
		(void)close(fd);
	}
	(void)printf("tried 4096, opened %u\n", opened);
	(void)close(mount_fd);
	return 0;
}

const struct attack_call name_calls[] = {
	{ "deep", 4, make_deep },
	{ "exchange", 2, exchange },
	{ "forge-handles", 1, forge_handles },
	{ "hard-link", 2, hard_link },
	{ "link-tmpfile", 2, link_tmpfile },
	{ "noreplace", 2, noreplace },
	{ "old-descriptor", 2, old_descriptor },
	{ "special", 2, make_special },
	{ "whiteout", 2, whiteout },
	{ NULL, 0, NULL },
};
