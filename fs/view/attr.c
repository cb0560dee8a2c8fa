/* SPDX-License-Identifier: MIT */
#include "fs/view/attr.h"

#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/view/closed_dir.h"
#include "fs/view/host_entry.h"
#include "fs/view/secret_file.h"

#define DIR_SIZE     4096 /* bytes shown for every directory: its real size tells of hidden names */
#define RACY_SECONDS 1    /* a directory that changed so lately may change again unnoticed */

static bool is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

static struct timespec later_of(struct timespec a, struct timespec b)
{
	return is_later(a, b) ? a : b;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

struct count {
	nlink_t found;
	nlink_t enough; /* 0: the host does not say how many there are */
};

static int count_dir(const char *name, mode_t type, void *arg)
{
	struct count *count = arg;

	(void)name;
	if (type != S_IFDIR)
		return 0;
	count->found++;
	return count->enough != 0 && count->found == count->enough;
}

/* Visible subdirectories on the host that the session has not taken over. Where the host counts
 * links, a directory without subdirectories costs nothing; else the answer is kept until the
 * directory changes. Namespace lock held. */
static uint32_t count_host_subdirs(struct view *view, struct node *dir, const char *path)
{
	const struct stat *st = &dir->content.host_st;
	struct count count = { .enough = st->st_nlink > 2 ? st->st_nlink - 2 : 0 };
	bool is_fresh = dir->host_subdirs.is_valid &&
			dir->host_subdirs.epoch == view->policy_epoch &&
			dir->host_subdirs.covers == dir->covers &&
			is_same_time(dir->host_subdirs.mtime, st->st_mtim) &&
			is_same_time(dir->host_subdirs.ctime, st->st_ctim);

	if (st->st_nlink == 2)
		return 0;
	if (is_fresh)
		return dir->host_subdirs.count;
	(void)host_entry_list(view, dir, path, count_dir, &count);
	dir->host_subdirs.count = (uint32_t)count.found;
	dir->host_subdirs.mtime = st->st_mtim;
	dir->host_subdirs.ctime = st->st_ctim;
	dir->host_subdirs.epoch = view->policy_epoch;
	dir->host_subdirs.covers = dir->covers;
	dir->host_subdirs.is_valid = tree_now().tv_sec - st->st_mtim.tv_sec > RACY_SECONDS;
	return dir->host_subdirs.count;
}

/* The host's stat of a directory that shows through; a directory with changes of the session in it
 * outlives the host's. */
static int refresh_dir(struct view *view, struct node *node, const char *path,
		       const struct stat *fresh)
{
	struct stat st;
	int r;

	if (fresh && S_ISDIR(fresh->st_mode))
		return 0; /* tree_resolve() has stored it */
	if (node == view->root && node->is_own)
		return 0;
	r = host_tree_stat(view->options.host, path, &st);
	if (r == 0 && S_ISDIR(st.st_mode))
		node->content.host_st = st;
	else if (!node->is_own && !node->has_times && !node->first)
		return r < 0 ? r : -ENOENT;
	return 0;
}

/* host: the host's stat, with the times that may be seen. */
static void fill_dir_times(const struct node *node, const struct stat *host, struct stat *st)
{
	if (!node->has_times) {
		st->st_atim = host->st_atim;
		st->st_mtim = host->st_mtim;
		st->st_ctim = later_of(host->st_ctim, node->ctime);
		return;
	}
	st->st_atim = node->atime;
	st->st_mtim = node->mtime;
	st->st_ctim = node->ctime;
	/* The kernel keeps its listing of a directory until the times change, so a change by the
	 * host must show. */
	if (node->is_merged && !node->is_own) {
		if (is_later(host->st_mtim, st->st_mtim))
			st->st_mtim = host->st_mtim;
		if (is_later(host->st_ctim, st->st_ctim))
			st->st_ctim = host->st_ctim;
	}
}

static int fill_dir(struct view *view, struct node *node, const struct stat *fresh,
		    struct view_attr *ret)
{
	struct stat *st = &ret->st;
	struct stat host;
	cleanup_free char *path = NULL;
	int r = node_path(view, node, &path);

