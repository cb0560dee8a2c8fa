/* SPDX-License-Identifier: MIT */
/* chmod, chown, truncate and utimensat. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/view/attr.h"
#include "fs/view/copy_up.h"
#include "fs/view/facts.h"
#include "fs/view/host_entry.h"
#include "fs/view/write.h"

#define ATIME_BITS (VIEW_SET_ATIME | VIEW_SET_ATIME_NOW)
#define MTIME_BITS (VIEW_SET_MTIME | VIEW_SET_MTIME_NOW)

struct change {
	const struct stat *want;
	unsigned int valid;
	uint64_t process;
	/* What remains of valid once the attributes that are so already are left out. */
	bool has_mode;
	bool has_size;
	struct timespec times[2]; /* as for futimens() */
	mode_t mode;
};

static int refuse(struct view *view, struct node *node, uint64_t process, const char *operation,
		  int error)
{
	cleanup_free char *path = NULL;

	view_lock(view);
	(void)node_path(view, node, &path);
	view_unlock(view);
	return facts_refuse(view, process, operation, path, NULL, error);
}

static bool is_refused_by_rule(struct view *view, struct node *node)
{
	bool is_refused;

	view_lock(view);
	is_refused = node->entry &&
		     host_entry_verdict(view, node->entry)->write == RULE_WRITE_REFUSE;
	view_unlock(view);
	return is_refused;
}

static struct timespec wanted_time(const struct change *change, unsigned int set_bit,
				   unsigned int now_bit, struct timespec value)
{
	if (change->valid & now_bit)
		return tree_now();
	if (change->valid & set_bit)
		return value;
	return (struct timespec){ .tv_nsec = UTIME_OMIT };
}

/* What is allowed, and what of it is a change at all. current: the attributes as they are. */
static int judge(struct view *view, struct node *node, const struct stat *current,
		 struct change *change)
{
	const struct stat *want = change->want;
	unsigned int valid = change->valid;

	if (((valid & VIEW_SET_UID) && want->st_uid != current->st_uid) ||
	    ((valid & VIEW_SET_GID) && want->st_gid != current->st_gid))
		return refuse(view, node, change->process, "chown", EPERM);
	if ((valid & VIEW_SET_MODE) && (want->st_mode & VIEW_SET_ID))
		return refuse(view, node, change->process, "chmod", EPERM);
	change->mode = want->st_mode & 01777;
	change->has_mode = (valid & VIEW_SET_MODE) && change->mode != (current->st_mode & 07777);
	change->has_size = (valid & VIEW_SET_SIZE) != 0;
	change->times[0] = wanted_time(change, VIEW_SET_ATIME, VIEW_SET_ATIME_NOW, want->st_atim);
	change->times[1] = wanted_time(change, VIEW_SET_MTIME, VIEW_SET_MTIME_NOW, want->st_mtim);
	if (!change->has_mode && !change->has_size && !(valid & (ATIME_BITS | MTIME_BITS)))
		return 0;
	if (is_refused_by_rule(view, node))
		return refuse(view, node, change->process, "setattr", EROFS);
	return 1;
}

static const struct timespec *set_mtime(const struct change *change)
{
	return change->valid & MTIME_BITS ? &change->times[1] : NULL;
}

static int journal_change(struct view *view, struct node *node, const struct change *change)
{
	if (!change->has_mode && !(change->valid & MTIME_BITS))
		return 0;
	return facts_set_attr(view, change->process, node, change->has_mode ? &change->mode : NULL,
			      set_mtime(change));
}

/* A chmod or chown that changes nothing, chown(-1, -1) too, still counts as a change of status. It
 * is remembered with the node, since it is no reason to take a file from the host. */
static void touch_status(struct view *view, struct node *node)
{
	view_lock(view);
	node->ctime = tree_now();
	view_unlock(view);
}

