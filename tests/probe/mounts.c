/* SPDX-License-Identifier: MIT */
/* Mounts by the old and the new interface, files by handle, and device nodes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/probe/probe.h"

#define PLACE "/tmp" /* there in every sandbox; the control has mounts of its own */

/* Newer than the headers in use. */
#define NR_STATMOUNT      457
#define NR_LISTMOUNT      458
#define NR_OPEN_TREE_ATTR 467

static long try_mount_tmpfs(void)
{
	return syscall(SYS_mount, "none", PLACE, "tmpfs", 0UL, NULL);
}

static long try_mount_bind(void)
{
	return syscall(SYS_mount, "/", PLACE, NULL, (unsigned long)MS_BIND, NULL);
}

static long try_remount(void)
{
	return syscall(SYS_mount, NULL, "/", NULL, (unsigned long)(MS_REMOUNT | MS_BIND), NULL);
}

static long try_umount2(void)
{
	(void)syscall(SYS_mount, "none", PLACE, "tmpfs", 0UL, NULL);
	return syscall(SYS_umount2, PLACE, MNT_DETACH);
}

/* EINVAL where it is allowed: the root is no mountpoint below itself. */
static long try_pivot_root(void)
{
	return syscall(SYS_pivot_root, "/", "/");
}

static long try_chroot(void)
{
	return syscall(SYS_chroot, PLACE);
}

static long try_fsopen(void)
{
	return syscall(SYS_fsopen, "tmpfs", 0);
}

static long try_fsconfig(void)
{
	return syscall(SYS_fsconfig, syscall(SYS_fsopen, "tmpfs", 0), 6 /* CMD_CREATE */, NULL,
		       NULL, 0);
}

static long try_fsmount(void)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", 0);

	(void)syscall(SYS_fsconfig, fs, 6, NULL, NULL, 0);
	return syscall(SYS_fsmount, fs, 0, 0);
}

static long try_fspick(void)
{
	return syscall(SYS_fspick, AT_FDCWD, "/", 0);
}

static long try_open_tree(void)
{
	return syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE);
}

static long try_open_tree_attr(void)
{
	return syscall(NR_OPEN_TREE_ATTR, AT_FDCWD, "/", OPEN_TREE_CLONE, NULL, 0);
}

static long try_move_mount(void)
{
	return syscall(SYS_move_mount, syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE), "",
		       AT_FDCWD, PLACE, MOVE_MOUNT_F_EMPTY_PATH);
}

static long try_mount_setattr(void)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_NOSUID };

	(void)syscall(SYS_mount, "none", PLACE, "tmpfs", 0UL, NULL);
	return syscall(SYS_mount_setattr, AT_FDCWD, PLACE, 0, &attributes, sizeof(attributes));
}

struct mount_id_request {
	uint32_t size, spare;
	uint64_t mnt_id, param;
};

static long try_listmount(void)
{
	struct mount_id_request request = { .size = 24, .mnt_id = UINT64_MAX /* LSMT_ROOT */ };
	uint64_t ids[64];

	return syscall(NR_LISTMOUNT, &request, ids, 64UL, 0);
}

/* ENOENT where it is allowed: there is no mount 1. */
static long try_statmount(void)
{
	struct mount_id_request request = { .size = 24, .mnt_id = 1, .param = 1 };
	char buffer[4096];

	return syscall(NR_STATMOUNT, &request, buffer, sizeof(buffer), 0);
}

static long try_name_to_handle(void)
{
	char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	struct file_handle *handle = (struct file_handle *)(void *)space;
	int id;

	handle->handle_bytes = MAX_HANDLE_SZ;
	return syscall(SYS_name_to_handle_at, AT_FDCWD, "/", handle, &id, 0);
}

/* ESTALE or EBADF where it is allowed. */
static long try_open_by_handle(void)
{
	char space[sizeof(struct file_handle) + MAX_HANDLE_SZ] = "";
	struct file_handle *handle = (struct file_handle *)(void *)space;

	handle->handle_bytes = 8;
	handle->handle_type = 1;
	return syscall(SYS_open_by_handle_at, open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), handle,
		       O_RDONLY);
}

static long make_device(mode_t kind)
{
	char path[] = "/dev/shm/probe-XXXXXX";
	long r;

	if (!mkdtemp(path) || chdir(path) < 0)
		return -1;
	r = mknod("device", kind | 0600, makedev(1, 3));
	if (r == 0)
		(void)unlink("device");
	(void)rmdir(path);
	return r;
}

static long try_mknod_character(void)
{
	return make_device(S_IFCHR);
}

static long try_mknod_block(void)
{
	return make_device(S_IFBLK);
}

const struct probe_call mount_calls[] = {
	{ "mount(tmpfs)", try_mount_tmpfs },
	{ "mount(MS_BIND)", try_mount_bind },
	{ "mount(MS_REMOUNT)", try_remount },
	{ "umount2", try_umount2 },
	{ "pivot_root", try_pivot_root },
	{ "chroot", try_chroot },
	{ "fsopen", try_fsopen },
	{ "fsconfig", try_fsconfig },
	{ "fsmount", try_fsmount },
	{ "fspick", try_fspick },
	{ "open_tree(OPEN_TREE_CLONE)", try_open_tree },
	{ "open_tree_attr", try_open_tree_attr },
	{ "move_mount", try_move_mount },
	{ "mount_setattr", try_mount_setattr },
	{ "listmount", try_listmount },
	{ "statmount", try_statmount },
	{ "name_to_handle_at", try_name_to_handle },
	{ "open_by_handle_at", try_open_by_handle },
	{ "mknod(S_IFCHR)", try_mknod_character },
	{ "mknod(S_IFBLK)", try_mknod_block },
	{ 0 },
};
