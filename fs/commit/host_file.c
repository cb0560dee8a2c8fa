/* SPDX-License-Identifier: MIT */
#include "fs/commit/host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/text.h"
#include "fs/commit/done_log.h"
#include "fs/commit/receipt_dir.h"
#include "fs/journal/sample.h"

#define OPEN_PLANTED (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

int target_settle(struct target *target, enum commit_status status, const char *format, ...)
{
	struct intent_entry *entry = target->entry;
	va_list args;

	va_start(args, format);
	text_vformat_safe(entry->reason, sizeof(entry->reason), format, args);
	va_end(args);
	entry->status = status;
	return 0;
}

int target_open_source(const struct target *target)
{
	char name[32];
	int fd;

	if (!target->entry->is_new)
		return target->run->store
			       ? content_store_open_object(target->run->store,
							   target->entry->object, O_RDONLY)
			       : -ENOENT;
	(void)snprintf(name, sizeof(name), "new-%zu", target->index);
	fd = openat(target->run->receipt_fd, name, O_RDONLY | OPEN_PLANTED);
	return fd < 0 ? -errno : fd;
}

int target_open_host(struct target *target, int flags, struct stat *ret_st)
{
	cleanup_fd int fd = openat(target->dir_fd, target->name, O_RDWR | flags | OPEN_PLANTED);

	if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENXIO || errno == EISDIR)) {
		(void)target_settle(target, COMMIT_CONFLICT, "it is no longer a file on the host");
		return -ENODATA;
	}
	if (fd < 0 || fstat(fd, ret_st) < 0)
		return -errno;
	if (!S_ISREG(ret_st->st_mode) || ret_st->st_nlink > 1) {
		(void)target_settle(target, COMMIT_CONFLICT,
				    "the host's file is special or has another name too (link)");
		return -ENODATA;
	}
	return steal_fd(&fd);
}

int target_is_written(const struct target *target, const char *name)
{
	cleanup_fd int fd = openat(target->dir_fd, name, O_RDONLY | OPEN_PLANTED);
	struct hash hash;
	struct stat st;
	off_t n;

	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == ENXIO ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != target->entry->content_size)
		return 0;
	n = hash_file(fd, &hash);
	if (n < 0)
		return (int)n;
	return hash_is_equal(&hash, &target->entry->content_hash);
}

void target_remove_temp(const struct target *target)
{
	(void)unlinkat(target->dir_fd, target->entry->temp, 0);
}

/* The bytes, as they were planned: the session may write on while it is committed. */
static int fill_temp(struct target *target, int fd)
{
	const struct intent_entry *entry = target->entry;
	cleanup_fd int source = target_open_source(target);
	struct hash hash;
	off_t n;

	if (source == -ENOENT && !entry->is_new) {
		/* It was there when it was reviewed: a running session has removed or replaced it.
		 */
		(void)target_settle(target, COMMIT_LAPSED,
				    "the session replaced it while it was committed");
		return -ENODATA;
	}
	if (source < 0) {
		(void)target_settle(target, COMMIT_DAMAGED, "its content is gone");
		return source == -ENOENT || source == -EBADMSG ? -ENODATA : source;
	}
	n = fd_copy_sparse(source, fd, 0, (off_t)entry->content_size);
	if (n < 0)
		return (int)n;
	n = hash_file(fd, &hash);
	if (n < 0)
		return (int)n;
	if ((uint64_t)n == entry->content_size && hash_is_equal(&hash, &entry->content_hash))
		return 0;
	(void)target_settle(target, COMMIT_LAPSED,
			    "the session wrote to it again while it was committed");
	return -ENODATA;
}

/* No set-id bit is ever given, whatever a receipt says that the host had. */
static mode_t target_mode(const struct target *target, const struct stat *old)
{
	if (target->entry->has_mode)
		return target->entry->mode & 0777;
	return old ? old->st_mode & 0777 : 0600;
}

/* Never more rights than the file that is replaced had; none but the owner's for a new one. The
 * owner stays, and root makes no files of its own in another's directory. */
static int dress_temp(const struct target *target, int fd, const struct stat *old)
{
	uint64_t now = clock_now_ns();
	uint64_t mtime = target->entry->mtime_ns < now && target->entry->mtime_ns > 0
				 ? target->entry->mtime_ns
				 : now;
	struct timespec times[2] = { clock_to_timespec(now), clock_to_timespec(mtime) };
	struct stat wanted;
	struct stat st;

	if (fstat(fd, &st) < 0 || fstat(target->dir_fd, &wanted) < 0)
		return -errno;
	if (old)
		wanted = *old;
	if ((old || geteuid() == 0) && (st.st_uid != wanted.st_uid || st.st_gid != wanted.st_gid) &&
	    fchown(fd, wanted.st_uid, wanted.st_gid) < 0)
		return -errno;
	if (fchmod(fd, target_mode(target, old)) < 0)
		return -errno;
	return futimens(fd, times) < 0 ? -errno : 0;
}

