/* SPDX-License-Identifier: MIT */
#include "fs/commit/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/commit/append.h"
#include "fs/commit/cut.h"
#include "fs/commit/done_log.h"
#include "fs/commit/host_rename.h"
#include "fs/host/host_parent.h"
#include "fs/review/host_look.h"

static const char changed[] = "changed on the host since the session found it";

/* What stands at a name beside the target; *ret_exists. */
static int stat_name(const struct target *target, const char *name, struct stat *ret,
		     bool *ret_exists)
{
	*ret_exists = fstatat(target->dir_fd, name, ret, AT_SYMLINK_NOFOLLOW) == 0;
	return !*ret_exists && errno != ENOENT ? -errno : 0;
}

/* True if st is the file that was seen, which only was renamed since (that changes its ctime). */
static bool is_same_file(const struct stat *st, const struct stat *seen)
{
	struct journal_identity a = journal_identity_of(st);
	struct journal_identity b = journal_identity_of(seen);

	b.ctime_ns = a.ctime_ns;
	return journal_identity_is_equal(&a, &b);
}

/* True (1) if what lies under the temporary name, moved there from the target's, is what was seen
 * and kept. Times are too coarse to tell a write of the last milliseconds: the bytes count too. */
static int is_temp_kept(const struct target *target, const struct stat *seen)
{
	const struct intent_before *before = &target->entry->before;
	cleanup_fd int fd = -1;
	struct hash hash;
	struct stat st;
	off_t n;

	fd = openat(target->dir_fd, target->entry->temp,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && (errno == ELOOP || errno == ENXIO))
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!is_same_file(&st, seen))
		return 0;
	n = hash_file(fd, &hash);
	if (n < 0)
		return (int)n;
	return (uint64_t)n == before->size && hash_is_equal(&hash, &before->hash);
}

/* True (1) if the file under the temporary name is the base, moved there by an earlier try. */
static int is_temp_base(const struct target *target)
{
	const struct change_base *base = &target->entry->base;
	struct host_look look;
	struct change_base renamed = *base;
	struct stat st;
	bool exists = false;
	int r;

	r = stat_name(target, target->entry->temp, &st, &exists);
	if (r < 0 || !exists)
		return r;
	renamed.identity.ctime_ns = journal_identity_of(&st).ctime_ns;
	r = host_look_at(target->dir_fd, target->entry->temp, &renamed, &look);
	return r < 0 ? r : look.is_base;
}

