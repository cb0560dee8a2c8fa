/* SPDX-License-Identifier: MIT */
#include "fs/journal/content_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

#define OBJECT_NAME_SIZE 24u /* 2^64 has 20 digits */
#define SAFE_FLAGS       (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

struct content_store {
	int dir_fd;
	atomic_uint_fast64_t last; /* number given out last */
};

static void format_name(uint64_t object, char name[OBJECT_NAME_SIZE])
{
	(void)snprintf(name, OBJECT_NAME_SIZE, "%" PRIu64, object);
}

/* 0: not an object's name as format_name() writes it. */
static uint64_t parse_name(const char *name)
{
	char again[OBJECT_NAME_SIZE];
	uint64_t object;

	if (strspn(name, "0123456789") != strlen(name) || strlen(name) >= sizeof(again))
		return 0;
	object = strtoull(name, NULL, 10);
	format_name(object, again);
	return strcmp(name, again) == 0 ? object : 0;
}

/* The highest number in use. */
static int find_last(int dir_fd, uint64_t *ret)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	uint64_t last = 0;
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		cleanup_close_fd(&fd);
		return -errno;
	}
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		uint64_t object = parse_name(entry->d_name);

		if (object > last)
			last = object;
	}
	if (errno != 0)
		return -errno;
	*ret = last;
	return 0;
}

int content_store_open(int session_fd, int may_create, struct content_store **ret)
{
	cleanup_fd int dir_fd = -1;
	struct content_store *store;
	uint64_t last = 0;
	int r;

	if (may_create && mkdirat(session_fd, "objects", 0700) < 0 && errno != EEXIST)
		return -errno;
	dir_fd = openat(session_fd, "objects", O_RDONLY | O_DIRECTORY | SAFE_FLAGS);
	if (dir_fd < 0)
		return -errno;
	if (may_create) {
		r = find_last(dir_fd, &last);
		if (r < 0)
			return r;
	}
	store = malloc(sizeof(*store));
	if (!store)
		return -ENOMEM;
	store->dir_fd = steal_fd(&dir_fd);
	atomic_init(&store->last, last);
	*ret = store;
	return 0;
}

void content_store_close(struct content_store *store)
{
	if (!store)
		return;
	cleanup_close_fd(&store->dir_fd);
	free(store);
}

void cleanup_content_store_close(struct content_store **store)
{
	content_store_close(*store);
}

int content_store_create(struct content_store *store, uint64_t *ret_object, int *ret_fd)
{
	uint64_t object = atomic_fetch_add(&store->last, 1) + 1;
	char name[OBJECT_NAME_SIZE];
	int fd;

	if (object == 0)
		return -ENOSPC;
	format_name(object, name);
	/* O_EXCL: a number that is taken is damage, not somebody's content to go on with. */
	fd = fd_open_at(store->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | SAFE_FLAGS, 0600);
	if (fd < 0)
		return fd;
	fd_keep_atime(fd);
	*ret_object = object;
	*ret_fd = fd;
	return 0;
}

/* A link, a FIFO or a second name was planted: this store makes none of them. */
static int check_object(const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || st->st_nlink > 1)
		return -EBADMSG;
	return st->st_nlink == 1 ? 0 : -ENOENT;
}

int content_store_open_object(struct content_store *store, uint64_t object, int flags)
{
	char name[OBJECT_NAME_SIZE];
	cleanup_fd int fd = -1;
	struct stat st;
	int r;

	if (flags != O_RDONLY && flags != O_RDWR)
		return -EINVAL;
	format_name(object, name);
	fd = fd_open_at(store->dir_fd, name, flags | SAFE_FLAGS, 0);
	if (fd < 0)
		return fd == -ELOOP || fd == -ENXIO || fd == -EISDIR ? -EBADMSG : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	r = check_object(&st);
	fd_keep_atime(fd);
	return r < 0 ? r : steal_fd(&fd);
}

int content_store_stat(struct content_store *store, uint64_t object, struct stat *ret)
{
	char name[OBJECT_NAME_SIZE];
	struct stat st;
	int r;

	format_name(object, name);
	if (fstatat(store->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	r = check_object(&st);
	if (r == 0)
		*ret = st;
	return r;
}

int content_store_remove(struct content_store *store, uint64_t object)
{
	char name[OBJECT_NAME_SIZE];

	format_name(object, name);
	return unlinkat(store->dir_fd, name, 0) < 0 ? -errno : 0;
}

int content_store_sync(struct content_store *store)
{
	return fd_sync(store->dir_fd);
}

int content_store_scratch(struct content_store *store)
{
	cleanup_fd int fd = -1;
	char name[48];
	uint64_t random;
	int r;

#ifdef O_TMPFILE
	fd = openat(store->dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return steal_fd(&fd);
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
		return -errno;
#endif
	r = fd_random_bytes(&random, sizeof(random));
	if (r < 0)
		return r;
	(void)snprintf(name, sizeof(name), "scratch-%016" PRIx64, random);
	fd = openat(store->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | SAFE_FLAGS, 0600);
	if (fd < 0)
		return -errno;
	if (unlinkat(store->dir_fd, name, 0) < 0)
		return -errno;
	return steal_fd(&fd);
}
