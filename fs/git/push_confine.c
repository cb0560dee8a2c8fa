/* SPDX-License-Identifier: MIT */
/* What the process that reads the agent's pack may still do. libgit2 parses it: a fault there must
 * not reach the person's files, network or processes. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/git/push_filter.h"
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
/* Newer than the headers of Debian 12; see linux/landlock.h of Linux 6.12. */
#define FS_TRUNCATE        (UINT64_C(1) << 14) /* version 3 */
#define FS_IOCTL_DEV       (UINT64_C(1) << 15) /* version 5 */
#define NET_ALL            UINT64_C(3)         /* version 4: bind and connect of TCP */
#define SCOPE_ALL          UINT64_C(3)         /* version 6: abstract unix sockets, signals */
#define ABI_WITH_REFER     2
#define ABI_WITH_TRUNCATE  3
#define ABI_WITH_NET       4
#define ABI_WITH_IOCTL_DEV 5
#define ABI_WITH_SCOPES    6

/* As in Linux 6.12; each kernel takes the part that its version has. */
struct ruleset_attributes {
	uint64_t handled_fs;
	uint64_t handled_net;
	uint64_t scoped;
};

#define FS_FIRST                                                          \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |     \
	 LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |     \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |     \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |     \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |   \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)
#define FS_OWN                                                          \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
	 LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR |  \
	 LANDLOCK_ACCESS_FS_MAKE_REG | FS_TRUNCATE)

static struct ruleset_attributes handled_by(long abi)
{
	struct ruleset_attributes attributes = { .handled_fs = FS_FIRST };

	if (abi >= ABI_WITH_REFER)
		attributes.handled_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= ABI_WITH_TRUNCATE)
		attributes.handled_fs |= FS_TRUNCATE;
	if (abi >= ABI_WITH_NET)
		attributes.handled_net = NET_ALL;
	if (abi >= ABI_WITH_IOCTL_DEV)
		attributes.handled_fs |= FS_IOCTL_DEV;
	if (abi >= ABI_WITH_SCOPES)
		attributes.scoped = SCOPE_ALL;
	return attributes;
}

/* A kernel without it is no reason to stop: it stands behind the filter and the limits. */
static int restrict_files(const char *path)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_path_beneath_attr own = { 0 };
	struct ruleset_attributes attributes;
	cleanup_fd int ruleset = -1;
	cleanup_fd int fd = -1;

	if (abi < 1)
		return abi == 0 || errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	attributes = handled_by(abi);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	if (ruleset < 0)
		return -errno;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	own.allowed_access = FS_OWN & attributes.handled_fs;
	own.parent_fd = fd;
	if (fd < 0 ||
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &own, 0) < 0)
		return -errno;
	return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}
#endif

int push_confine_standard(void)
{
	int r = fd_replace_standard();

#ifndef CLAUDEFS_SANITIZED /* which says there what it found */
	if (r == 0 && dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		r = -errno;
#endif
	return r;
}

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
#ifndef CLAUDEFS_SANITIZED /* it has threads and maps of its own */
	if (r == 0)
		r = push_filter_load();
#endif
#else
	(void)path;
#endif
	return r;
}
