/* SPDX-License-Identifier: MIT */
/* Open directories. */
#include <errno.h>
#include <string.h>

#include "fs/mount/operations.h"
#include "fs/mount/reply.h"

/* "." and "..", which the view lists first: the kernel never counts them as looked up. */
#define DOT_ENTRIES 2u

void mount_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct view_dir *dir = NULL;
	int r = view_opendir(view_of(req), ino, &dir);

	if (r < 0) {
		reply_error(req, "opendir", r);
		return;
	}
	fi->fh = (uint64_t)(uintptr_t)dir;
	/* The kernel keeps a listing as long as the directory's mtime stays and nothing was changed
	 * through the mount. */
	fi->cache_readdir = 1;
	fi->keep_cache = 1;
	if (fuse_reply_open(req, fi) == -ENOENT)
		view_closedir(dir);
}

/* Adds the entry to buf. Returns the bytes it takes (more than room: nothing was added). */
static size_t add_entry(fuse_req_t req, char *buf, size_t room, const char *name,
			const struct fuse_entry_param *entry, uint64_t next, bool is_plus)
{
	if (is_plus)
		return fuse_add_direntry_plus(req, buf, room, name, entry, (off_t)next);
	return fuse_add_direntry(req, buf, room, name, &entry->attr, (off_t)next);
}

/* Fills buf from the entry with ordinal cursor on. Returns the bytes used or -errno. */
static ssize_t fill_listing(fuse_req_t req, struct view_dir *dir, char *buf, size_t size,
			    uint64_t cursor, bool is_plus)
{
	size_t used = 0;

	for (;;) {
		bool want_attr = is_plus && cursor >= DOT_ENTRIES;
		struct fuse_entry_param entry = { 0 };
		struct view_attr attr = { 0 };
		const char *name = NULL;
		uint64_t ino = 0;
		mode_t type = 0;
		size_t len;
		int r = view_readdir(dir, &cursor, &name, &ino, &type, &attr, want_attr);

		if (r < 0 && used == 0)
			return r;
		if (r <= 0)
			return (ssize_t)used;
		/* An entry that went away since the listing was made has no attributes: it is then
		 * given as a bare name (inode 0 for the kernel's cache), as "." and ".." are. */
		if (want_attr && attr.st.st_ino != 0) {
			entry = reply_entry_param(&attr);
		} else {
			entry.attr.st_ino = ino;
			entry.attr.st_mode = type;
			want_attr = false;
		}
		len = add_entry(req, buf + used, size - used, name, &entry, cursor, is_plus);
		if (len > size - used) {
			if (want_attr)
				view_forget(view_of(req), entry.ino, 1);
			return (ssize_t)used;
		}
		used += len;
	}
}

static void reply_listing(fuse_req_t req, size_t size, off_t offset, struct fuse_file_info *fi,
			  bool is_plus)
{
	char *buf = server_scratch(size);
	ssize_t n;

	if (!buf) {
		reply_error(req, "readdir", size > MOUNT_IO_MAX ? -EINVAL : -ENOMEM);
		return;
	}
	n = fill_listing(req, dir_of(fi), buf, size, (uint64_t)offset, is_plus);
	if (n < 0)
		reply_error(req, "readdir", (int)n);
	else
		(void)fuse_reply_buf(req, buf, (size_t)n);
}

void mount_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		   struct fuse_file_info *fi)
{
	(void)ino;
	reply_listing(req, size, offset, fi, false);
}

void mount_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		       struct fuse_file_info *fi)
{
	(void)ino;
	reply_listing(req, size, offset, fi, true);
}

void mount_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	view_closedir(dir_of(fi));
	(void)fuse_reply_err(req, 0);
}

void mount_fsyncdir(fuse_req_t req, fuse_ino_t ino, int is_data_only, struct fuse_file_info *fi)
{
	(void)ino;
	(void)is_data_only;
	(void)fi;
	reply_error(req, "fsync", view_fsync_dir(view_of(req)));
}
