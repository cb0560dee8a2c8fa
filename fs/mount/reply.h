/* SPDX-License-Identifier: MIT */
/* Answers to the kernel: attributes and handles of the view in libfuse's shape, with the caching
 * that each of them allows. Every request gets exactly one answer. */
#ifndef CLAUDEFS_MOUNT_REPLY_H
#define CLAUDEFS_MOUNT_REPLY_H

#include "fs/mount/server.h"

/* error: 0 or a negative errno of the view; anything else is answered with EIO. operation is for
 * the daemon's log. */
void reply_error(fuse_req_t req, const char *operation, int error);

/* Attributes of the view as a directory entry of libfuse, with their time-outs. */
struct fuse_entry_param reply_entry_param(const struct view_attr *attr);
double reply_attr_timeout(const struct view_attr *attr);

/* A found, made or named entry that the view counted as one lookup: given back to the view if the
 * kernel no longer wants the answer. */
void reply_entry(fuse_req_t req, const struct view_attr *attr);
/* "No such name", which the kernel may remember for a while. */
void reply_no_entry(fuse_req_t req);
void reply_attr(fuse_req_t req, const struct view_attr *attr);

/* Takes file (released if the kernel no longer wants it). fi's caching bits are set here. */
void reply_open(fuse_req_t req, struct fuse_file_info *fi, struct view_file *file,
		bool may_keep_cache);
void reply_create(fuse_req_t req, const struct view_attr *attr, struct fuse_file_info *fi,
		  struct view_file *file);

static inline struct view_file *file_of(const struct fuse_file_info *fi)
{
	return (struct view_file *)(uintptr_t)fi->fh;
}

static inline struct view_dir *dir_of(const struct fuse_file_info *fi)
{
	return (struct view_dir *)(uintptr_t)fi->fh;
}

#endif
