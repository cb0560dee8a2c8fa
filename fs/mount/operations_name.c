/* SPDX-License-Identifier: MIT */
/* Names: looking them up, making, moving and removing them. */
#include <errno.h>
#include <fcntl.h>

#include "fs/mount/operations.h"
#include "fs/mount/reply.h"

void mount_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct view_attr attr;
	int r = view_lookup(view_of(req), parent, name, &attr);

	if (r == -ENOENT)
		reply_no_entry(req);
	else if (r < 0)
		reply_error(req, "lookup", r);
	else
		reply_entry(req, &attr);
}

void mount_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	view_forget(view_of(req), ino, count);
	fuse_reply_none(req);
}

void mount_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		view_forget(view_of(req), forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

void mount_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct view_caller caller = caller_of(req);
	struct view_attr attr;
	int r = view_mkdir(view_of(req), &caller, parent, name, mode & ALLPERMS, &attr);

	if (r < 0)
		reply_error(req, "mkdir", r);
	else
		reply_entry(req, &attr);
}

/* mknod(2) of a regular file is a create that leaves nothing open; every other kind is refused. */
void mount_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	struct view_caller caller = caller_of(req);
	struct view_file *file = NULL;
	struct view_attr attr;
	int r;

	(void)rdev;
	if ((mode & S_IFMT) != S_IFREG) {
		r = view_refuse(view_of(req), &caller, "mknod", parent, name, EPERM);
		reply_error(req, "mknod", r);
		return;
	}
	r = view_create(view_of(req), &caller, parent, name, mode & ALLPERMS,
			O_WRONLY | O_CREAT | O_EXCL, &attr, &file);
	if (r < 0) {
		reply_error(req, "mknod", r);
		return;
	}
	view_release(file);
	reply_entry(req, &attr);
}

void mount_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct view_caller caller = caller_of(req);

	(void)target;
	reply_error(req, "symlink",
		    view_refuse(view_of(req), &caller, "symlink", parent, name, EPERM));
}

void mount_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent, const char *new_name)
{
	struct view_caller caller = caller_of(req);
	struct view_attr attr;
	int r = view_link(view_of(req), &caller, ino, new_parent, new_name, &attr);

	if (r < 0)
		reply_error(req, "link", r);
	else
		reply_entry(req, &attr);
}

void mount_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct view_caller caller = caller_of(req);

	reply_error(req, "unlink", view_unlink(view_of(req), &caller, parent, name));
}

void mount_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct view_caller caller = caller_of(req);

	reply_error(req, "rmdir", view_rmdir(view_of(req), &caller, parent, name));
}

void mount_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
		  const char *new_name, unsigned int flags)
{
	struct view_caller caller = caller_of(req);

	reply_error(req, "rename",
		    view_rename(view_of(req), &caller, parent, name, new_parent, new_name, flags));
}
