/* SPDX-License-Identifier: MIT */
#include "fs/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

#define OPEN_TRIES   8
#define WAIT_STEP_MS 20

/* O_NONBLOCK: a FIFO in the lock's place must not hang us. */
static int open_lock(int dir_fd, const char *name, int flags)
{
	cleanup_fd int fd = -1;
	struct stat st;

	fd = openat(dir_fd, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? steal_fd(&fd) : -EINVAL;
}

#ifdef F_OFD_SETLK
static int try_lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

static bool is_locked(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &whole) < 0 || whole.l_type != F_UNLCK;
}
#else
static int try_lock(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

/* There is no test without taking; shared, so that two testers do not see each other. */
static bool is_locked(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return true;
	(void)flock(fd, LOCK_UN);
	return false;
}
#endif

int lock_take(int dir_fd, const char *name)
{
	for (int tries = 0; tries < OPEN_TRIES; tries++) {
		cleanup_fd int fd = open_lock(dir_fd, name, O_RDWR | O_CREAT);
		struct stat locked;
		struct stat named;
		int r;

		if (fd < 0)
			return fd;
		r = try_lock(fd);
		if (r < 0)
			return r;
		/* The file may have been removed between open and lock: then nobody else would see
		 * this lock. */
		if (fstat(fd, &locked) < 0)
			return -errno;
		if (fstatat(dir_fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		    named.st_dev == locked.st_dev && named.st_ino == locked.st_ino)
			return steal_fd(&fd);
	}
	return -EBUSY;
}

int lock_wait(int dir_fd, const char *name, unsigned int ms)
{
	int fd = lock_take(dir_fd, name);

	for (unsigned int waited = 0; fd == -EBUSY && waited < ms; waited += WAIT_STEP_MS) {
		(void)poll(NULL, 0, WAIT_STEP_MS);
		fd = lock_take(dir_fd, name);
	}
	return fd;
}

bool lock_is_held(int dir_fd, const char *name)
{
	cleanup_fd int fd = open_lock(dir_fd, name, O_RDONLY);

	if (fd < 0)
		return fd != -ENOENT;
	return is_locked(fd);
}
