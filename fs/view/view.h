/* SPDX-License-Identifier: MIT */
/* A file system without FUSE: the filtered view of a ~/.claude, its overlay of session changes, and
 * the journal of both. fs/mount is a thin shell around it; unit tests call it directly.
 *
 * All functions are thread-safe, return 0 (or a count) or -errno, and never print. Inode numbers
 * are the view's own; VIEW_ROOT is the root. Names are single components from an untrusted caller.
 */
#ifndef CLAUDEFS_VIEW_VIEW_H
#define CLAUDEFS_VIEW_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include "fs/base/secret.h"
#include "fs/host/host_tree.h"
#include "fs/journal/content_store.h"
#include "fs/journal/writer.h"
#include "fs/policy/decide.h"

#define VIEW_ROOT 1u

struct view;
struct view_file; /* an open file */
struct view_dir; /* an open directory: a snapshot of its listing with its own ordinals as offsets */

/* Who asks, as the kernel says. umask is not applied here: the kernel has done so already. */
struct view_caller {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* for attribution: read from /proc of the daemon's pid namespace; 0 unknown */
};

/* Everything but credentials is borrowed for the life of the view. */
struct view_options {
	struct host_tree *host;
	struct content_store *store;
	struct journal_writer *journal;
	const struct rules *rules;
	struct project_scope *scope;
	/* Content of the synthetic .credentials.json (copied), or NULL: absent. */
	const struct secret *credentials;
	/* Called when the session wrote a login to .credentials.json: at its writer's close, when
	 * a file was renamed to that name, and at the view's end. May not call the view. May be
	 * NULL. */
	void (*on_credentials)(void *arg, const struct secret *written);
	void *credentials_arg;
	uint64_t bytes_max;  /* session quota: content bytes; 0: 8 GiB */
	uint64_t inodes_max; /* session quota: files and directories of its own; 0: 200,000 */
	uid_t uid;           /* owner shown for host files: the user */
	gid_t gid;
	bool has_foreign_owners; /* new files belong to the caller (root serves several uids), else
				    to uid/gid */
};

struct view_attr {
	struct stat st;    /* st_ino ours, st_dev 0; st_nlink counts only what is visible */
	bool is_cacheable; /* kernel may keep attributes and data for the usual time-out */
};

int view_new(const struct view_options *options, struct view **ret);
/* Seals what is open and frees. The journal's END is the caller's. */
void view_free(struct view *view);

/* Shows others from now on (NULL or empty: none), unless the session has written its own. */
void view_set_credentials(struct view *view, const struct secret *credentials);

/* Lookup counts as FUSE has them: lookup, mkdir, create, link add one; forget takes n. */
int view_lookup(struct view *view, uint64_t parent, const char *name, struct view_attr *ret);
void view_forget(struct view *view, uint64_t ino, uint64_t n);
int view_getattr(struct view *view, uint64_t ino, struct view_attr *ret);

/* valid: bits of VIEW_SET_*. file may be NULL (ftruncate gives it). */
enum view_set {
	VIEW_SET_MODE = 1u << 0,
	VIEW_SET_UID = 1u << 1,
	VIEW_SET_GID = 1u << 2,
	VIEW_SET_SIZE = 1u << 3,
	VIEW_SET_ATIME = 1u << 4,
	VIEW_SET_MTIME = 1u << 5,
	VIEW_SET_ATIME_NOW = 1u << 6,
	VIEW_SET_MTIME_NOW = 1u << 7,
	VIEW_SET_CTIME = 1u << 8,
	VIEW_SET_KILL_PRIV = 1u << 9, /* clear set-id bits on this change */
};
int view_setattr(struct view *view, const struct view_caller *caller, uint64_t ino,
		 const struct stat *want, unsigned int valid, struct view_file *file,
		 struct view_attr *ret);

int view_mkdir(struct view *view, const struct view_caller *caller, uint64_t parent,
	       const char *name, mode_t mode, struct view_attr *ret);
int view_unlink(struct view *view, const struct view_caller *caller, uint64_t parent,
		const char *name);
