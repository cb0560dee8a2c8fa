/* SPDX-License-Identifier: MIT */
/* What the process that reads the agent's pack may still do. libgit2 parses it: a fault there must
 * not reach the person's files. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#ifdef __linux__
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "fs/base/cleanup.h"
#include "fs/git/push_quarantine.h"

/* Above the largest object, for deltas, indexes and libgit2's windows. */
#define MEMORY_BASE (UINT64_C(1) << 30)

static int limit(int which, uint64_t value)
{
	struct rlimit limit;

	if (getrlimit(which, &limit) < 0)
		return -errno;
	if (limit.rlim_max > value)
		limit.rlim_max = value;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(which, &limit) < 0 ? -errno : 0;
}

#ifdef __linux__
#define LANDLOCK_ALL                                                      \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |     \
	 LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |     \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |     \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |     \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |   \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)
#define LANDLOCK_OWN                                                    \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
	 LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR |  \
	 LANDLOCK_ACCESS_FS_MAKE_REG)

/* A kernel without it is no reason to stop: it stands behind the limits, not instead. */
static int restrict_files(const char *path)
{
	struct landlock_ruleset_attr attributes = { .handled_access_fs = LANDLOCK_ALL };
	struct landlock_path_beneath_attr own = { .allowed_access = LANDLOCK_OWN };
	cleanup_fd int ruleset =
		(int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	cleanup_fd int fd = -1;

	if (ruleset < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	own.parent_fd = fd;
	if (fd < 0 ||
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &own, 0) < 0)
		return -errno;
	return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}
#endif

int push_confine(const char *path, const struct push_limits *limits)
{
	int r = limit(RLIMIT_CORE, 0);

	if (r == 0)
		r = limit(RLIMIT_CPU, limits->seconds);
	/* Twice the pack: the index, and the bases that libgit2 appends. */
	if (r == 0)
		r = limit(RLIMIT_FSIZE, 2 * limits->pack_bytes);
#ifndef CLAUDEFS_SANITIZED /* a sanitizer's shadow is larger than any limit */
	if (r == 0)
		r = limit(RLIMIT_AS, MEMORY_BASE + 4 * limits->object_bytes + limits->pack_bytes);
#endif
#ifdef __linux__
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	if (r == 0)
		r = restrict_files(path);
#else
	(void)path;
#endif
	return r;
}