int target_write_temp(struct target *target, const struct stat *old)
{
	cleanup_fd int fd = -1;
	int r;

	fd = openat(target->dir_fd, target->entry->temp,
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fill_temp(target, fd);
	if (r == 0)
		r = dress_temp(target, fd, old);
	if (r == 0)
		r = fd_sync(fd);
	if (r < 0)
		target_remove_temp(target);
	return r;
}

void target_describe(struct intent_before *before, const struct stat *st)
{
	struct journal_identity identity = journal_identity_of(st);

	*before = (struct intent_before){
		.exists = true,
		.is_directory = S_ISDIR(st->st_mode),
		.mode = st->st_mode & 07777u,
		.size = S_ISDIR(st->st_mode) ? 0 : identity.size,
		.mtime_ns = identity.mtime_ns,
	};
}

int target_keep(struct target *target, const struct stat *st)
{
	cleanup_fd int from = openat(target->dir_fd, target->name, O_RDONLY | OPEN_PLANTED);
	cleanup_fd int to = -1;
	struct journal_identity seen = journal_identity_of(st);
	struct journal_identity now;
	struct stat now_st;
	char name[32];
	off_t n;

	if (from < 0)
		return -errno;
	if (fstat(from, &now_st) < 0)
		return -errno;
	if (!S_ISREG(now_st.st_mode))
		return -EAGAIN;
	(void)snprintf(name, sizeof(name), "pre-%zu", target->index);
	/* Of a try that was cut short, or planted: nothing is written through it. */
	if (unlinkat(target->run->receipt_fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	to = receipt_dir_create_file(target->run->receipt_fd, name);
	if (to < 0)
		return to;
	target_describe(&target->entry->before, st);
	n = fd_copy(from, 0, to, 0, -1);
	if (n >= 0)
		n = hash_file(to, &target->entry->before.hash);
	if (n < 0)
		return (int)n;
	if (fsync(to) < 0 || fsync(target->run->receipt_fd) < 0 || fstat(from, &now_st) < 0)
		return -errno;
	now = journal_identity_of(&now_st);
	if (!journal_identity_is_equal(&seen, &now) || (uint64_t)n != seen.size)
		return -EAGAIN;
	target->entry->before.is_kept = true;
	/* From here on the target may be gone: only the log can tell a later try what it was. */
	return done_log_kept(target->run->log_fd, target->entry, target->index);
}

/* What can be said of the file behind fd, if it is what was written: another program may have saved
 * the name again since, and what it saved is not to be taken for the commit's by an undo. */
static int describe_file(const struct target *target, int fd, struct intent_after *after)
{
	const struct intent_entry *entry = target->entry;
	bool is_whole = entry->action == PLAN_CREATE || entry->action == PLAN_REPLACE;
	struct intent_after found = *after;
	struct hash written;
	struct stat st;
	off_t n;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	found.identity = journal_identity_of(&st);
	r = journal_hash_content(fd, found.identity.size, &found.hash, &found.is_sampled);
	if (r < 0)
		return r == -ENODATA ? 0 : r; /* shrunk again by somebody else */
	/* In this order: what is written between the two is seen by the second. */
	if (is_whole) {
		n = hash_file(fd, &written);
		if (n < 0)
			return (int)n;
		if ((uint64_t)n != entry->content_size ||
		    !hash_is_equal(&written, &entry->content_hash))
			return 0;
	}
	*after = found;
	return 0;
}

/* What stands at the name; *after as it is if that is not the commit's. */
static int describe_name(const struct target *target, struct intent_after *after)
{
	cleanup_fd int fd = -1;
	struct stat st;

	if (fstatat(target->dir_fd, target->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (target->entry->action == PLAN_KEEP) {
		after->exists = true;
		after->is_directory = S_ISDIR(st.st_mode);
	}
	if (S_ISDIR(st.st_mode) == after->is_directory && !S_ISREG(st.st_mode))
		after->identity = journal_identity_of(&st);
	if (!S_ISREG(st.st_mode) || after->is_directory)
		return 0;
	fd = openat(target->dir_fd, target->name, O_RDONLY | OPEN_PLANTED);
	/* EACCES: its mode is one by which its owner cannot read it. */
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == ENXIO || errno == EACCES
			       ? 0
			       : -errno;
	return describe_file(target, fd, after);
}

int target_finish(struct target *target)
{
	const struct intent_entry *entry = target->entry;
	struct intent_after *after = &target->entry->after;
	int r;

	target->is_written = true;
	r = fd_sync(target->dir_fd);
	if (r < 0)
		return r;
	*after = (struct intent_after){ 0 };
	/* What stands there now is not what was removed. */
	if (entry->action != PLAN_DELETE && entry->action != PLAN_RMDIR) {
		after->exists = entry->action != PLAN_KEEP;
		after->is_directory = entry->action == PLAN_MKDIR;
		r = describe_name(target, after);
	}
	return r < 0 ? r : target_settle(target, COMMIT_APPLIED, "%s", "");
}
