/* SPDX-License-Identifier: MIT */
/* The store of Claude Code on Linux: ~/.claude/.credentials.json. */
#include "launcher/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

#define NAME            ".credentials.json"
/* Claude Code holds this directory while it renews (2.1.330), and touches it. */
#define LOCK            ".oauth_refresh.lock"
#define LOCK_STALE_SECS 10 /* the time after which it takes over one that nobody touches */
#define LOCK_TRIES      120
#define LOCK_PAUSE_NS   (100 * 1000 * 1000)

static int open_dir(const struct host_places *places)
{
	int fd = open(places->login_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A regular file, or -errno; no link is followed. */
static int open_login(const struct host_places *places)
{
	cleanup_fd int dir_fd = open_dir(places);
	cleanup_fd int fd = -1;
	struct stat st;

	if (dir_fd < 0)
		return dir_fd;
	fd = fd_open_at(dir_fd, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? steal_fd(&fd) : -EINVAL;
}

enum login_state credentials_file_read(const struct host_places *places, struct secret **ret)
{
	cleanup_fd int fd = open_login(places);

	if (fd < 0)
		return fd == -ENOENT ? LOGIN_ABSENT : LOGIN_UNUSABLE;
	return secret_read(fd, ret) == 0 ? LOGIN_FOUND : LOGIN_UNUSABLE;
}

enum login_state credentials_file_look(const struct host_places *places)
{
	cleanup_fd int fd = open_login(places);
	struct stat st;

	if (fd < 0)
		return fd == -ENOENT ? LOGIN_ABSENT : LOGIN_UNUSABLE;
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 077))
		return LOGIN_LOCKED; /* others may read or write it: the mend says chmod */
	return st.st_size > 0 ? LOGIN_FOUND : LOGIN_ABSENT;
}

/* Keeps the host's own claude from renewing at the same moment. Best effort: one that crashed
 * leaves its lock, and a login that is not written back would be lost. */
static bool take_lock(int dir_fd)
{
	struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	struct stat st;

	for (unsigned int i = 0; i < LOCK_TRIES; i++) {
		if (mkdirat(dir_fd, LOCK, 0700) == 0)
			return true;
		if (errno != EEXIST || fstatat(dir_fd, LOCK, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    time(NULL) - st.st_mtime > LOCK_STALE_SECS)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

/* Still what it was? */
static int check_expected(int dir_fd, const struct secret *expected)
{
	cleanup_secret struct secret *now = NULL;
	cleanup_fd int fd = fd_open_at(
		dir_fd, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	r = secret_read(fd, &now);
	if (r < 0)
		return r;
	return secret_is_equal(now, expected) ? 0 : -ESTALE;
}

int credentials_file_write(const struct host_places *places, const struct secret *expected,
			   const struct secret *text)
{
	cleanup_fd int dir_fd = open_dir(places);
	bool is_locked;
	int r;

	if (dir_fd < 0)
		return dir_fd;
	is_locked = take_lock(dir_fd);
	r = check_expected(dir_fd, expected);
	if (r == 0)
		r = fd_replace_file_at(dir_fd, NAME, text->data, text->len, 0600);
	if (is_locked)
		(void)unlinkat(dir_fd, LOCK, AT_REMOVEDIR);
	return r;
}
