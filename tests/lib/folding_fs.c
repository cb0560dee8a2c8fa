/* SPDX-License-Identifier: MIT */
#define FUSE_USE_VERSION 312
#include "tests/lib/folding_fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "tests/lib/folding_node.h"

static struct folding_node *root;
/* Held while a name is looked for and then made, moved or removed: two spellings never get in. */
static pthread_mutex_t names = PTHREAD_MUTEX_INITIALIZER;

static struct folding_node *node_of(fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? root : (struct folding_node *)(uintptr_t)ino;
}

static const char *proc_path(const struct folding_node *node, char out[32])
{
	(void)snprintf(out, 32, "/proc/self/fd/%d", node->fd);
	return out;
}

static void reply_result(fuse_req_t req, int r)
{
	(void)fuse_reply_err(req, r < 0 ? errno : 0);
}

static int get_entry(fuse_ino_t parent, const char *name, struct fuse_entry_param *entry)
{
	struct folding_node *node = NULL;
	int r;

	*entry = (struct fuse_entry_param){ 0 };
	r = folding_node_look_up(node_of(parent), name, &node, &entry->attr);
	entry->ino = (uintptr_t)node;
	return r;
}

static void reply_entry(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry;
	int r = get_entry(parent, name, &entry);

	if (r < 0)
		(void)fuse_reply_err(req, -r);
	else
		(void)fuse_reply_entry(req, &entry);
}

static void do_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	reply_entry(req, parent, name);
}

static void do_forget(fuse_req_t req, fuse_ino_t ino, uint64_t n)
{
	folding_node_forget(node_of(ino), n);
	fuse_reply_none(req);
}

static void do_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	if (fstatat(node_of(ino)->fd, "", &st, AT_EMPTY_PATH) < 0)
		reply_result(req, -1);
	else
		(void)fuse_reply_attr(req, &st, 0);
}

static int set_size(const struct folding_node *node, off_t size, const struct fuse_file_info *fi)
{
	char path[32];
	cleanup_fd int fd = -1;

	if (fi)
		return ftruncate((int)fi->fh, size);
	fd = open(proc_path(node, path), O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -1 : ftruncate(fd, size);
}

static int set_times(const struct folding_node *node, const struct stat *want, int valid)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };

	if (valid & FUSE_SET_ATTR_ATIME_NOW)
		times[0].tv_nsec = UTIME_NOW;
	else if (valid & FUSE_SET_ATTR_ATIME)
		times[0] = want->st_atim;
	if (valid & FUSE_SET_ATTR_MTIME_NOW)
		times[1].tv_nsec = UTIME_NOW;
	else if (valid & FUSE_SET_ATTR_MTIME)
		times[1] = want->st_mtim;
	return utimensat(node->fd, "", times, AT_EMPTY_PATH);
}

static void do_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *want, int valid,
		       struct fuse_file_info *fi)
{
	const struct folding_node *node = node_of(ino);
	char path[32];
	int r = 0;

	if (valid & FUSE_SET_ATTR_MODE)
		r = chmod(proc_path(node, path), want->st_mode);
	if (r == 0 && (valid & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)))
		r = fchownat(node->fd, "", valid & FUSE_SET_ATTR_UID ? want->st_uid : (uid_t)-1,
			     valid & FUSE_SET_ATTR_GID ? want->st_gid : (gid_t)-1, AT_EMPTY_PATH);
	if (r == 0 && (valid & FUSE_SET_ATTR_SIZE))
		r = set_size(node, want->st_size, fi);
	if (r == 0 && (valid & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME |
				FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW)))
		r = set_times(node, want, valid);
	if (r < 0)
		reply_result(req, r);
	else
		do_getattr(req, ino, fi);
}

static void do_readlink(fuse_req_t req, fuse_ino_t ino)
{
	char target[PATH_MAX + 1];
	ssize_t n = readlinkat(node_of(ino)->fd, "", target, PATH_MAX);

	if (n < 0) {
		reply_result(req, -1);
		return;
	}
	target[n] = '\0';
	(void)fuse_reply_readlink(req, target);
}

/* What makes an entry: mknod, mkdir, symlink, link. */
struct making {
	mode_t mode;
	dev_t device;
	const char *target;               /* of a symlink */
	const struct folding_node *other; /* a further name of this one */
};

static int make_named(int dir_fd, const char *name, const struct making *making)
{
	char path[32];

	if (making->other)
		return linkat(AT_FDCWD, proc_path(making->other, path), dir_fd, name,
			      AT_SYMLINK_FOLLOW);
	if (making->target)
		return symlinkat(making->target, dir_fd, name);
	if (S_ISDIR(making->mode))
		return mkdirat(dir_fd, name, making->mode & 07777);
	return mknodat(dir_fd, name, making->mode, making->device);
}

