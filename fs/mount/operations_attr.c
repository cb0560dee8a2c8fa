/* SPDX-License-Identifier: MIT */
/* Attributes, extended attributes (there are none) and the file system's own numbers. */
#include <errno.h>

#include "fs/mount/operations.h"
#include "fs/mount/reply.h"

void mount_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct view_attr attr;
	int r = view_getattr(view_of(req), ino, &attr);

	(void)fi;
	if (r < 0)
		reply_error(req, "getattr", r);
	else
		reply_attr(req, &attr);
}

static const struct set_bit {
	int fuse;
	unsigned int view;
} set_bits[] = {
	{ FUSE_SET_ATTR_MODE, VIEW_SET_MODE },
	/* A change of owner or length takes set-id bits away; the kernel leaves that to us. */
	{ FUSE_SET_ATTR_UID, VIEW_SET_UID | VIEW_SET_KILL_PRIV },
	{ FUSE_SET_ATTR_GID, VIEW_SET_GID | VIEW_SET_KILL_PRIV },
	{ FUSE_SET_ATTR_SIZE, VIEW_SET_SIZE | VIEW_SET_KILL_PRIV },
	{ FUSE_SET_ATTR_ATIME, VIEW_SET_ATIME },
	{ FUSE_SET_ATTR_MTIME, VIEW_SET_MTIME },
	{ FUSE_SET_ATTR_ATIME_NOW, VIEW_SET_ATIME_NOW },
	{ FUSE_SET_ATTR_MTIME_NOW, VIEW_SET_MTIME_NOW },
	{ FUSE_SET_ATTR_CTIME, VIEW_SET_CTIME },
};

void mount_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *want, int valid,
		   struct fuse_file_info *fi)
{
	struct view_caller caller = caller_of(req);
	unsigned int bits = 0;
	struct view_attr attr;
	int r;

	for (size_t i = 0; i < sizeof(set_bits) / sizeof(set_bits[0]); i++) {
		if (valid & set_bits[i].fuse)
			bits |= set_bits[i].view;
	}
	r = view_setattr(view_of(req), &caller, ino, want, bits, fi ? file_of(fi) : NULL, &attr);
	if (r < 0)
		reply_error(req, "setattr", r);
	else
		reply_attr(req, &attr);
}

/* ENOSYS, once: the kernel then answers EOPNOTSUPP by itself, also to the question for
 * security.capability that it would otherwise send before every single write. */
void mount_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	(void)ino;
	(void)name;
	(void)size;
	(void)fuse_reply_err(req, ENOSYS);
}

void mount_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	(void)ino;
	if (size == 0)
		(void)fuse_reply_xattr(req, 0);
	else
		(void)fuse_reply_buf(req, NULL, 0);
}

/* Not ENOSYS: each attempt is a fact for the journal. */
void mount_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value,
		    size_t size, int flags)
{
	struct view_caller caller = caller_of(req);

	(void)name;
	(void)value;
	(void)size;
	(void)flags;
	reply_error(req, "setxattr",
		    view_refuse(view_of(req), &caller, "setxattr", ino, NULL, EOPNOTSUPP));
}

void mount_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	(void)ino;
	(void)name;
	(void)fuse_reply_err(req, EOPNOTSUPP);
}

void mount_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs st = { 0 };

	(void)ino;
	view_statfs(view_of(req), &st);
	(void)fuse_reply_statfs(req, &st);
}
