/* SPDX-License-Identifier: MIT */
/* Removes a test's directory, without a process of its own: tests make and remove one per case, and
 * rm(1) took a tenth of the time of those with thousands of cases. */
#ifndef CLAUDEFS_TESTS_LIB_REMOVE_TREE_H
#define CLAUDEFS_TESTS_LIB_REMOVE_TREE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REMOVE_DEPTH_MAX 64u /* a descriptor each */

/* False if something of it is left. */
static inline bool remove_entries(int parent_fd, const char *name, unsigned int depth)
{
	int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool is_done = true;

	if (!dir) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	while (is_done && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (entry->d_type != DT_DIR && unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		is_done = depth < REMOVE_DEPTH_MAX && remove_entries(fd, entry->d_name, depth + 1);
	}
	(void)closedir(dir);
	return is_done && unlinkat(parent_fd, name, AT_REMOVEDIR) == 0;
}

/* What is deeper than this, or odd, rm takes. */
static inline void remove_tree(const char *path)
{
	pid_t pid;

	if (remove_entries(AT_FDCWD, path, 0))
		return;
	pid = fork();
	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", "--", path, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

#endif
