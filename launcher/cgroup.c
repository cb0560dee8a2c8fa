/* SPDX-License-Identifier: MIT */
#include "launcher/cgroup.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "launcher/cgroup_find.h"

#define GROUP_PREFIX "claudefs-"
#define CPU_PERIOD   100000u /* microseconds; the kernel's default */
#define REMOVE_TRIES 100     /* 10 ms each */

enum { CONTROLLER_CPU, CONTROLLER_MEMORY, CONTROLLER_PIDS, CONTROLLER_COUNT };

static const char *const controllers[CONTROLLER_COUNT] = {
	[CONTROLLER_CPU] = "cpu", [CONTROLLER_MEMORY] = "memory", [CONTROLLER_PIDS] = "pids"
};
static const char *const options[CONTROLLER_COUNT] = { [CONTROLLER_CPU] = "--cpus",
						       [CONTROLLER_MEMORY] = "--memory",
						       [CONTROLLER_PIDS] = "--pids-limit" };

static int write_file(int dir, const char *name, const char *text)
{
	cleanup_fd int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
}

static int write_number(int dir, const char *name, uint64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	return write_file(dir, name, text);
}

static int limit_cpu(int group, bool is_unified, const struct limits *limits)
{
	uint64_t quota = (uint64_t)limits->cpus_milli * CPU_PERIOD / 1000;
	char text[64];
	int r;

	if (is_unified) {
		(void)snprintf(text, sizeof(text), "%" PRIu64 " %u", quota, CPU_PERIOD);
		return write_file(group, "cpu.max", text);
	}
	r = write_number(group, "cpu.cfs_period_us", CPU_PERIOD);
	return r < 0 ? r : write_number(group, "cpu.cfs_quota_us", quota);
}

/* Swap would only make the limit soft. Kernels may lack the switch for it. */
static int limit_memory(int group, bool is_unified, const struct limits *limits)
{
	const char *swap = is_unified ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
	int r = write_number(group, is_unified ? "memory.max" : "memory.limit_in_bytes",
			     limits->memory);

	if (r == 0)
		r = write_number(group, swap, is_unified ? 0 : limits->memory);
	return r == -ENOENT ? 0 : r;
}

static int write_limit(int controller, int group, bool is_unified, const struct limits *limits)
{
	if (controller == CONTROLLER_CPU)
		return limit_cpu(group, is_unified, limits);
	if (controller == CONTROLLER_MEMORY)
		return limit_memory(group, is_unified, limits);
	return write_number(group, "pids.max", limits->pids ? limits->pids : LIMITS_PIDS_DEFAULT);
}

/* Groups of launchers that were killed: empty, and their process is gone. */
static void remove_stale(int parent)
{
	int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		cleanup_close_fd(&fd);
		return;
	}
	while ((entry = readdir(dir))) {
		const char *digits = entry->d_name + strlen(GROUP_PREFIX);
		long pid;

		if (strncmp(entry->d_name, GROUP_PREFIX, strlen(GROUP_PREFIX)) != 0 ||
		    !isdigit((unsigned char)*digits))
			continue;
		pid = strtol(digits, NULL, 10);
		if (pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
			(void)unlinkat(parent, entry->d_name, AT_REMOVEDIR);
	}
	(void)closedir(dir);
}

/* The group in parent (takes it, on success only), or the one that another controller already made
 * in the same directory. Returns an open group (borrowed) or -errno. */
static int group_in(struct cgroup *cgroup, int parent)
{
	struct cgroup_place *place = &cgroup->places[cgroup->count];
	struct stat info, other;

	if (fstat(parent, &info) < 0)
		return -errno;
	for (unsigned int i = 0; i < cgroup->count; i++) {
		if (fstat(cgroup->places[i].parent, &other) == 0 && other.st_dev == info.st_dev &&
		    other.st_ino == info.st_ino) {
			(void)close(parent);
			return cgroup->places[i].group;
		}
	}
	remove_stale(parent);
	(void)snprintf(place->name, sizeof(place->name), GROUP_PREFIX "%d", (int)getpid());
	/* Left behind by a launcher that had our process id. */
	(void)unlinkat(parent, place->name, AT_REMOVEDIR);
	if (mkdirat(parent, place->name, 0755) < 0)
		return -errno;
	place->group = openat(parent, place->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->group < 0) {
		int r = -errno;

		(void)unlinkat(parent, place->name, AT_REMOVEDIR);
		return r;
	}
	place->parent = parent;
	cgroup->count++;
	return place->group;
}

static int make_one(int controller, const struct limits *limits, struct cgroup *cgroup)
{
	bool is_unified = false;
	int parent = cgroup_find(controllers[controller], &is_unified);
	int group = parent < 0 ? parent : group_in(cgroup, parent);

	if (group < 0) {
		if (parent >= 0)
			(void)close(parent);
		return group;
	}
	return write_limit(controller, group, is_unified, limits);
}

int cgroup_make(const struct limits *limits, struct cgroup *ret)
{
	const bool is_asked[CONTROLLER_COUNT] = { [CONTROLLER_CPU] = limits->cpus_milli != 0,
						  [CONTROLLER_MEMORY] = limits->memory != 0,
						  [CONTROLLER_PIDS] = limits->pids != 0 };

	*ret = (struct cgroup){ 0 };
	for (int i = 0; i < CONTROLLER_COUNT; i++) {
		/* Of an ordinary user the kernel counts processes without a group, too. */
		bool is_vital = is_asked[i] && (i != CONTROLLER_PIDS || geteuid() == 0);
		int r = is_asked[i] || i == CONTROLLER_PIDS ? make_one(i, limits, ret) : 0;

		if (r == 0 || !is_vital)
			continue;
		message_error("%s: this user may make no control group with the %s controller here "
			      "(%s); where systemd runs, start claudefs-run by: systemd-run --user "
			      "--scope -p Delegate=yes claudefs-run ...",
			      options[i], controllers[i], strerror(-r));
		return EXIT_RUN_FAILED;
	}
	return 0;
}

int cgroup_enter(const struct cgroup *cgroup)
{
	int r = 0;

	/* "0": whoever writes it. */
	for (unsigned int i = 0; r == 0 && i < cgroup->count; i++)
		r = write_file(cgroup->places[i].group, "cgroup.procs", "0");
	return r;
}

void cgroup_remove(struct cgroup *cgroup)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (unsigned int i = 0; i < cgroup->count; i++) {
		struct cgroup_place *place = &cgroup->places[i];

		(void)close(place->group);
		for (int tries = 0; tries < REMOVE_TRIES; tries++) {
			if (unlinkat(place->parent, place->name, AT_REMOVEDIR) == 0 ||
			    errno != EBUSY)
				break;
			(void)nanosleep(&pause, NULL);
		}
		(void)close(place->parent);
	}
	cgroup->count = 0;
}
