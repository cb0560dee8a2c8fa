/* SPDX-License-Identifier: MIT */
/* A private temporary directory per test group, removed afterwards. */
#ifndef CLAUDEFS_TESTS_TEMP_DIR_H
#define CLAUDEFS_TESTS_TEMP_DIR_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/own_directory.h"

struct temp_dir {
	char path[80];
	int fd; /* O_DIRECTORY */
};

/* In CLAUDEFS_TEST_PARENT (at most 40 bytes), else in "/tmp". */
static inline int temp_dir_make(struct temp_dir *dir)
{
	const char *parent = getenv("CLAUDEFS_TEST_PARENT");

	if (!own_directory_make(dir->path, sizeof(dir->path), parent ? parent : "/tmp", "unit"))
		return -1;
	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir->fd < 0 ? -1 : 0;
}

/* A test may leave a tree deeper than PATH_MAX. */
static inline void temp_dir_remove(struct temp_dir *dir)
{
	(void)close(dir->fd);
	remove_tree(dir->path);
}

/* Writes a small file below the directory (parents must exist). Returns 0 or -1. */
static inline int temp_dir_write(struct temp_dir *dir, const char *name, const char *content)
{
	int fd = openat(dir->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t len = strlen(content);
	int r;

	if (fd < 0)
		return -1;
	r = write(fd, content, len) == (ssize_t)len ? 0 : -1;
	(void)close(fd);
	return r;
}

#endif
