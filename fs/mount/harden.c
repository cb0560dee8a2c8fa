/* SPDX-License-Identifier: MIT */
#include "fs/mount/harden.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/base/fd.h"

/* A missing 0, 1 or 2 would be filled by the next open(), and then be written to as stderr. */
static int fill_standard_fds(void)
{
	for (;;) {
		int fd = open("/dev/null", O_RDWR);

		if (fd < 0)
			return -errno;
		if (fd > 2)
			return close(fd) < 0 ? -errno : 0;
	}
}

int harden_process(const int *keep, size_t count)
{
	struct rlimit limit;
	int r;

	r = fill_standard_fds();
	if (r < 0)
		return r;
	r = fd_close_others(keep, count);
	if (r < 0)
		return r;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
#ifndef CLAUDEFS_SANITIZED
	limit = (struct rlimit){ 0, 0 };
	if (setrlimit(RLIMIT_CORE, &limit) < 0)
		return -errno;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
#endif
	(void)umask(0);
	return 0;
}

int harden_reach_as(uid_t uid, gid_t gid)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[2] = { 0 };

	/* Neither call says whether it worked; asking for an impossible id tells what is set. */
	(void)setfsgid(gid);
	(void)setfsuid(uid);
	if ((gid_t)setfsgid((gid_t)-1) != gid || (uid_t)setfsuid((uid_t)-1) != uid)
		return -EPERM;
	/* By the raw call: libcap belongs to init/. */
	if (syscall(SYS_capset, &header, none) < 0)
		return -errno;
#ifndef CLAUDEFS_SANITIZED
	/* The kernel gives /proc/PID of a process that is not dumpable to root. Where the user is
	 * root, that would open it; without, it belongs to the uid that nobody else has. */
	if (prctl(PR_SET_DUMPABLE, uid == 0 && geteuid() != 0, 0, 0, 0) < 0)
		return -errno;
#endif
	return 0;
}
