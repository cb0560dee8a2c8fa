/* SPDX-License-Identifier: MIT */
/* Which operations there are, and what is agreed with the kernel at its first request. */
#include "fs/mount/operations.h"

/* Locks stay with the kernel (no getlk, setlk, flock here): all writers are its own processes.
 * No writeback cache: an acknowledged write must survive the daemon's death. */
static void mount_init(void *userdata, struct fuse_conn_info *conn)
{
	struct mount_server *server = userdata;
	const unsigned int wanted =
		FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_HANDLE_KILLPRIV | FUSE_CAP_READDIRPLUS |
		FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_AUTO_INVAL_DATA |
		FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO;

	/* Requests must arrive in memory, not in a pipe: the loop looks at their opcode. */
	conn->want = conn->capable & wanted;
	conn->max_write = MOUNT_IO_MAX;
	server->on_ready(server->ready_arg);
}

/* Not here, so that the kernel is told ENOSYS once and does the rest by itself: access
 * (default_permissions), bmap, ioctl (ENOTTY), poll (always ready), copy_file_range (generic copy),
 * readlink (there are no links). */
const struct fuse_lowlevel_ops mount_operations = {
	.create = mount_create,
	.fallocate = mount_fallocate,
	.flush = mount_flush,
	.forget = mount_forget,
	.forget_multi = mount_forget_multi,
	.fsync = mount_fsync,
	.fsyncdir = mount_fsyncdir,
	.getattr = mount_getattr,
	.getxattr = mount_getxattr,
	.init = mount_init,
	.link = mount_link,
	.listxattr = mount_listxattr,
	.lookup = mount_lookup,
	.lseek = mount_lseek,
	.mkdir = mount_mkdir,
	.mknod = mount_mknod,
	.open = mount_open,
	.opendir = mount_opendir,
	.read = mount_read,
	.readdir = mount_readdir,
	.readdirplus = mount_readdirplus,
	.release = mount_release,
	.releasedir = mount_releasedir,
	.removexattr = mount_removexattr,
	.rename = mount_rename,
	.rmdir = mount_rmdir,
	.setattr = mount_setattr,
	.setxattr = mount_setxattr,
	.statfs = mount_statfs,
	.symlink = mount_symlink,
	.unlink = mount_unlink,
	.write = mount_write,
};
