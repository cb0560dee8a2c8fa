/* SPDX-License-Identifier: MIT */
#include "launcher/cgroup_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

#define TABLE_MAX (1u << 20) /* bytes of a file in /proc */
#define DEPTH_MAX 32         /* groups above each other */

static int read_table(const char *path, char **ret)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len;

	return fd < 0 ? -errno : fd_read_file(fd, TABLE_MAX, ret, &len);
}

/* word among the comma- or space-separated ones of list? */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		size_t next = strcspn(list, ", \n");

		if (next == len && strncmp(list, word, len) == 0)
			return true;
		list += next + (list[next] ? 1 : 0);
	}
	return false;
}

/* The lines of /proc/self/cgroup are "number:controllers:path". The path of the hierarchy that has
 * controller, or of the one without any (controller NULL: version 2); in table, cut behind it. */
static char *own_path(char *table, const char *controller)
{
	char *rest = NULL;

	for (char *line = strtok_r(table, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *names = strchr(line, ':');
		char *path = names ? strchr(names + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		if (controller ? has_word(names + 1, controller) : names[1] == '\0')
			return path;
	}
	return NULL;
}

/* Opens the mountpoint of the hierarchy; *path then begins there. Lines of mountinfo: 36 35 98:0
 * ROOT POINT options [tags] - TYPE SOURCE OPTIONS. */
static int open_mount(const char *controller, const char **path)
{
	cleanup_free char *table = NULL;
	char *rest = NULL;
	int r = read_table("/proc/self/mountinfo", &table);

	if (r < 0)
		return r;
	for (char *line = strtok_r(table, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char root[512], point[512], type[32], super[512];
		const char *tail = strstr(line, " - ");

		if (!tail || sscanf(line, "%*s %*s %*s %511s %511s", root, point) != 2 ||
		    sscanf(tail, " - %31s %*s %511s", type, super) != 2)
			continue;
		if (controller ? strcmp(type, "cgroup") != 0 || !has_word(super, controller)
			       : strcmp(type, "cgroup2") != 0)
			continue;
		if (strcmp(root, "/") != 0) {
			if (strncmp(*path, root, strlen(root)) != 0)
				continue;
			*path += strlen(root);
		}
		r = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return r < 0 ? -errno : r;
	}
	return -ENOENT;
}

/* The caller's own group in a hierarchy. Its path comes from the kernel. */
static int open_own(const char *controller)
{
	cleanup_free char *table = NULL;
	cleanup_fd int mount = -1;
	const char *path;
	int r = read_table("/proc/self/cgroup", &table);

	if (r < 0)
		return r;
	path = own_path(table, controller);
	if (!path)
		return -ENOENT;
	mount = open_mount(controller, &path);
	if (mount < 0)
		return mount;
	path += strspn(path, "/");
	r = openat(mount, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return r < 0 ? -errno : r;
}

static bool hands_on(int group, const char *controller)
{
	cleanup_free char *list = NULL;
	cleanup_fd int fd = openat(group, "cgroup.subtree_control", O_RDONLY | O_CLOEXEC);
	size_t len;

	return fd >= 0 && fd_read_file(fd, TABLE_MAX, &list, &len) == 0 &&
	       has_word(list, controller);
}

static int find_unified(const char *controller)
{
	cleanup_fd int group = open_own(NULL);

	if (group < 0)
		return group;
	/* Ends at the mountpoint, whose parent is no group. */
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		int parent;

		if (hands_on(group, controller))
			return steal_fd(&group);
		parent = openat(group, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (parent < 0)
			return -errno;
		(void)close(group);
		group = parent;
		if (faccessat(group, "cgroup.procs", F_OK, 0) < 0)
			break;
	}
	return -ENOENT;
}

int cgroup_find(const char *controller, bool *ret_is_unified)
{
	int r = open_own(controller);

	*ret_is_unified = r == -ENOENT;
	return r == -ENOENT ? find_unified(controller) : r;
}