/* Content lock held, content open as a writer. */
static int change_own_file(struct view *view, struct node *node, const struct change *change)
{
	int r = 0;

	if (change->has_size)
		r = write_truncate(view, node, change->process, (uint64_t)change->want->st_size);
	if (r < 0)
		return r;
	view_lock(view);
	r = journal_change(view, node, change);
	if (r == 0) {
		if (change->has_mode)
			node->mode = change->mode;
		node->ctime = tree_now();
	}
	view_unlock(view);
	if (r < 0 || !(change->valid & (ATIME_BITS | MTIME_BITS)))
		return r;
	return futimens(node->content.data_fd, change->times) < 0 ? -errno : 0;
}

static int change_file(struct view *view, struct node *node, struct change *change,
		       struct view_attr *ret)
{
	struct content *content = &node->content;
	int r = content_open(view, node, true);

	if (r < 0)
		return r;
	r = attr_fill_file_locked(view, node, NULL, ret);
	if (r == 0) {
		r = judge(view, node, &ret->st, change);
		if (r == 0) {
			touch_status(view, node);
			r = attr_fill_file_locked(view, node, NULL, ret);
		}
	}
	/* The credentials have no attributes to keep: what is asked for is granted and forgotten.
	 */
	if (r > 0 && content->source == CONTENT_SYNTHETIC && !change->has_size)
		r = 0;
	if (r > 0) {
		uint64_t keep = COPY_UP_ALL;

		if (change->has_size)
			keep = (uint64_t)change->want->st_size;
		/* write_truncate() copies up by itself, and knows what it cut. */
		r = change->has_size ? 0 : copy_up_file(view, node, change->process, keep);
		if (r == 0)
			r = change_own_file(view, node, change);
		if (r == 0)
			r = attr_fill_file_locked(view, node, NULL, ret);
	}
	content_close(view, node, true);
	return r;
}

/* Namespace lock held. */
static int change_own_dir(struct view *view, struct node *node, const struct change *change)
{
	int r = 0;

	if (node != view->root)
		r = journal_change(view, node, change);
	if (r < 0)
		return r;
	if (change->has_mode)
		node->mode = change->mode;
	if (change->valid & ATIME_BITS)
		node->atime = change->times[0];
	if (change->valid & MTIME_BITS)
		node->mtime = change->times[1];
	node->ctime = tree_now();
	return 0;
}

static int change_dir(struct view *view, struct node *node, struct change *change,
		      struct view_attr *ret)
{
	int r = attr_fill(view, node, NULL, ret);
	bool is_lost;

	if (r < 0)
		return r;
	if (change->valid & VIEW_SET_SIZE)
		return -EISDIR;
	r = judge(view, node, &ret->st, change);
	if (r == 0) {
		touch_status(view, node);
		return attr_fill(view, node, NULL, ret);
	}
	if (r < 0)
		return r;
	view_lock(view);
	/* With times of its own it was removed by the session while it is open. */
	is_lost = node_is_gone(view, node) && !node->is_own && !node->has_times;
	r = is_lost ? -ENOENT : copy_up_dir(view, node, change->process);
	if (r == 0)
		r = change_own_dir(view, node, change);
	view_unlock(view);
	return r < 0 ? r : attr_fill(view, node, NULL, ret);
}

int view_setattr(struct view *view, const struct view_caller *caller, uint64_t ino,
		 const struct stat *want, unsigned int valid, struct view_file *file,
		 struct view_attr *ret)
{
	struct change change = {
		.want = want,
		.valid = valid,
		.process = attribution_of(view->attribution, caller),
	};
	struct node *node;
	int r;

	(void)file; /* the node has everything, also while it has no name */
	if ((valid & VIEW_SET_SIZE) && want->st_size < 0)
		return -EINVAL;
	view_lock(view);
	node = node_find(view, ino);
	if (node)
		node_pin(node);
	view_unlock(view);
	if (!node)
		return -ENOENT;
	if (node->kind == NODE_FILE) {
		(void)pthread_mutex_lock(&node->content.lock);
		r = change_file(view, node, &change, ret);
		(void)pthread_mutex_unlock(&node->content.lock);
	} else {
		r = change_dir(view, node, &change, ret);
	}
	view_lock(view);
	node_unpin(view, node);
	view_unlock(view);
	return r;
}
