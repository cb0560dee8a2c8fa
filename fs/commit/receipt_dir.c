/* SPDX-License-Identifier: MIT */
#include "fs/commit/receipt_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/review/receipt.h"

static int open_receipts(int session_fd)
{
	int fd = openat(session_fd, "receipts", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Numbers of the session's receipts: *ret (ret_). Damaged ones count too. */
static int list_numbers(int session_fd, uint64_t **ret)
{
	cleanup_fd int fd = open_receipts(session_fd);
	cleanup_dir DIR *dir = NULL;
	cleanup_free uint64_t *numbers = NULL;
	int count = 0;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir)
		return -ENOMEM;
	(void)steal_fd(&fd);
	/* A list that ends early would hide a commit that was cut short. */
	for (struct dirent *entry; (errno = 0, entry = readdir(dir)) != NULL;) {
		char *end = NULL;
		unsigned long long number = strtoull(entry->d_name, &end, 10);
		uint64_t *grown;

		if (*entry->d_name < '1' || *entry->d_name > '9' || *end || number > RECEIPTS_MAX)
			continue;
		grown = realloc(numbers, ((size_t)count + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		numbers = grown;
		numbers[count++] = number;
	}
	if (errno != 0)
		return -errno;
	*ret = steal_ptr(&numbers);
	return count;
}

int receipt_dir_make(int session_fd, uint64_t *ret_number)
{
	cleanup_free uint64_t *numbers = NULL;
	cleanup_fd int receipts_fd = -1;
	uint64_t number = 0;
	char name[32];
	int count;

	if (mkdirat(session_fd, "receipts", 0700) < 0 && errno != EEXIST)
		return -errno;
	count = list_numbers(session_fd, &numbers);
	if (count < 0)
		return count;
	for (int i = 0; i < count; i++)
		number = numbers[i] > number ? numbers[i] : number;
	if (++number > RECEIPTS_MAX)
		return -E2BIG;
	receipts_fd = open_receipts(session_fd);
	if (receipts_fd < 0)
		return receipts_fd;
	(void)snprintf(name, sizeof(name), "%llu", (unsigned long long)number);
	if (mkdirat(receipts_fd, name, 0700) < 0 || fsync(receipts_fd) < 0 || fsync(session_fd) < 0)
		return -errno;
	*ret_number = number;
	return receipt_dir_open(session_fd, number);
}

int receipt_dir_create_file(int receipt_fd, const char *name)
{
	int fd = openat(receipt_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? -ENOTUNIQ : -errno;
	return fd;
}

/* Removes the files whose names begin with prefix. */
static int remove_files(int receipt_fd, const char *prefix)
{
	cleanup_dir DIR *dir = NULL;
	int fd = openat(receipt_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		(void)close(fd);
		return -ENOMEM;
	}
	for (struct dirent *entry; (errno = 0, entry = readdir(dir)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
		    unlinkat(receipt_fd, entry->d_name, 0) < 0)
			return -errno;
	}
	return -errno;
}

int receipt_dir_discard(int session_fd, uint64_t number)
{
	cleanup_fd int receipts_fd = open_receipts(session_fd);
	cleanup_fd int fd = receipt_dir_open(session_fd, number);
	char name[32];
	int r;

	if (receipts_fd < 0 || fd < 0)
		return receipts_fd < 0 ? receipts_fd : fd;
	r = remove_files(fd, "");
	if (r < 0)
		return r;
	(void)snprintf(name, sizeof(name), "%llu", (unsigned long long)number);
	return unlinkat(receipts_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

void receipt_dir_tidy(int receipt_fd)
{
	(void)remove_files(receipt_fd, "new-");
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int receipt_dir_unfinished(int session_fd, uint64_t **ret)
{
	cleanup_free uint64_t *numbers = NULL;
	int count = list_numbers(session_fd, &numbers);
	int kept = 0;

	for (int i = 0; i < count; i++) {
		cleanup_fd int fd = receipt_dir_open(session_fd, numbers[i]);
		struct stat st;

		if (fd < 0)
			return fd;
		if (fstatat(fd, "receipt.json", &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (errno != ENOENT)
			return -errno;
		numbers[kept++] = numbers[i];
	}
	if (count < 0)
		return count;
	if (kept > 0)
		qsort(numbers, (size_t)kept, sizeof(*numbers), compare_numbers);
	*ret = steal_ptr(&numbers);
	return kept;
}
