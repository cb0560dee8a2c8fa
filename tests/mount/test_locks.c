/* SPDX-License-Identifier: MIT */
/* flock and fcntl locks, which the kernel keeps by itself, across processes. */
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/mount/fixture.h"

static int open_lock_file(void)
{
	int fd = open(in_view("lock-file"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

static int flock_is_refused(void *arg)
{
	int fd = open(in_view("lock-file"), O_RDWR | O_CLOEXEC);

	(void)arg;
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 1;
	return errno == EWOULDBLOCK ? 0 : 2;
}

static int flock_is_granted(void *arg)
{
	int fd = open(in_view("lock-file"), O_RDWR | O_CLOEXEC);

	(void)arg;
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : 1;
}

static void flock_excludes_another_process_until_unlocked(void **state)
{
	int fd = open_lock_file();

	(void)state;
	assert_ok(flock(fd, LOCK_EX | LOCK_NB));
	in_child(flock_is_refused, NULL);
	assert_ok(flock(fd, LOCK_UN));
	in_child(flock_is_granted, NULL);
	/* The child's lock went with the child. */
	assert_ok(flock(fd, LOCK_EX | LOCK_NB));
	assert_ok(close(fd));
	in_child(flock_is_granted, NULL);
}

static int inherited_flock_is_the_same_lock(void *arg)
{
	int fd = *(int *)arg;

	return flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : 1;
}

static void flock_is_shared_with_a_forked_child(void **state)
{
	int fd = open_lock_file();

	(void)state;
	assert_ok(flock(fd, LOCK_EX | LOCK_NB));
	in_child(inherited_flock_is_the_same_lock, &fd);
	in_child(flock_is_refused, NULL);
	assert_ok(close(fd));
}

static int posix_lock_is_refused(void *arg)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 1 };
	struct flock found = lock;
	int fd = open(in_view("lock-file"), O_RDWR | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES))
		return 1;
	if (fcntl(fd, F_GETLK, &found) < 0 || found.l_type != F_WRLCK ||
	    found.l_pid != *(pid_t *)arg)
		return 2;
	lock.l_start = 100;
	return fcntl(fd, F_SETLK, &lock) == 0 ? 0 : 3;
}

static void posix_lock_excludes_a_child_on_its_range_only(void **state)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10 };
	pid_t self = getpid();
	int fd = open_lock_file();

	(void)state;
	assert_ok(fcntl(fd, F_SETLK, &lock));
	in_child(posix_lock_is_refused, &self);
	assert_ok(close(fd));
}

static void closing_any_descriptor_drops_posix_locks(void **state)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10 };
	pid_t self = getpid();
	int first = open_lock_file();
	int second = open_lock_file();

	(void)state;
	assert_ok(fcntl(first, F_SETLK, &lock));
	in_child(posix_lock_is_refused, &self);
	assert_ok(close(second));
	in_child(flock_is_granted, NULL);
	lock.l_type = F_UNLCK;
	assert_ok(fcntl(first, F_SETLK, &lock));
	assert_ok(close(first));
}

static void open_file_description_locks_exclude_each_other(void **state)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int first = open_lock_file();
	int second = open_lock_file();

	(void)state;
	assert_ok(fcntl(first, F_OFD_SETLK, &lock));
	assert_errno(fcntl(second, F_OFD_SETLK, &lock), EAGAIN);
	assert_ok(close(first));
	assert_ok(fcntl(second, F_OFD_SETLK, &lock));
	assert_ok(close(second));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest locks[] = {
		cmocka_unit_test(closing_any_descriptor_drops_posix_locks),
		cmocka_unit_test(flock_excludes_another_process_until_unlocked),
		cmocka_unit_test(flock_is_shared_with_a_forked_child),
		cmocka_unit_test(open_file_description_locks_exclude_each_other),
		cmocka_unit_test(posix_lock_excludes_a_child_on_its_range_only),
	};

	return fixture_run(argc, argv, NULL, locks);
}
