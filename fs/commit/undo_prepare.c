/* SPDX-License-Identifier: MIT */
#include "fs/commit/undo_prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/base/beneath.h"
#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/commit/append.h"
#include "fs/review/host_look.h"

#define OPEN_PLANTED (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* One name. */
struct step {
	const struct undoing *undoing;
	const struct intent_entry *done;
	size_t index; /* of done: pre-<index> */
	struct intent_entry *entry;
	size_t new_index; /* of entry */
};

/* What takes each of them back. */
static const enum plan_action opposites[] = {
	[PLAN_MKDIR] = PLAN_RMDIR, [PLAN_CREATE] = PLAN_DELETE, [PLAN_REPLACE] = PLAN_REPLACE,
	[PLAN_APPEND] = PLAN_CUT,  [PLAN_CUT] = PLAN_APPEND,    [PLAN_DELETE] = PLAN_CREATE,
	[PLAN_RMDIR] = PLAN_MKDIR, [PLAN_KEEP] = PLAN_KEEP,
};

/* Tells why the name is not undone. Returns 1. */
static int refuse(const struct step *step, enum commit_status status, const char *reason)
{
	sink_reject(step->undoing->sink, step->done->path, opposites[step->done->action], status,
		    reason);
	return 1;
}

static struct change_base base_of(const struct intent_after *after)
{
	return (struct change_base){
		.exists = after->exists,
		.is_directory = after->is_directory,
		.is_host_sampled = after->is_sampled,
		.identity = after->identity,
		.host_hash = after->hash,
		.size = after->identity.size,
	};
}

static int look(const struct step *step, struct host_look *ret)
{
	struct change_base base = base_of(&step->done->after);
	int r = host_look_beneath(step->undoing->root_fd, step->undoing->config_path,
				  step->done->path, &base, ret);

	if (r == -ELOOP)
		return refuse(step, COMMIT_CONFLICT, "a symlink is on the way to it on the host");
	if (r == -ENOTDIR || r == -EXDEV)
		return refuse(step, COMMIT_CONFLICT,
			      "its directory on the host is another one now");
	if (r == -EACCES || r == -EPERM)
		return refuse(step, COMMIT_FAILED, "the host's entry cannot be read");
	return r;
}

/* The host must be as the commit left it. */
static int check_host(const struct step *step)
{
	struct host_look found;
	int r = look(step, &found);

	if (r != 0)
		return r;
	if (!step->done->after.exists)
		return found.exists ? refuse(step, COMMIT_CONFLICT,
					     "the host has got an entry of this name again")
				    : 0;
	if (!found.exists)
		return refuse(step, COMMIT_CONFLICT, "removed on the host since it was committed");
	if (!found.is_base)
		return refuse(step, COMMIT_CONFLICT, "changed on the host since it was committed");
	if (S_ISREG(found.st.st_mode) && found.st.st_nlink > 1)
		return refuse(step, COMMIT_CONFLICT, "the host's file has another name too (link)");
	return 0;
}

/* A directory that is another one by now is not the commit's to remove. */
static int check_directory(const struct step *step)
{
	const struct journal_identity *left = &step->done->after.identity;
	struct host_look found;
	int r = look(step, &found);

	if (r != 0 || !found.exists)
		return r;
	if (!S_ISDIR(found.st.st_mode) || found.st.st_ino != left->ino ||
	    found.st.st_dev != left->dev)
		return refuse(step, COMMIT_CONFLICT, "another entry stands there on the host");
	return 0;
}

static int open_kept(const struct step *step)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "pre-%zu", step->index);
	return fd_open_at(step->undoing->done_fd, name, OPEN_PLANTED, 0);
}

/* Copies what was kept to a file of the new receipt (to_fd; -1: only checks it), and checks what
 * was copied. -EBADMSG: it is not what was kept. */
static int copy_kept(int from, const struct hash *hash, uint64_t size, int to_fd)
{
	struct hash found;
	off_t n;

	if (to_fd >= 0) {
		n = fd_copy(from, 0, to_fd, 0, -1);
		if (n < 0)
			return (int)n;
	}
	n = hash_file(to_fd >= 0 ? to_fd : from, &found);
	if (n < 0)
		return (int)n;
	if ((uint64_t)n != size || !hash_is_equal(&found, hash))
		return -EBADMSG;
	return to_fd >= 0 ? fd_sync(to_fd) : 0;
}