static int apply_mkdir(struct target *target)
{
	struct stat parent;
	struct stat st;
	bool exists = false;
	int r;

	r = mkdirat(target->dir_fd, target->name, 0700) < 0 ? -errno : 0;
	if (r < 0 && r != -EEXIST)
		return r;
	r = stat_name(target, target->name, &st, &exists);
	if (r < 0)
		return r;
	if (!exists || !S_ISDIR(st.st_mode))
		return target_settle(target, COMMIT_CONFLICT, "the host has another entry there");
	/* Also where an earlier try came no further. */
	if (target->entry->has_mode && (st.st_mode & 0777) == 0700 &&
	    fchmodat(target->dir_fd, target->name, target->entry->mode & 0777, 0) < 0)
		return -errno;
	if (geteuid() == 0 && fstat(target->dir_fd, &parent) == 0 && st.st_uid != parent.st_uid &&
	    fchownat(target->dir_fd, target->name, parent.st_uid, parent.st_gid,
		     AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return target_finish(target);
}

static int apply_rmdir(struct target *target)
{
	struct stat st;
	bool exists = false;
	int r;

	r = stat_name(target, target->name, &st, &exists);
	if (r < 0)
		return r;
	if (!exists)
		return target_finish(target);
	if (!S_ISDIR(st.st_mode))
		return target_settle(target, COMMIT_CONFLICT, changed);
	target_describe(&target->entry->before, &st);
	if (unlinkat(target->dir_fd, target->name, AT_REMOVEDIR) < 0) {
		if (errno == ENOTEMPTY || errno == EEXIST)
			return target_settle(target, COMMIT_SKIPPED, "not empty on the host");
		return -errno;
	}
	return target_finish(target);
}

static int apply_create(struct target *target)
{
	struct stat st;
	bool exists = false;
	int r;

	target_remove_temp(target);
	r = stat_name(target, target->name, &st, &exists);
	if (r < 0)
		return r;
	if (exists) {
		r = target_is_written(target, target->name);
		if (r < 0)
			return r;
		return r == 1 ? target_finish(target)
			      : target_settle(target, COMMIT_CONFLICT,
					      "the host has got an entry of this name meanwhile");
	}
	r = target_write_temp(target, NULL);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	r = host_rename_new(target->dir_fd, target->entry->temp, target->name);
	target->is_written = r == 0;
	if (r < 0)
		target_remove_temp(target);
	if (r == -EEXIST)
		return target_settle(target, COMMIT_CONFLICT,
				     "the host has got an entry of this name meanwhile");
	return r < 0 ? r : target_finish(target);
}

/* The file is at its place already, by an earlier try. What it took the place of may still lie
 * under the temporary name: if the host had changed it at the last instant, it goes back. */
static int finish_swap(struct target *target)
{
	struct stat st;
	bool exists = false;
	int r;

	target->is_written = true;
	r = stat_name(target, target->entry->temp, &st, &exists);
	if (r < 0)
		return r;
	if (!exists)
		return target_finish(target);
	r = is_temp_base(target);
	if (r == 0)
		r = target_is_written(target, target->entry->temp);
	if (r < 0)
		return r;
	if (r == 1) {
		target_remove_temp(target);
		return target_finish(target);
	}
	r = host_rename_swap(target->dir_fd, target->entry->temp, target->name);
	if (r < 0)
		return r;
	target_remove_temp(target);
	return target_settle(target, COMMIT_CONFLICT, changed);
}

/* No exchange on this file system: the instant between look and rename stays. */
static int rename_over(struct target *target, const struct stat *seen)
{
	struct stat st;
	bool exists = false;
	int r;

	r = stat_name(target, target->name, &st, &exists);
	if (r == 0 && (!exists || !is_same_file(&st, seen)))
		r = -EAGAIN;
	if (r == 0 &&
	    renameat(target->dir_fd, target->entry->temp, target->dir_fd, target->name) < 0)
		r = -errno;
	return r;
}

/* The temporary file takes the target's place, if that is the file that was seen. Once they have
 * changed places, an error leaves both: a later try finds out which is which. */
static int swap_in(struct target *target, const struct stat *seen)
{
	const char *temp = target->entry->temp;
	int r;

	r = host_rename_swap(target->dir_fd, temp, target->name);
	if (r == -ENOTSUP)
		r = rename_over(target, seen);
	if (r < 0) {
		target_remove_temp(target);
		return r;
	}
	target->is_written = true;
	r = is_temp_kept(target, seen);
	if (r == -ENOENT || r == 1) {
		target_remove_temp(target);
		return 0;
	}
	if (r == 0) {
		r = host_rename_swap(target->dir_fd, temp, target->name);
		if (r == 0) {
			target_remove_temp(target);
			r = -EAGAIN;
		}
	}
	return r;
}

static int apply_replace(struct target *target)
{
	struct host_look look;
	int r;

	r = target_is_written(target, target->name);
	if (r < 0)
		return r;
	if (r == 1)
		return finish_swap(target);
	target_remove_temp(target);
	r = host_look_at(target->dir_fd, target->name, &target->entry->base, &look);
	if (r < 0)
		return r;
	if (!look.exists || !look.is_base || !S_ISREG(look.st.st_mode) || look.st.st_nlink > 1)
		return target_settle(target, COMMIT_CONFLICT, changed);
	r = target_keep(target, &look.st);
	if (r == 0)
		r = target_write_temp(target, &look.st);
	if (r == -ENODATA)
		return 0;
	if (r == 0)
		r = swap_in(target, &look.st);
	if (r == -EAGAIN || r == -ENOENT)
		return target_settle(target, COMMIT_CONFLICT, changed);
	return r < 0 ? r : target_finish(target);
}

/* An earlier try moved something to the temporary name. Returns 1 if it was the base and is gone
 * now, 0 if there was nothing, or it went back. */
static int finish_removal(struct target *target)
{
	struct stat st;
	bool exists = false;
	int r;

	r = stat_name(target, target->entry->temp, &st, &exists);
	if (r < 0 || !exists)
		return r;
	target->is_written = true;
	r = is_temp_base(target);
	if (r == 0) {
		r = host_rename_new(target->dir_fd, target->entry->temp, target->name);
		/* What stands there by now stays, and what was there lies beside it. */
		target->is_written = r < 0 && r != -EEXIST;
		return r;
	}
	if (r == 1)
		target_remove_temp(target);
	return r;
}

static int apply_delete(struct target *target)
{
	struct host_look look;
	int r;

	r = finish_removal(target);
	if (r < 0)
		return r;
	r = host_look_at(target->dir_fd, target->name, &target->entry->base, &look);
	if (r < 0)
		return r;
	if (!look.exists)
		return target_finish(target);
	if (!look.is_base || !S_ISREG(look.st.st_mode) || look.st.st_nlink > 1)
		return target_settle(target, COMMIT_CONFLICT, changed);
	r = target_keep(target, &look.st);
	if (r == 0) {
		r = host_rename_new(target->dir_fd, target->name, target->entry->temp);
		target->is_written = r == 0;
	}
	if (r == -EAGAIN || r == -ENOENT)
		return target_settle(target, COMMIT_CONFLICT, changed);
	if (r == 0)
		r = is_temp_kept(target, &look.st);
	if (r < 0)
		return r;
	if (r == 0) {
		r = host_rename_new(target->dir_fd, target->entry->temp, target->name);
		return r < 0 ? r : target_settle(target, COMMIT_CONFLICT, changed);
	}
	target_remove_temp(target);
	return target_finish(target);
}

static int apply_action(struct target *target)
{
	switch (target->entry->action) {
	case PLAN_MKDIR: return apply_mkdir(target);
	case PLAN_CREATE: return apply_create(target);
	case PLAN_REPLACE: return apply_replace(target);
	case PLAN_APPEND: return append_apply(target);
	case PLAN_CUT: return cut_apply(target);
	case PLAN_DELETE: return apply_delete(target);
	case PLAN_RMDIR: return apply_rmdir(target);
	case PLAN_KEEP: return target_finish(target);
	}
	return -EINVAL;
}

/* Only what the host says of this one entry, before it was written, lets the commit go on without
 * it. Anything else (no
 * space, I/O, an interrupted call) may come after the entry was written: settled as failed it would
 * be done again, and its lines be there twice. It stops, and the next try finishes the entry. */
static bool must_stop(const struct target *target, int error)
{
	static const int settled[] = {
		EACCES,    EBUSY,      EEXIST, EFBIG,   EINVAL,       EISDIR,
		ELOOP,     EMLINK,     ENOENT, ENOSYS,  ENAMETOOLONG, ENOTDIR,
		ENOTEMPTY, EOPNOTSUPP, EPERM,  ETXTBSY, EXDEV,
	};

	for (size_t i = 0; i < sizeof(settled) / sizeof(settled[0]); i++) {
		if (error == -settled[i])
			return target->is_written;
	}
	return error < 0;
}

/* The parent cannot be reached by its own name: the host has changed there. */
static int settle_lost_parent(struct target *target, int error)
{
	bool is_gone = error == -ENOENT &&
		       (target->entry->action == PLAN_DELETE ||
			target->entry->action == PLAN_RMDIR || target->entry->action == PLAN_KEEP);

	if (is_gone)
		return target_settle(target, COMMIT_APPLIED, "%s", "");
	if (error == -ENOENT)
		return target_settle(target, COMMIT_CONFLICT, "its directory is gone on the host");
	if (error == -ELOOP)
		return target_settle(target, COMMIT_CONFLICT,
				     "a symlink is on the way to it on the host");
	if (error == -ENOTDIR || error == -EXDEV)
		return target_settle(target, COMMIT_CONFLICT,
				     "its directory on the host is another one now");
	return error;
}

int apply_entry(struct run *run, size_t index)
{
	struct intent_entry *entry = &run->intent->entries[index];
	struct target target = {
		.run = run,
		.entry = entry,
		.index = index,
		.dir_fd = -1,
		.name = path_base(entry->path),
	};
	cleanup_fd int dir_fd = -1;
	int r;

	dir_fd = host_parent_open(run->root_fd, run->config_path, entry->path, &target.name);
	if (dir_fd == -ENOMEM)
		return dir_fd;
	target.dir_fd = dir_fd;
	r = dir_fd < 0 ? settle_lost_parent(&target, dir_fd) : apply_action(&target);
	if (must_stop(&target, r))
		return r;
	if (r < 0) {
		entry->error = r;
		(void)target_settle(&target, COMMIT_FAILED, "%s", strerror(-r));
	}
	r = done_log_done(run->log_fd, entry, index);
	if (r == 0)
		entry->is_done = true;
	return r;
}