static void make(fuse_req_t req, fuse_ino_t parent, const char *name, const struct making *making)
{
	char spelling[NAME_MAX + 1];
	int r;

	(void)pthread_mutex_lock(&names);
	r = folding_find(node_of(parent)->fd, name, spelling);
	if (r == 0)
		r = -EEXIST;
	else if (r == -ENOENT)
		r = make_named(node_of(parent)->fd, name, making) < 0 ? -errno : 0;
	(void)pthread_mutex_unlock(&names);
	if (r < 0)
		(void)fuse_reply_err(req, -r);
	else
		reply_entry(req, parent, name);
}

static void do_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	make(req, parent, name, &(struct making){ .mode = mode, .device = device });
}

static void do_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	make(req, parent, name, &(struct making){ .mode = S_IFDIR | mode });
}

static void do_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	make(req, parent, name, &(struct making){ .target = target });
}

static void do_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	make(req, parent, name, &(struct making){ .other = node_of(ino) });
}

static void remove_entry(fuse_req_t req, fuse_ino_t parent, const char *name, int flags)
{
	char spelling[NAME_MAX + 1];
	int r;

	(void)pthread_mutex_lock(&names);
	r = folding_find(node_of(parent)->fd, name, spelling);
	if (r == 0 && unlinkat(node_of(parent)->fd, spelling, flags) < 0)
		r = -errno;
	(void)pthread_mutex_unlock(&names);
	(void)fuse_reply_err(req, -r);
}

static void do_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_entry(req, parent, name, 0);
}

static void do_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_entry(req, parent, name, AT_REMOVEDIR);
}

/* The new name is spelt as the caller says, whatever was there. */
static int move(int from_fd, const char *name, int to_fd, const char *new_name, unsigned int flags)
{
	char from[NAME_MAX + 1];
	char to[NAME_MAX + 1];
	struct stat moved;
	struct stat there;
	int r = folding_find(from_fd, name, from);

	if (r < 0)
		return r;
	r = folding_find(to_fd, new_name, to);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT || strcmp(to, new_name) == 0 || (flags & RENAME_EXCHANGE))
		return renameat2(from_fd, from, to_fd, to, flags) < 0 ? -errno : 0;
	if (fstatat(from_fd, from, &moved, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstatat(to_fd, to, &there, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (moved.st_ino == there.st_ino && moved.st_dev == there.st_dev)
		return renameat(from_fd, from, to_fd, new_name) < 0 ? -errno : 0;
	if (flags & RENAME_NOREPLACE)
		return -EEXIST;
	/* In two steps; nobody else sees what is between them. */
	if (renameat(from_fd, from, to_fd, to) < 0 || renameat(to_fd, to, to_fd, new_name) < 0)
		return -errno;
	return 0;
}

static void do_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
		      const char *new_name, unsigned int flags)
{
	int r;

	(void)pthread_mutex_lock(&names);
	r = move(node_of(parent)->fd, name, node_of(new_parent)->fd, new_name, flags);
	(void)pthread_mutex_unlock(&names);
	(void)fuse_reply_err(req, -r);
}

static void do_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	char path[32];
	int fd = open(proc_path(node_of(ino), path),
		      (fi->flags & ~(O_NOFOLLOW | O_CREAT)) | O_CLOEXEC);

	if (fd < 0) {
		reply_result(req, -1);
		return;
	}
	fi->fh = (uint64_t)fd;
	(void)fuse_reply_open(req, fi);
}

static void do_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	struct fuse_entry_param entry;
	char spelling[NAME_MAX + 1];
	int fd = -1;
	int r;

	(void)pthread_mutex_lock(&names);
	r = folding_find(node_of(parent)->fd, name, spelling);
	if (r == 0 || r == -ENOENT) {
		fd = r == 0 && (fi->flags & O_EXCL)
			     ? (errno = EEXIST, -1)
			     : openat(node_of(parent)->fd, spelling,
				      fi->flags | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode);
		r = fd < 0 ? -errno : 0;
	}
	(void)pthread_mutex_unlock(&names);
	if (r == 0)
		r = get_entry(parent, name, &entry);
	if (r < 0) {
		if (fd >= 0)
			(void)close(fd);
		(void)fuse_reply_err(req, -r);
		return;
	}
	fi->fh = (uint64_t)fd;
	(void)fuse_reply_create(req, &entry, fi);
}

static void do_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *fi)
{
	struct fuse_bufvec buffer = FUSE_BUFVEC_INIT(size);

	(void)ino;
	buffer.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
	buffer.buf[0].fd = (int)fi->fh;
	buffer.buf[0].pos = offset;
	(void)fuse_reply_data(req, &buffer, 0);
}

static void do_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
		     struct fuse_file_info *fi)
{
	ssize_t n = pwrite((int)fi->fh, data, size, offset);

	(void)ino;
	if (n < 0)
		reply_result(req, -1);
	else
		(void)fuse_reply_write(req, (size_t)n);
}

static void do_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	(void)close((int)fi->fh);
	(void)fuse_reply_err(req, 0);
}