	if (r == -ENOENT && !node->is_own && !node->has_times)
		return -ESTALE; /* gone on the host: a new lookup finds what there is now */
	if (r < 0 && r != -ENOENT)
		return r;
	if (path && node->is_merged) {
		r = refresh_dir(view, node, path, fresh);
		if (r < 0)
			return r;
	}
	st->st_mode = S_IFDIR | (node->is_own ? node->mode : node->content.host_st.st_mode & 01777);
	st->st_uid = node->is_own ? node->uid : view->options.uid;
	st->st_gid = node->is_own ? node->gid : view->options.gid;
	st->st_size = DIR_SIZE;
	st->st_blocks = DIR_SIZE / 512;
	st->st_nlink = path ? 2 + (nlink_t)node->own_subdirs : 0;
	if (path && node->is_merged)
		st->st_nlink += count_host_subdirs(view, node, path);
	host = node->content.host_st;
	if (path && node->is_merged && !node->is_own)
		closed_dir_times(view, node, path, &host);
	fill_dir_times(node, &host, st);
	return 0;
}

/* Times and blocks of an own file are its object's. */
static int fill_own_file(struct view *view, struct node *node, struct stat *st)
{
	const struct content *content = &node->content;
	struct stat object;
	int r = 0;

	if (content->data_fd >= 0)
		r = fstat(content->data_fd, &object) < 0 ? -errno : 0;
	else
		r = content_store_stat(view->options.store, content->object, &object);
	if (r < 0)
		return r;
	st->st_size = (off_t)content->size;
	st->st_blocks = (blkcnt_t)((content->prefix + 511) / 512) + object.st_blocks;
	st->st_atim = object.st_atim;
	st->st_mtim = object.st_mtim;
	st->st_ctim = object.st_ctim;
	view_lock(view);
	st->st_mode = S_IFREG | node->mode;
	st->st_uid = node->uid;
	st->st_gid = node->gid;
	if (is_later(node->ctime, st->st_ctim))
		st->st_ctim = node->ctime;
	view_unlock(view);
	return 0;
}

static int fill_clean_file(struct view *view, struct node *node, const struct stat *fresh,
			   struct stat *st)
{
	struct content *content = &node->content;
	const struct stat *host = &content->host_st;
	int r;

	r = content_refresh(view, node, fresh && S_ISREG(fresh->st_mode) ? fresh : NULL);
	if (r < 0)
		return r;
	st->st_uid = view->options.uid;
	st->st_gid = view->options.gid;
	st->st_size = (off_t)content_size(view, content);
	st->st_blocks = (st->st_size + 511) / 512;
	if (content->source == CONTENT_SYNTHETIC) {
		/* In memory: there is no file whose times could be shown. */
		st->st_mode = S_IFREG | 0600;
		(void)secret_file_lock_shown(view);
		st->st_mtim = view->credentials_time;
		secret_file_unlock_shown(view);
		st->st_atim = st->st_mtim;
		st->st_ctim = st->st_mtim;
		return 0;
	}
	st->st_mode = S_IFREG | (host->st_mode & 0777);
	st->st_atim = host->st_atim;
	st->st_mtim = host->st_mtim;
	/* Removed while open, or given the mode that it had: the host knows nothing of it. */
	st->st_ctim = later_of(host->st_ctim, node->ctime);
	return 0;
}

int attr_fill_file_locked(struct view *view, struct node *node, const struct stat *fresh,
			  struct view_attr *ret)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	r = node->is_own ? fill_own_file(view, node, &ret->st)
			 : fill_clean_file(view, node, fresh, &ret->st);
	view_lock(view);
	ret->st.st_nlink = node->entry ? 1 : 0;
	view_unlock(view);
	ret->st.st_ino = node->ino;
	ret->st.st_blksize = 4096;
	ret->is_cacheable = true;
	return r;
}

int attr_fill(struct view *view, struct node *node, const struct stat *fresh, struct view_attr *ret)
{
	int r;

	if (node->kind == NODE_FILE) {
		(void)pthread_mutex_lock(&node->content.lock);
		r = attr_fill_file_locked(view, node, fresh, ret);
		(void)pthread_mutex_unlock(&node->content.lock);
		return r;
	}
	memset(ret, 0, sizeof(*ret));
	view_lock(view);
	r = fill_dir(view, node, fresh, ret);
	view_unlock(view);
	ret->st.st_ino = node->ino;
	ret->st.st_blksize = 4096;
	ret->is_cacheable = true;
	return r;
}
