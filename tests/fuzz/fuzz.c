/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

#define FILE_MAX (64u << 20) /* bytes that a target may leave behind */

static char dir_path[64];
static int dir_fd = -1;

void fuzz_failed(const char *what, const char *file, unsigned int line)
{
	(void)fprintf(stderr, "%s:%u: does not hold: %s\n", file, line, what);
	abort();
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	(void)remove(path);
	return 0;
}

static void remove_dir(void)
{
	(void)nftw(dir_path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int fuzz_dir(void)
{
	struct stat st;
	bool has_memory;

	if (dir_fd >= 0)
		return dir_fd;
	has_memory = stat("/dev/shm", &st) == 0 && S_ISDIR(st.st_mode);
	(void)snprintf(dir_path, sizeof(dir_path), "%s/claudefs-fuzz-XXXXXX",
		       has_memory ? "/dev/shm" : "/tmp");
	FUZZ_CHECK(mkdtemp(dir_path) != NULL);
	(void)atexit(remove_dir);
	dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FUZZ_CHECK(dir_fd >= 0);
	return dir_fd;
}

void fuzz_put_file(const char *name, const void *data, size_t size)
{
	cleanup_fd int fd =
		openat(fuzz_dir(), name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	FUZZ_CHECK(fd >= 0);
	FUZZ_CHECK(fd_write_all(fd, data, size) == 0);
}

void fuzz_make_dir(const char *name)
{
	FUZZ_CHECK(mkdirat(fuzz_dir(), name, 0700) == 0);
}

char *fuzz_get_file(const char *name, size_t *ret_size)
{
	cleanup_fd int fd = openat(fuzz_dir(), name, O_RDONLY | O_CLOEXEC);
	char *data = NULL;

	FUZZ_CHECK(fd >= 0);
	FUZZ_CHECK(fd_read_file(fd, FILE_MAX, &data, ret_size) == 0);
	return data;
}

char *fuzz_string(const uint8_t *data, size_t size)
{
	char *s = calloc(size + 1, 1);

	FUZZ_CHECK(s != NULL);
	if (size > 0)
		memcpy(s, data, size);
	return s;
}
