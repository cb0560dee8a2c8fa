/* SPDX-License-Identifier: MIT */
/* Whole reads, whole writes, copies and durable replacement on file descriptors.
 * Every function here retries EINTR and short counts; none follows a path of more than one
 * component. */
#ifndef CLAUDEFS_BASE_FD_H
#define CLAUDEFS_BASE_FD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Writes all of buf. Returns 0 or -errno; on failure an unknown part was written. */
int fd_write_all(int fd, const void *buf, size_t len);
int fd_pwrite_all(int fd, const void *buf, size_t len, off_t offset);

/* Reads until len bytes or the end of the file. Returns the number of bytes or -errno. */
ssize_t fd_pread_all(int fd, void *buf, size_t len, off_t offset);

/* Reads the whole file from offset 0. *ret (ret_, NUL added behind the data) and *ret_len.
 * Returns 0, -EFBIG (more than max bytes), -ENOMEM or -errno. */
int fd_read_file(int fd, size_t max, char **ret, size_t *ret_len);

/* The same for one file name in a directory; O_NOFOLLOW, and only a regular file (-EINVAL
 * otherwise). */
int fd_read_file_at(int dir_fd, const char *name, size_t max, char **ret, size_t *ret_len);

/* Copies len bytes (or, with len < 0, to the end) from src at src_offset to dst at dst_offset: by
 * reflink or in-kernel copy where the file systems can, else through a buffer. Returns the bytes
 * copied or -errno. */
off_t fd_copy(int src, off_t src_offset, int dst, off_t dst_offset, off_t len);

/* Copies the first len bytes of src to dst at dst_offset, behind which dst must have nothing: holes
 * stay holes, where the file systems tell. Moves the offset of src. Returns the bytes copied (less
 * if src is shorter) or -errno. */
off_t fd_copy_sparse(int src, int dst, off_t dst_offset, off_t len);

/* Replaces dir_fd/name by buf durably: O_EXCL temp file beside it, fsync, rename, fsync of the
 * directory. name is one component. Returns 0 or -errno; on failure the old file is untouched. */
int fd_replace_file_at(int dir_fd, const char *name, const void *buf, size_t len, mode_t mode);

/* openat(2), fsync(2) and fdatasync(2), taken up again after EINTR: a home on NFS or on FUSE gives
 * it to whoever gets a signal. Return the fd or 0, or -errno. */
int fd_open_at(int dir_fd, const char *name, int flags, mode_t mode);
int fd_sync(int fd);
int fd_sync_data(int fd);

#define FD_KEEP_MAX 8u

/* Closes all descriptors but 0 to 2 and keep (count of them, -1 ignored, at most FD_KEEP_MAX).
 * Returns 0 or -EINVAL. */
int fd_close_others(const int *keep, size_t count);

/* /dev/null in the place of 0 and 1. Returns 0 or -errno. */
int fd_replace_standard(void);

/* Reading from fd does not move the file's access time any more, if fd's owner is the caller; else
 * it stays as it is. */
void fd_keep_atime(int fd);

/* Fills buf with len random bytes from the system. Returns 0 or -errno. */
int fd_random_bytes(void *buf, size_t len);

#endif
