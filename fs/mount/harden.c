/* SPDX-License-Identifier: MIT */
#include "fs/mount/harden.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEEP_MAX    8u
#define SECRET_MAX  (64u << 10)
/* The block is a multiple of the page size: the NUL has its place behind the longest secret. */
#define SECRET_SIZE (SECRET_MAX + (4u << 10))

static int compare_fds(const void *a, const void *b)
{
	int left = *(const int *)a;
	int right = *(const int *)b;

	return (left > right) - (left < right);
}

/* Closes first..last by the kernel, or one by one where it has no close_range(2). */
static void close_between(unsigned int first, unsigned int last)
{
	long max;

	if (first > last)
		return;
#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, last, 0u) == 0)
		return;
#endif
	max = sysconf(_SC_OPEN_MAX);
	if (max < 0 || max > 65536)
		max = 65536;
	for (unsigned int fd = first; fd <= last && fd < (unsigned int)max; fd++)
		(void)close((int)fd);
}

static int close_stray(const int *keep, size_t count)
{
	int kept[KEEP_MAX];
	unsigned int next = 3;
	size_t n = 0;

	if (count > KEEP_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (keep[i] > 2)
			kept[n++] = keep[i];
	}
	qsort(kept, n, sizeof(kept[0]), compare_fds);
	for (size_t i = 0; i < n; i++) {
		if ((unsigned int)kept[i] < next)
			continue; /* twice in the list */
		if ((unsigned int)kept[i] > next)
			close_between(next, (unsigned int)kept[i] - 1);
		next = (unsigned int)kept[i] + 1;
	}
	close_between(next, ~0u);
	return 0;
}

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
	r = close_stray(keep, count);
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

int harden_read_secret(int fd, char **ret)
{
	char *secret =
		mmap(NULL, SECRET_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t len = 0;
	int r = 0;

	if (secret == MAP_FAILED) {
		(void)close(fd);
		return -ENOMEM;
	}
	/* Best effort: a small RLIMIT_MEMLOCK must not make the session impossible. */
	(void)mlock(secret, SECRET_SIZE);
	for (;;) {
		ssize_t n = read(fd, secret + len, SECRET_MAX + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = -errno;
		if (n <= 0)
			break;
		len += (size_t)n;
		if (len > SECRET_MAX) {
			r = -EFBIG;
			break;
		}
	}
	(void)close(fd);
	if (r < 0) {
		harden_forget_secret(secret);
		return r;
	}
	*ret = secret;
	return 0;
}

void harden_forget_secret(char *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret, SECRET_SIZE);
	(void)munmap(secret, SECRET_SIZE);
}
