/* SPDX-License-Identifier: MIT */
/* Calls that make, move and link names. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

const struct attack_call name_calls[] = {
	{ "exchange", 2, exchange },         { "hard-link", 2, hard_link },
	{ "link-tmpfile", 2, link_tmpfile }, { "noreplace", 2, noreplace },
	{ "whiteout", 2, whiteout },         { NULL, 0, NULL },
};
