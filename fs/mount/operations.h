/* SPDX-License-Identifier: MIT */
/* The FUSE operations: each one translates a request into one call of the view and its result into
 * one reply. No decision is made here. */
#ifndef CLAUDEFS_MOUNT_OPERATIONS_H
#define CLAUDEFS_MOUNT_OPERATIONS_H

#include "fs/mount/server.h"

extern const struct fuse_lowlevel_ops mount_operations;

/* operations_name.c: names and what is refused under them */
void mount_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void mount_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count);
void mount_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets);
void mount_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void mount_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void mount_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void mount_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent, const char *new_name);
void mount_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void mount_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void mount_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
		  const char *new_name, unsigned int flags);

/* operations_attr.c: attributes, extended attributes, statfs */
void mount_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mount_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *want, int valid,
		   struct fuse_file_info *fi);
void mount_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void mount_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void mount_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value,
		    size_t size, int flags);
void mount_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);
void mount_statfs(fuse_req_t req, fuse_ino_t ino);

/* operations_file.c: open files */
void mount_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		  struct fuse_file_info *fi);
void mount_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mount_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		struct fuse_file_info *fi);
void mount_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t offset,
		 struct fuse_file_info *fi);
void mount_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mount_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mount_fsync(fuse_req_t req, fuse_ino_t ino, int is_data_only, struct fuse_file_info *fi);
void mount_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length,
		     struct fuse_file_info *fi);
void mount_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
		 struct fuse_file_info *fi);

/* operations_dir.c: open directories */
void mount_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mount_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		   struct fuse_file_info *fi);
void mount_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		       struct fuse_file_info *fi);
void mount_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mount_fsyncdir(fuse_req_t req, fuse_ino_t ino, int is_data_only, struct fuse_file_info *fi);

#endif
