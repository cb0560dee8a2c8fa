/* SPDX-License-Identifier: MIT */
/* Temporary directories that a later test removes if this one is killed: their names hold the
 * process that they belong to. Much of them is in memory, which nobody would miss until it is full.
 */
#ifndef CLAUDEFS_TESTS_LIB_OWN_DIRECTORY_H
#define CLAUDEFS_TESTS_LIB_OWN_DIRECTORY_H

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/remove_tree.h"

/* What parent has of the kind and of processes that are gone. */
static inline void own_directory_sweep(const char *parent, const char *kind)
{
	DIR *dir = opendir(parent);
	const struct dirent *entry;
	char prefix[64];
	char path[384];

	if (!dir)
		return;
	(void)snprintf(prefix, sizeof(prefix), "claudefs-%s-", kind);
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;
		char *end = NULL;
		long pid;

		if (strncmp(name, prefix, strlen(prefix)) != 0)
			continue;
		pid = strtol(name + strlen(prefix), &end, 10);
		if (pid <= 0 || *end != '-' || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", parent, name);
		remove_tree(path);
	}
	(void)closedir(dir);
}

/* Makes parent/claudefs-<kind>-<pid>-XXXXXX; its name is in path. False: errno. */
static inline bool own_directory_make(char *path, size_t size, const char *parent, const char *kind)
{
	static bool has_swept;
	int len = snprintf(path, size, "%s/claudefs-%s-%ld-XXXXXX", parent, kind, (long)getpid());

	if (len < 0 || (size_t)len >= size) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (!has_swept)
		own_directory_sweep(parent, kind);
	has_swept = true;
	return mkdtemp(path) != NULL;
}

/* In memory, where there is such a place that can be written, else in /tmp. */
static inline const char *own_directory_in_memory(void)
{
	return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

#endif
