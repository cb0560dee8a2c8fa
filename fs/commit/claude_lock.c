/* SPDX-License-Identifier: MIT */
#include "fs/commit/claude_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/journal/record.h"

#define POLL_MS 25u

/* The access time of a lock of ours: nobody else has a use for it. */
static const struct timespec mark = { .tv_sec = 0x636673, .tv_nsec = 0 };

static void sleep_ms(unsigned int ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&time, NULL);
}

/* True if the lock that is there may be taken over. */
static bool is_abandoned(int dir_fd, const char *name)
{
	uint64_t now = clock_now_ns();
	struct journal_identity identity;
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return false;
	if (st.st_atime == mark.tv_sec)
		return true;
	identity = journal_identity_of(&st);
	return now > identity.mtime_ns &&
	       now - identity.mtime_ns > CLAUDE_LOCK_STALE_MS * 1000000ull;
}

static int try_lock(int dir_fd, const char *name)
{
	struct timespec times[2] = { mark, { .tv_nsec = UTIME_NOW } };

	if (mkdirat(dir_fd, name, 0700) < 0) {
		if (errno != EEXIST)
			return -errno;
		if (!is_abandoned(dir_fd, name) || unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 ||
		    mkdirat(dir_fd, name, 0700) < 0)
			return -EBUSY;
	}
	(void)utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

int claude_lock_take(int dir_fd, const char *name, unsigned int patience_ms,
		     struct claude_lock *ret)
{
	struct claude_lock lock = CLAUDE_LOCK_NONE;
	int n = snprintf(lock.name, sizeof(lock.name), "%s.lock", name);
	unsigned int waited = 0;
	int r;

	if (n < 0 || (size_t)n >= sizeof(lock.name))
		return -ENAMETOOLONG;
	while ((r = try_lock(dir_fd, lock.name)) == -EBUSY && waited < patience_ms) {
		sleep_ms(POLL_MS);
		waited += POLL_MS;
	}
	if (r < 0)
		return r;
	lock.dir_fd = fd_open_at(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (lock.dir_fd < 0) {
		(void)unlinkat(dir_fd, lock.name, AT_REMOVEDIR);
		return lock.dir_fd;
	}
	*ret = lock;
	return 0;
}

void claude_lock_release(struct claude_lock *lock)
{
	if (lock->dir_fd < 0)
		return;
	(void)unlinkat(lock->dir_fd, lock->name, AT_REMOVEDIR);
	cleanup_close_fd(&lock->dir_fd);
}