int view_rmdir(struct view *view, const struct view_caller *caller, uint64_t parent,
	       const char *name);
/* flags: 0 or RENAME_NOREPLACE; anything else is refused with -EINVAL and journaled. */
int view_rename(struct view *view, const struct view_caller *caller, uint64_t parent,
		const char *name, uint64_t new_parent, const char *new_name, unsigned int flags);
/* Names a nameless file (O_TMPFILE); a hard link to a named one is refused with -EPERM and
 * journaled. */
int view_link(struct view *view, const struct view_caller *caller, uint64_t ino,
	      uint64_t new_parent, const char *new_name, struct view_attr *ret);
/* Journals a refusal (symlink, mknod, setxattr, ...) and returns -error. name and ret to (may be
 * NULL). */
int view_refuse(struct view *view, const struct view_caller *caller, const char *operation,
		uint64_t parent, const char *name, int error);

/* flags as open(2): access mode, O_TRUNC, O_APPEND, O_EXCL. create: the file must not exist if
 * O_EXCL. */
int view_create(struct view *view, const struct view_caller *caller, uint64_t parent,
		const char *name, mode_t mode, int flags, struct view_attr *ret,
		struct view_file **ret_file);
int view_tmpfile(struct view *view, const struct view_caller *caller, uint64_t parent, mode_t mode,
		 int flags, struct view_attr *ret, struct view_file **ret_file);
/* *ret_may_keep_cache: content is what it was at the last open, so the kernel's pages are good. */
int view_open(struct view *view, const struct view_caller *caller, uint64_t ino, int flags,
	      struct view_file **ret_file, bool *ret_may_keep_cache);
/* Where the bytes [offset, offset+size) can be had: either one fd to splice from (*ret_fd borrowed
 * until the file is released, *ret_fd_offset, returns the count), or *ret_fd = -1 and buf was
 * filled. 0 at the end. */
ssize_t view_read(struct view_file *file, char *buf, size_t size, off_t offset, int *ret_fd,
		  off_t *ret_fd_offset);
/* All of buf or an error. is_append: offset is ignored, the end of the file is taken under the
 * lock. Set-id bits are cleared if kill_priv. */
ssize_t view_write(struct view_file *file, const struct view_caller *caller, const char *buf,
		   size_t size, off_t offset, bool is_append, bool kill_priv);
int view_fallocate(struct view_file *file, const struct view_caller *caller, int mode, off_t offset,
		   off_t len);
off_t view_lseek(struct view_file *file, off_t offset, int whence); /* SEEK_DATA, SEEK_HOLE */
/* Each close(2) of a writer: errors of earlier writes. */
int view_flush(struct view_file *file);
/* Content and journal are on disk when it returns 0; a failure is sticky for the whole journal. */
int view_fsync(struct view_file *file, bool is_data_only);
int view_fsync_dir(struct view *view);
void view_release(struct view_file *file);
uint64_t view_file_ino(const struct view_file *file);

int view_opendir(struct view *view, uint64_t ino, struct view_dir **ret);
/* The entry with ordinal *cursor (starting at 0; "." and ".." come first). Returns 1 and moves
 * *cursor, or 0 at the end. *ret_name is borrowed until the directory is closed or rewound (cursor
 * 0 lists afresh). With want_attr, *ret_attr is looked up and counted as a lookup (readdirplus);
 * ino is set always. */
int view_readdir(struct view_dir *dir, uint64_t *cursor, const char **ret_name, uint64_t *ret_ino,
		 mode_t *ret_type, struct view_attr *ret_attr, bool want_attr);
void view_closedir(struct view_dir *dir);

/* Counts the session's own usage against its quota; says nothing of the host. */
void view_statfs(struct view *view, struct statvfs *ret);

/* For tests and the daemon's own log: nodes in memory, fds held, bytes of content. */
struct view_usage {
	uint64_t nodes;
	uint64_t open_files;
	uint64_t bytes;
	uint64_t inodes;
};
void view_usage(struct view *view, struct view_usage *ret);

#endif