static void do_fsync(fuse_req_t req, fuse_ino_t ino, int is_data_only, struct fuse_file_info *fi)
{
	(void)ino;
	reply_result(req, is_data_only ? fdatasync((int)fi->fh) : fsync((int)fi->fh));
}

static void do_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t len,
			 struct fuse_file_info *fi)
{
	(void)ino;
	reply_result(req, fallocate((int)fi->fh, mode, offset, len));
}

static void do_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
		     struct fuse_file_info *fi)
{
	off_t r = lseek((int)fi->fh, offset, whence);

	(void)ino;
	if (r < 0)
		reply_result(req, -1);
	else
		(void)fuse_reply_lseek(req, r);
}

static void do_copy_file_range(fuse_req_t req, fuse_ino_t ino, off_t offset,
			       struct fuse_file_info *fi, fuse_ino_t to_ino, off_t to_offset,
			       struct fuse_file_info *to_fi, size_t size, int flags)
{
	ssize_t n = copy_file_range((int)fi->fh, &offset, (int)to_fi->fh, &to_offset, size,
				    (unsigned int)flags);

	(void)ino;
	(void)to_ino;
	if (n < 0)
		reply_result(req, -1);
	else
		(void)fuse_reply_write(req, (size_t)n);
}

static void do_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs st;

	if (fstatvfs(node_of(ino)->fd, &st) < 0)
		reply_result(req, -1);
	else
		(void)fuse_reply_statfs(req, &st);
}

static DIR *dir_of(const struct fuse_file_info *fi)
{
	return (DIR *)(uintptr_t)fi->fh;
}

static void do_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	int fd = openat(node_of(ino)->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir) {
		reply_result(req, -1);
		return;
	}
	fi->fh = (uintptr_t)dir;
	(void)fuse_reply_open(req, fi);
}

static void do_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		       struct fuse_file_info *fi)
{
	DIR *dir = dir_of(fi);
	cleanup_free char *buffer = malloc(size);
	const struct dirent *entry;
	size_t used = 0;

	(void)ino;
	if (!buffer) {
		(void)fuse_reply_err(req, ENOMEM);
		return;
	}
	if (offset == 0)
		rewinddir(dir);
	else if (offset != telldir(dir))
		seekdir(dir, offset);
	while ((entry = readdir(dir)) != NULL) {
		struct stat st = { .st_ino = entry->d_ino,
				   .st_mode = (mode_t)(entry->d_type << 12) };
		size_t n = fuse_add_direntry(req, buffer + used, size - used, entry->d_name, &st,
					     telldir(dir));

		if (n > size - used)
			break;
		used += n;
	}
	(void)fuse_reply_buf(req, buffer, used);
}

static void do_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	(void)closedir(dir_of(fi));
	(void)fuse_reply_err(req, 0);
}

static void do_fsyncdir(fuse_req_t req, fuse_ino_t ino, int is_data_only, struct fuse_file_info *fi)
{
	(void)ino;
	(void)is_data_only;
	reply_result(req, fsync(dirfd(dir_of(fi))));
}

static const struct fuse_lowlevel_ops operations = {
	.copy_file_range = do_copy_file_range,
	.create = do_create,
	.fallocate = do_fallocate,
	.forget = do_forget,
	.fsync = do_fsync,
	.fsyncdir = do_fsyncdir,
	.getattr = do_getattr,
	.link = do_link,
	.lookup = do_lookup,
	.lseek = do_lseek,
	.mkdir = do_mkdir,
	.mknod = do_mknod,
	.open = do_open,
	.opendir = do_opendir,
	.read = do_read,
	.readdir = do_readdir,
	.readlink = do_readlink,
	.release = do_release,
	.releasedir = do_releasedir,
	.rename = do_rename,
	.rmdir = do_rmdir,
	.setattr = do_setattr,
	.statfs = do_statfs,
	.symlink = do_symlink,
	.unlink = do_unlink,
	.write = do_write,
};

int folding_fs_serve(int real_fd, const char *mountpoint)
{
	char name[] = "folding";
	char flag[] = "-o";
	/* Special files and set-id bits are there to be seen, as in any other directory. */
	char options[] = "fsname=folding,subtype=folding,dev,suid";
	char *argv[] = { name, flag, options, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(geteuid() == 0 ? 3 : 1, argv);
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	struct fuse_session *session;
	int r = 1;

	root = folding_node_root(real_fd);
	(void)umask(0);
	session = fuse_session_new(&args, &operations, sizeof(operations), NULL);
	if (session && config && fuse_set_signal_handlers(session) == 0) {
		if (fuse_session_mount(session, mountpoint) == 0) {
			r = fuse_session_loop_mt(session, config) < 0;
			fuse_session_unmount(session);
		}
		fuse_remove_signal_handlers(session);
	}
	if (session)
		fuse_session_destroy(session);
	fuse_loop_cfg_destroy(config);
	return r;
}
