/* SPDX-License-Identifier: MIT */
/* Open files. */
#include <errno.h>
#include <fcntl.h>

#include "fs/base/fd.h"
#include "fs/mount/operations.h"
#include "fs/mount/reply.h"

/* Below this many bytes a copy is cheaper than setting up a pipe. */
#define SPLICE_MIN (64u << 10)

void mount_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		  struct fuse_file_info *fi)
{
	struct view_caller caller = caller_of(req);
	struct view_file *file = NULL;
	struct view_attr attr;
	int r = view_create(view_of(req), &caller, parent, name, mode & ALLPERMS, fi->flags, &attr,
			    &file);

	if (r < 0)
		reply_error(req, "create", r);
	else
		reply_create(req, &attr, fi, file);
}

void mount_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct view_caller caller = caller_of(req);
	struct view_file *file = NULL;
	bool may_keep_cache = false;
	int r = view_open(view_of(req), &caller, ino, fi->flags, &file, &may_keep_cache);

	if (r < 0)
		reply_error(req, "open", r);
	else
		reply_open(req, fi, file, may_keep_cache);
}

void mount_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		struct fuse_file_info *fi)
{
	char *buf = server_scratch(size);
	off_t fd_offset = 0;
	int fd = -1;
	ssize_t n;

	(void)ino;
	if (!buf) {
		reply_error(req, "read", size > MOUNT_IO_MAX ? -EINVAL : -ENOMEM);
		return;
	}
	n = view_read(file_of(fi), buf, size, offset, &fd, &fd_offset);
	if (n > 0 && fd >= 0 && (size_t)n >= SPLICE_MIN) {
		struct fuse_bufvec vec = FUSE_BUFVEC_INIT((size_t)n);

		vec.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
		vec.buf[0].fd = fd;
		vec.buf[0].pos = fd_offset;
		(void)fuse_reply_data(req, &vec, 0);
		return;
	}
	if (n > 0 && fd >= 0)
		n = fd_pread_all(fd, buf, (size_t)n, fd_offset);
	if (n < 0)
		reply_error(req, "read", (int)n);
	else
		(void)fuse_reply_buf(req, buf, (size_t)n);
}

void mount_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t offset,
		 struct fuse_file_info *fi)
{
	struct view_caller caller = caller_of(req);
	/* Pages of a shared mapping come back with their own offset, whatever the file was opened
	 * with, and without a caller. */
	bool is_append = (fi->flags & O_APPEND) && !fi->writepage;
	ssize_t n = view_write(file_of(fi), &caller, buf, size, offset, is_append, true);

	(void)ino;
	if (n < 0)
		reply_error(req, "write", (int)n);
	else
		(void)fuse_reply_write(req, (size_t)n);
}

void mount_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	reply_error(req, "close", view_flush(file_of(fi)));
}

void mount_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	view_release(file_of(fi));
	(void)fuse_reply_err(req, 0);
}

void mount_fsync(fuse_req_t req, fuse_ino_t ino, int is_data_only, struct fuse_file_info *fi)
{
	(void)ino;
	reply_error(req, "fsync", view_fsync(file_of(fi), is_data_only != 0));
}

void mount_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length,
		     struct fuse_file_info *fi)
{
	struct view_caller caller = caller_of(req);

	(void)ino;
	reply_error(req, "fallocate", view_fallocate(file_of(fi), &caller, mode, offset, length));
}

void mount_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
		 struct fuse_file_info *fi)
{
	off_t found = view_lseek(file_of(fi), offset, whence);

	(void)ino;
	if (found < 0)
		reply_error(req, "lseek", (int)found);
	else
		(void)fuse_reply_lseek(req, found);
}
