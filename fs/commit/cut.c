/* SPDX-License-Identifier: MIT */
#include "fs/commit/cut.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/commit/append.h"
#include "fs/commit/done_log.h"
#include "fs/commit/host_rename.h"

#define OPEN_PLANTED (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static const char moved[] = "the lines are no longer where the commit put them";

/* Where the lines stand. */
static uint64_t place_of(const struct intent_entry *entry)
{
	return entry->append_offset + entry->append_newline;
}

static int open_lines(const struct target *target)
{
	const struct intent_entry *entry = target->entry;
	cleanup_fd int fd = -1;
	struct hash hash;
	char name[32];
	off_t n;

	(void)snprintf(name, sizeof(name), "pre-%zu", target->index);
	fd = fd_open_at(target->run->receipt_fd, name, O_RDONLY | OPEN_PLANTED, 0);
	if (fd < 0)
		return fd == -ENOENT ? -EBADMSG : fd;
	n = hash_file(fd, &hash);
	if (n < 0)
		return (int)n;
	if ((uint64_t)n != entry->content_size || !hash_is_equal(&hash, &entry->content_hash))
		return -EBADMSG;
	return steal_fd(&fd);
}

/* While we hold a lease nobody else has the file open, and who opens it waits. Its signal is one
 * that nobody dies of. -EBUSY: somebody has it open. Where there are no leases (or not for us) we
 * go on without. */
static int take_lease(int fd)
{
#ifdef __linux__
	if (fcntl(fd, F_SETSIG, SIGURG) < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		return errno == EAGAIN ? -EBUSY : 0;
#else
	(void)fd;
#endif
	return 0;
}

static void release_lease(int fd)
{
#ifdef __linux__
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
#else
	(void)fd;
#endif
}

/* Nothing has happened to the file since it was looked at. */
static int check_same(int fd, const struct stat *seen)
{
	struct journal_identity a = journal_identity_of(seen);
	struct journal_identity b;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	b = journal_identity_of(&st);
	return journal_identity_is_equal(&a, &b) ? 0 : -EAGAIN;
}

/* The usual case: nothing follows. */
static int cut_end(struct target *target, int fd, const struct stat *st)
{
	const struct intent_entry *entry = target->entry;
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
				     clock_to_timespec(entry->mtime_ns) };
	int r;

	r = take_lease(fd);
	if (r == 0)
		r = check_same(fd, st);
	if (r < 0)
		return r;
	if (ftruncate(fd, (off_t)entry->append_offset) < 0)
		return -errno;
	target->is_written = true;
	if (entry->mtime_ns > 0 && entry->mtime_ns < clock_now_ns())
		(void)futimens(fd, times);
	return fd_sync(fd);
}

/* The file without the lines, beside it. The newline in front of them stays: others go on there. */
static int write_rest(const struct target *target, int fd, const struct stat *st)
{
	const struct intent_entry *entry = target->entry;
	uint64_t from = place_of(entry) + entry->content_size;
	struct timespec times[2] = { st->st_atim, st->st_mtim };
	cleanup_fd int temp = fd_open_at(target->dir_fd, entry->temp,
					 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat now;
	off_t n;

	if (temp < 0)
		return temp;
	n = fd_copy(fd, 0, temp, 0, (off_t)place_of(entry));
	if (n >= 0)
		n = fd_copy(fd, (off_t)from, temp, (off_t)place_of(entry), -1);
	if (n < 0)
		return (int)n;
	if (fstat(temp, &now) < 0 ||
	    ((now.st_uid != st->st_uid || now.st_gid != st->st_gid) &&
	     fchown(temp, st->st_uid, st->st_gid) < 0) ||
	    fchmod(temp, st->st_mode & 0777) < 0 || futimens(temp, times) < 0)
		return -errno;
	return fd_sync(temp);
}

/* True (1) if name is the file that fd is. */
static int is_file(const struct target *target, const char *name, const struct stat *st)
{
	struct stat found;

	if (fstatat(target->dir_fd, name, &found, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return found.st_dev == st->st_dev && found.st_ino == st->st_ino;
}

static int swap_in(struct target *target, int fd, const struct stat *st)
{
	const char *temp = target->entry->temp;
	int r;

	r = take_lease(fd);
	if (r == 0)
		r = check_same(fd, st);
	if (r == 0)
		r = is_file(target, target->name, st);
	if (r <= 0)
		return r < 0 ? r : -EAGAIN;
	r = host_rename_swap(target->dir_fd, temp, target->name);
	target->is_written = r == 0;
	if (r == -ENOTSUP)
		return renameat(target->dir_fd, temp, target->dir_fd, target->name) < 0 ? -errno
											: 0;
	if (r < 0)
		return r;
	r = is_file(target, temp, st);
	if (r == 0) {
		r = host_rename_swap(target->dir_fd, temp, target->name);
		return r < 0 ? r : -EAGAIN;
	}
	return r < 0 ? r : 0;
}

/* Others have appended behind the lines. */
static int cut_middle(struct target *target, int fd, const struct stat *st)
{
	int r = write_rest(target, fd, st);

	if (r == 0)
		r = swap_in(target, fd, st);
	target_remove_temp(target);
	return r;
}

static int cut(struct target *target, int fd, const struct stat *st)
{
	const struct intent_entry *entry = target->entry;
	bool is_end = (uint64_t)st->st_size == place_of(entry) + entry->content_size;
	int r = is_end ? cut_end(target, fd, st) : cut_middle(target, fd, st);

	/* Also against ourselves: the result is opened to be described. */
	release_lease(fd);
	if (r == -EAGAIN)
		return target_settle(target, COMMIT_CONFLICT, "the host was writing to it");
	if (r == -EBUSY)
		return target_settle(target, COMMIT_CONFLICT,
				     "another program has it open; end that, then undo again");
	return r < 0 ? r : target_finish(target);
}

int cut_apply(struct target *target)
{
	struct intent_entry *entry = target->entry;
	cleanup_fd int lines = open_lines(target);
	cleanup_fd int fd = -1;
	struct stat st;
	int r;

	if (lines == -EBADMSG)
		return target_settle(target, COMMIT_DAMAGED, "the lines kept of it are damaged");
	if (lines < 0)
		return lines;
	target_remove_temp(target);
	fd = target_open_host(target, 0, &st);
	if (fd < 0)
		return fd == -ENODATA ? 0 : fd;
	r = append_is_block_at(fd, place_of(entry), lines, 0, entry->content_size);
	if (r < 0)
		return r;
	/* Gone already, by an earlier try. */
	if (r == 0)
		return entry->has_started ? target_finish(target)
					  : target_settle(target, COMMIT_CONFLICT, moved);
	if (!entry->has_started) {
		r = done_log_start(target->run->log_fd, entry, target->index);
		if (r < 0)
			return r;
		entry->has_started = true;
	}
	return cut(target, fd, &st);
}