/* name: "new" or "pre". */
static int make_file(const struct step *step, const char *name)
{
	char file[32];

	(void)snprintf(file, sizeof(file), "%s-%zu", name, step->new_index);
	return fd_open_at(step->undoing->receipt_fd, file,
			  O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* The entry writes what was kept. */
static int take_kept(const struct step *step, const struct hash *hash, uint64_t size)
{
	struct intent_entry *entry = step->entry;
	cleanup_fd int from = open_kept(step);
	cleanup_fd int to = -1;
	int r;

	if (from < 0)
		return refuse(step, COMMIT_DAMAGED, "what was kept of it is gone");
	if (step->undoing->receipt_fd >= 0) {
		to = make_file(step, "new");
		if (to < 0)
			return to;
	}
	r = copy_kept(from, hash, size, to);
	if (r == -EBADMSG)
		return refuse(step, COMMIT_DAMAGED, "what was kept of it is damaged");
	if (r < 0)
		return r;
	entry->is_new = true;
	entry->content_size = size;
	entry->content_hash = *hash;
	return 0;
}

/* Bytes, mode and time as before. */
static int restore(const struct step *step)
{
	const struct intent_before *before = &step->done->before;

	if (!before->exists || !before->is_kept)
		return refuse(step, COMMIT_DAMAGED, "nothing was kept of it");
	step->entry->mode = before->mode;
	step->entry->has_mode = true;
	step->entry->mtime_ns = before->mtime_ns;
	return take_kept(step, &before->hash, before->size);
}

/* The lines as they stand in the host's file, if they do: they are kept for the undo of the undo.
 */
static int find_lines(const struct step *step)
{
	const struct intent_entry *done = step->done;
	uint64_t at = done->append_offset + done->append_newline;
	cleanup_fd int host = -1;
	cleanup_fd int to = -1;
	cleanup_hash_stream struct hash_stream *stream = hash_stream_new();
	struct hash hash;
	struct stat st;
	off_t n;

	if (!stream)
		return -ENOMEM;
	host = beneath_open(step->undoing->root_fd, done->path, OPEN_PLANTED, 0);
	if (host >= 0 && fstat(host, &st) < 0)
		return -errno;
	if (host < 0 || !S_ISREG(st.st_mode))
		return refuse(step, COMMIT_CONFLICT, "it is no longer a file on the host");
	n = hash_stream_update_fd(stream, host, (off_t)at, (off_t)done->content_size);
	if (n < 0)
		return (int)n;
	hash = hash_stream_digest(stream);
	if ((uint64_t)n != done->content_size || !hash_is_equal(&hash, &done->content_hash))
		return refuse(step, COMMIT_CONFLICT,
			      "the lines are no longer where the commit put them");
	if (step->undoing->receipt_fd < 0)
		return 0;
	to = make_file(step, "pre");
	if (to < 0)
		return to;
	n = fd_copy(host, (off_t)at, to, 0, (off_t)done->content_size);
	return n < 0 ? (int)n : fd_sync(to);
}

static int cut_lines(const struct step *step)
{
	const struct intent_entry *done = step->done;
	struct intent_entry *entry = step->entry;
	struct host_look found;
	int r = look(step, &found);

	if (r != 0)
		return r;
	if (!found.exists || !S_ISREG(found.st.st_mode))
		return refuse(step, COMMIT_CONFLICT, "it is no longer a file on the host");
	r = find_lines(step);
	if (r != 0)
		return r;
	entry->append_offset = done->append_offset;
	entry->append_newline = done->append_newline;
	entry->content_size = done->content_size;
	entry->content_hash = done->content_hash;
	entry->mtime_ns = done->before.mtime_ns;
	entry->before = (struct intent_before){
		.exists = true,
		.is_kept = true,
		.mode = found.st.st_mode & 07777u,
		.size = done->content_size,
		.mtime_ns = journal_identity_of(&found.st).mtime_ns,
		.hash = done->content_hash,
	};
	return 0;
}

/* Lines that an undo took out go to the end of what the file is now. */
static int append_lines(const struct step *step)
{
	struct host_look found;
	int r = look(step, &found);

	if (r != 0)
		return r;
	if (!found.exists || !S_ISREG(found.st.st_mode))
		return refuse(step, COMMIT_CONFLICT, "it is no longer a file on the host");
	step->entry->any_base = true;
	return take_kept(step, &step->done->content_hash, step->done->content_size);
}

static int prepare(const struct step *step)
{
	int r;

	step->entry->base = base_of(&step->done->after);
	switch (step->done->action) {
	case PLAN_MKDIR: return check_directory(step);
	case PLAN_CREATE: return check_host(step);
	case PLAN_REPLACE:
	case PLAN_DELETE: r = check_host(step); return r == 0 ? restore(step) : r;
	case PLAN_APPEND: return cut_lines(step);
	case PLAN_CUT: return append_lines(step);
	case PLAN_RMDIR:
		step->entry->mode = step->done->before.mode;
		step->entry->has_mode = step->done->before.exists;
		return check_host(step);
	case PLAN_KEEP: return 0;
	}
	return -EINVAL;
}

/* Takes back the entry that was added last, with its file. */
static void drop_last(const struct undoing *undoing, struct intent *intent)
{
	struct intent_entry *entry = &intent->entries[--intent->count];
	char name[32];

	if (undoing->receipt_fd >= 0) {
		(void)snprintf(name, sizeof(name), "new-%zu", intent->count);
		(void)unlinkat(undoing->receipt_fd, name, 0);
		(void)snprintf(name, sizeof(name), "pre-%zu", intent->count);
		(void)unlinkat(undoing->receipt_fd, name, 0);
	}
	free(entry->path);
}

/* 0: the session still counts with what the receipt did; 1: not (told, unless it was undone). */
static int check_standing(const struct step *step, size_t *undone)
{
	const struct undoing *undoing = step->undoing;
	uint64_t standing = receipts_standing(undoing->receipts, step->done->path);
	uint64_t last = receipts_last(undoing->receipts, step->done->path);

	if (standing == undoing->number || last == undoing->number)
		return 0;
	if (standing == 0 || standing < undoing->number) {
		++*undone;
		return 1;
	}
	return refuse(step, COMMIT_CONFLICT, "a later commit changed it; undo that one first");
}

int undo_prepare(const struct undoing *undoing, struct intent *intent, size_t *ret_undone)
{
	*ret_undone = 0;
	for (size_t i = undoing->done->count; i-- > 0;) {
		struct step step = {
			.undoing = undoing,
			.done = &undoing->done->entries[i],
			.index = i,
			.new_index = intent->count,
		};
		int r;

		if (step.done->status != COMMIT_APPLIED)
			continue;
		r = check_standing(&step, ret_undone);
		if (r > 0)
			continue;
		step.entry = intent_add(intent, step.done->path, opposites[step.done->action]);
		if (!step.entry)
			return -ENOMEM;
		r = prepare(&step);
		if (r < 0)
			return r;
		if (r > 0)
			drop_last(undoing, intent);
	}
	return 0;
}
