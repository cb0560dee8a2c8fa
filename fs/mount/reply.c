/* SPDX-License-Identifier: MIT */
#include "fs/mount/reply.h"

#include <errno.h>
#include <fcntl.h>

void reply_error(fuse_req_t req, const char *operation, int error)
{
	/* The kernel takes 0 to 511; whatever else a layer below returned is a fault of ours. */
	if (error > 0 || error < -511)
		error = -EIO;
	if (error < 0)
		daemon_log_failure(server_of(req)->log, operation, error);
	(void)fuse_reply_err(req, -error);
}

double reply_attr_timeout(const struct view_attr *attr)
{
	return attr->is_cacheable ? MOUNT_CACHE_TIMEOUT : 0.0;
}

struct fuse_entry_param reply_entry_param(const struct view_attr *attr)
{
	return (struct fuse_entry_param){
		.ino = attr->st.st_ino,
		.attr = attr->st,
		.attr_timeout = reply_attr_timeout(attr),
		.entry_timeout = MOUNT_CACHE_TIMEOUT,
	};
}

void reply_entry(fuse_req_t req, const struct view_attr *attr)
{
	struct fuse_entry_param entry = reply_entry_param(attr);
	struct view *view = view_of(req);

	/* -ENOENT: the caller was interrupted and the kernel forgot the request, so it will never
	 * forget the inode. */
	if (fuse_reply_entry(req, &entry) == -ENOENT)
		view_forget(view, attr->st.st_ino, 1);
}

void reply_no_entry(fuse_req_t req)
{
	struct fuse_entry_param entry = { .ino = 0, .entry_timeout = MOUNT_CACHE_TIMEOUT };

	(void)fuse_reply_entry(req, &entry);
}

void reply_attr(fuse_req_t req, const struct view_attr *attr)
{
	(void)fuse_reply_attr(req, &attr->st, reply_attr_timeout(attr));
}

static void prepare_open(struct fuse_file_info *fi, struct view_file *file, bool may_keep_cache)
{
	fi->fh = (uint64_t)(uintptr_t)file;
	fi->keep_cache = may_keep_cache;
	/* A reader has nothing to report at close; for a writer flush is the only hook that its
	 * close(2) waits for. */
	fi->noflush = (fi->flags & O_ACCMODE) == O_RDONLY;
}

void reply_open(fuse_req_t req, struct fuse_file_info *fi, struct view_file *file,
		bool may_keep_cache)
{
	prepare_open(fi, file, may_keep_cache);
	if (fuse_reply_open(req, fi) == -ENOENT)
		view_release(file);
}

void reply_create(fuse_req_t req, const struct view_attr *attr, struct fuse_file_info *fi,
		  struct view_file *file)
{
	struct fuse_entry_param entry = reply_entry_param(attr);
	struct view *view = view_of(req);

	prepare_open(fi, file, false);
	if (fuse_reply_create(req, &entry, fi) == -ENOENT) {
		view_release(file);
		view_forget(view, attr->st.st_ino, 1);
	}
}
