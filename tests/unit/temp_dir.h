/* SPDX-License-Identifier: MIT */
/* A private temporary directory per test group, removed afterwards. */
#ifndef CLAUDEFS_TESTS_TEMP_DIR_H
#define CLAUDEFS_TESTS_TEMP_DIR_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct temp_dir {
	char path[64];
	int fd; /* O_DIRECTORY */
};

static inline int temp_dir_make(struct temp_dir *dir)
{
	(void)strcpy(dir->path, "/tmp/claudefs-unit-XXXXXX");
	if (!mkdtemp(dir->path))
		return -1;
	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir->fd < 0 ? -1 : 0;
}

static inline int temp_dir_remove_entry(const char *path, const struct stat *st, int type,
					struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void temp_dir_remove(struct temp_dir *dir)
{
	(void)close(dir->fd);
	(void)nftw(dir->path, temp_dir_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
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
