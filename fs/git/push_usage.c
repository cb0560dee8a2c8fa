/* SPDX-License-Identifier: MIT */
#include "fs/git/push_usage.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

#define DEPTH_MAX 4u /* <n>.git/objects/pack/<file> */

/* Takes fd. NULL with errno. */
static DIR *open_list(int fd)
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		(void)close(fd);
	return dir;
}

static int open_directory(int dir_fd, const char *name)
{
	return openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool is_entry(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* What goes away meanwhile is not counted. */
static void add_bytes(int dir_fd, const char *name, unsigned int depth, uint64_t *bytes)
{
	cleanup_dir DIR *dir = open_list(open_directory(dir_fd, name));
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		struct stat info;

		if (!is_entry(entry->d_name) ||
		    fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(info.st_mode) && depth < DEPTH_MAX)
			add_bytes(dirfd(dir), entry->d_name, depth + 1, bytes);
		else
			*bytes += (uint64_t)info.st_blocks * 512;
	}
}

static bool is_quarantine(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	return digits > 0 && strcmp(name + digits, ".git") == 0;
}

static void add_session(int dir_fd, const char *id, struct push_usage *usage)
{
	cleanup_dir DIR *dir = open_list(open_directory(dir_fd, id));
	const struct dirent *entry;
	size_t before = usage->count;

	while (dir && (entry = readdir(dir)) != NULL) {
		if (!is_quarantine(entry->d_name))
			continue;
		usage->count++;
		add_bytes(dirfd(dir), entry->d_name, 1, &usage->bytes);
	}
	/* Ids begin with the time. */
	if (usage->count > before && (!usage->oldest[0] || strcmp(id, usage->oldest) < 0))
		(void)snprintf(usage->oldest, sizeof(usage->oldest), "%.*s",
			       (int)PUSH_SESSION_MAX - 1, id);
}

int push_usage_read(const char *state_path, struct push_usage *ret)
{
	cleanup_fd int state = open(state_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = state < 0 ? -1 : open_directory(state, "push");
	cleanup_dir DIR *dir = NULL;
	const struct dirent *entry;

	*ret = (struct push_usage){ 0 };
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	dir = open_list(fd);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    strlen(entry->d_name) < PUSH_SESSION_MAX)
			add_session(dirfd(dir), entry->d_name, ret);
	}
	return 0;
}
