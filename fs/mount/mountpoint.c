/* SPDX-License-Identifier: MIT */
#include "fs/mount/mountpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

static enum exit_code refuse(const char *path, const char *why)
{
	message_error("%s: %s", path, why);
	return EXIT_BUSY;
}

/* Returns 1 if dir_fd (duplicated) has an entry, 0 if not, or -errno. */
static int has_entries(int dir_fd)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return 1;
	}
}

enum exit_code mountpoint_check(const char *path, uint64_t host_dev, uint64_t host_ino)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statx stx;
	int r;

	if (fd < 0 && errno == ENOTCONN)
		return refuse(path, "a mount whose daemon died is still here: unmount it "
				    "(fusermount3 -u, or umount)");
	if (fd < 0)
		return refuse(path, errno == ELOOP ? "the mountpoint is a symlink: name a directory"
						   : strerror(errno));
	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) < 0)
		return refuse(path, strerror(errno));
	if (stx.stx_attributes & stx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
		return refuse(path, "something is mounted here already: unmount it or choose "
				    "another directory");
	if (stx.stx_uid != geteuid())
		return refuse(path, "the mountpoint belongs to somebody else: choose a directory "
				    "of your own");
	if (host_ino != 0 && stx.stx_ino == host_ino &&
	    makedev(stx.stx_dev_major, stx.stx_dev_minor) == host_dev)
		return refuse(path, "this is the host state itself: mount the view elsewhere");
	r = has_entries(fd);
	if (r < 0)
		return refuse(path, strerror(-r));
	if (r > 0)
		return refuse(path, "the mountpoint is not empty: choose an empty directory");
	return EXIT_OK;
}

enum exit_code mountpoint_check_fuse(void)
{
	/* fusermount3 opens it with the caller's own rights, too. */
	cleanup_fd int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return EXIT_OK;
	if (errno == EACCES || errno == EPERM)
		message_error("/dev/fuse: %s: let users open it (chmod 666 /dev/fuse), or give the "
			      "device to the container",
			      strerror(errno));
	else
		message_error("/dev/fuse: %s: load it (modprobe fuse), or give it to the container "
			      "(--device /dev/fuse)",
			      strerror(errno));
	return EXIT_NO_FUSE;
}
