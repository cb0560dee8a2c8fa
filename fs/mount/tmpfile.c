/* SPDX-License-Identifier: MIT */
#include "fs/mount/tmpfile.h"

#include <errno.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/uio.h>

/* Headers older than the feature. */
#define OPCODE_TMPFILE 51u

static void send_answer(int fuse_fd, const struct iovec *vec, int count, int *ret_error)
{
	ssize_t n = writev(fuse_fd, vec, count);

	*ret_error = n < 0 ? -errno : 0;
}

static void answer_error(int fuse_fd, uint64_t unique, int error)
{
	struct fuse_out_header header = { .len = sizeof(header), .error = error, .unique = unique };
	struct iovec vec = { .iov_base = &header, .iov_len = sizeof(header) };
	int ignored;

	send_answer(fuse_fd, &vec, 1, &ignored);
}

static struct fuse_attr wire_attr(const struct stat *st)
{
	return (struct fuse_attr){
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.blocks = (uint64_t)st->st_blocks,
		.atime = (uint64_t)st->st_atim.tv_sec,
		.mtime = (uint64_t)st->st_mtim.tv_sec,
		.ctime = (uint64_t)st->st_ctim.tv_sec,
		.atimensec = (uint32_t)st->st_atim.tv_nsec,
		.mtimensec = (uint32_t)st->st_mtim.tv_nsec,
		.ctimensec = (uint32_t)st->st_ctim.tv_nsec,
		.mode = st->st_mode,
		.nlink = (uint32_t)st->st_nlink,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.blksize = (uint32_t)st->st_blksize,
	};
}

static void answer_file(struct mount_server *server, int fuse_fd, uint64_t unique,
			const struct view_attr *attr, struct view_file *file)
{
	struct fuse_entry_out entry = {
		.nodeid = attr->st.st_ino,
		.entry_valid = (uint64_t)MOUNT_CACHE_TIMEOUT,
		.attr_valid = attr->is_cacheable ? (uint64_t)MOUNT_CACHE_TIMEOUT : 0,
		.attr = wire_attr(&attr->st),
	};
	struct fuse_open_out open = { .fh = (uint64_t)(uintptr_t)file };
	struct fuse_out_header header = {
		.len = sizeof(header) + sizeof(entry) + sizeof(open),
		.unique = unique,
	};
	struct iovec vec[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = &entry, .iov_len = sizeof(entry) },
		{ .iov_base = &open, .iov_len = sizeof(open) },
	};
	int error;

	send_answer(fuse_fd, vec, 3, &error);
	if (error < 0) {
		view_release(file);
		view_forget(server->view, attr->st.st_ino, 1);
	}
}

bool tmpfile_answer(struct mount_server *server, int fuse_fd, const void *buf, size_t len)
{
	struct fuse_create_in in;
	struct fuse_in_header header;
	struct view_file *file = NULL;
	struct view_caller caller;
	struct view_attr attr;
	int r;

	if (len < sizeof(header))
		return false;
	memcpy(&header, buf, sizeof(header));
	if (header.opcode != OPCODE_TMPFILE)
		return false;
	if (len < sizeof(header) + sizeof(in)) {
		answer_error(fuse_fd, header.unique, -EIO);
		return true;
	}
	memcpy(&in, (const char *)buf + sizeof(header), sizeof(in));
	caller = (struct view_caller){ .uid = header.uid,
				       .gid = header.gid,
				       .pid = (pid_t)header.pid };
	r = view_tmpfile(server->view, &caller, header.nodeid, in.mode & ALLPERMS, (int)in.flags,
			 &attr, &file);
	if (r < 0) {
		daemon_log_failure(server->log, "open with O_TMPFILE", r);
		answer_error(fuse_fd, header.unique, r > -512 ? r : -EIO);
		return true;
	}
	answer_file(server, fuse_fd, header.unique, &attr, file);
	return true;
}
