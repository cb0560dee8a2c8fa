/* SPDX-License-Identifier: MIT */
#include "launcher/mount_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "launcher/mount_call.h"

#define ROOT_SIZE "16m"

static int fail(const char *target, const char *what)
{
	message_error("sandbox: %s: %s: %s", target, what, strerror(errno));
	return -1;
}

/* Opens (O_PATH) the directory dir of an absolute target beneath root, making what is missing. The
 * tree is ours alone until it is entered; O_NOFOLLOW keeps a mistake in the plan from leaving it.
 */
static int make_parents(int root, const char *target, const char **ret_base)
{
	cleanup_fd int dir = fcntl(root, F_DUPFD_CLOEXEC, 3);
	const char *part = target + 1;
	const char *slash;

	while (dir >= 0 && (slash = strchr(part, '/'))) {
		char name[256];
		int next;

		if ((size_t)(slash - part) >= sizeof(name)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, part, (size_t)(slash - part));
		name[slash - part] = '\0';
		if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
			return -1;
		next = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		(void)close(dir);
		dir = next;
		part = slash + 1;
	}
	*ret_base = part;
	return steal_fd(&dir);
}

/* The mountpoint (O_PATH) for a directory or a file. */
static int make_mountpoint(int root, const char *target, bool is_directory)
{
	const char *base;
	cleanup_fd int dir = make_parents(root, target, &base);

	if (dir < 0)
		return -1;
	if (is_directory) {
		if (mkdirat(dir, base, 0755) < 0 && errno != EEXIST)
			return -1;
		return openat(dir, base, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (mknodat(dir, base, S_IFREG | 0644, 0) < 0 && errno != EEXIST)
		return -1;
	return openat(dir, base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static uint64_t attributes_of(const struct plan_entry *entry)
{
	uint64_t attributes = MOUNT_ATTR_NOSUID;

	if (!(entry->flags & PLAN_WRITABLE))
		attributes |= MOUNT_ATTR_RDONLY;
	if (!(entry->flags & PLAN_EXEC))
		attributes |= MOUNT_ATTR_NOEXEC;
	if (!(entry->flags & PLAN_DEVICES))
		attributes |= MOUNT_ATTR_NODEV;
	return attributes;
}

/* Attaches a detached mount (takes nothing). */
static int attach(int root, const struct plan_entry *entry, int mount_fd, bool is_directory)
{
	cleanup_fd int point = make_mountpoint(root, entry->target, is_directory);

	if (point < 0)
		return fail(entry->target, "cannot make the mountpoint");
	if (mount_move(mount_fd, point) < 0)
		return fail(entry->target, "cannot mount");
	return 0;
}

static int make_bind(int root, const struct plan_entry *entry)
{
	cleanup_fd int tree = mount_open_tree(entry->source);
	struct stat info;

	if (tree < 0 && errno == ENOENT && (entry->flags & PLAN_OPTIONAL))
		return 0;
	if (tree < 0)
		return fail(entry->source, "cannot bind");
	if (fstat(tree, &info) < 0)
		return fail(entry->source, "cannot look at it");
	/* The path was checked before; what lies there now must be the same directory. */
	if (entry->ino != 0 && (info.st_ino != entry->ino || info.st_dev != entry->dev)) {
		errno = ESTALE;
		return fail(entry->source, "was replaced since it was checked");
	}
	if (mount_restrict(tree, attributes_of(entry), true) < 0)
		return fail(entry->source, "cannot restrict");
	return attach(root, entry, tree, S_ISDIR(info.st_mode));
}

static int make_tmpfs(int root, const struct plan_entry *entry)
{
	char size[32];
	char mode[16];
	const struct mount_option options[] = {
		{ "size", size },
		{ "mode", mode },
		{ NULL, NULL },
	};
	cleanup_fd int mount_fd = -1;

	(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)entry->size);
	(void)snprintf(mode, sizeof(mode), "%o", (unsigned int)entry->mode);
	mount_fd = mount_new("tmpfs", options, attributes_of(entry));
	if (mount_fd < 0)
		return fail(entry->target, "cannot make a tmpfs");
	return attach(root, entry, mount_fd, true);
}

/* A terminal from the sandbox's own devpts, so that it has a name inside. */
static int open_terminal(int devpts, struct mount_tree *tree)
{
	int unlock = 0;

	tree->terminal = openat(devpts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tree->terminal < 0 || ioctl(tree->terminal, TIOCSPTLCK, &unlock) < 0)
		return fail("/dev/ptmx", "cannot open a terminal");
	tree->slave = ioctl(tree->terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return tree->slave < 0 ? fail("/dev/pts", "cannot open a terminal") : 0;
}

static int make_devpts(struct mount_tree *tree, const struct plan_entry *entry, bool has_terminal)
{
	static const struct mount_option options[] = {
		{ "newinstance", NULL },
		{ "ptmxmode", "0666" },
		{ "mode", "0620" },
		{ NULL, NULL },
	};
	cleanup_fd int mount_fd = mount_new("devpts", options, attributes_of(entry));

	if (mount_fd < 0)
		return fail(entry->target, "cannot make a devpts");
	if (attach(tree->root, entry, mount_fd, true) < 0)
		return -1;
	return has_terminal ? open_terminal(mount_fd, tree) : 0;
}

/* The connection is made here, in the host's pid namespace, so that requests carry process ids that
 * mean something to the daemon. /dev/fuse must be opened in the mount's own user namespace. */
static int make_view(struct mount_tree *tree, const struct plan *plan,
		     const struct plan_entry *entry)
{
	cleanup_fd int mount_fd = -1;
	char fd_text[16], uid_text[16], gid_text[16];
	const struct mount_option options[] = {
		{ "source", "claudefs" },
		{ "subtype", "claudefs" },
		{ "fd", fd_text },
		{ "rootmode", "40000" },
		{ "user_id", uid_text },
		{ "group_id", gid_text },
		{ "default_permissions", NULL },
		{ NULL, NULL },
	};

	tree->fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (tree->fuse < 0)
		return fail("/dev/fuse",
			    errno == EACCES
				    ? "every user must be able to open it, as udev sets it up "
				      "(chmod 666 /dev/fuse)"
				    : "cannot open it; load the fuse module (modprobe fuse)");
	(void)snprintf(fd_text, sizeof(fd_text), "%d", tree->fuse);
	(void)snprintf(uid_text, sizeof(uid_text), "%u", (unsigned int)plan->uid);
	(void)snprintf(gid_text, sizeof(gid_text), "%u", (unsigned int)plan->gid);
	mount_fd = mount_new("fuse", options, attributes_of(entry));
	if (mount_fd < 0)
		return fail(entry->target, "cannot mount the view");
	return attach(tree->root, entry, mount_fd, true);
}

static int make_node(int root, const struct plan_entry *entry)
{
	const char *base;
	cleanup_fd int dir = make_parents(root, entry->target, &base);
	cleanup_fd int fd = -1;
	int r = 0;

	if (dir < 0)
		return fail(entry->target, "cannot make its parent");
	if (entry->kind == PLAN_DIR) {
		r = mkdirat(dir, base, entry->mode);
	} else if (entry->kind == PLAN_LINK) {
		r = symlinkat(entry->source, dir, base);
	} else {
		fd = openat(dir, base, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, entry->mode);
		r = fd < 0 ? -1 : 0;
		if (r == 0 && fd_write_all(fd, entry->source, strlen(entry->source)) < 0)
			r = -1;
	}
	return r < 0 ? fail(entry->target, "cannot make it") : 0;
}

static int make_entry(struct mount_tree *tree, const struct plan *plan,
		      const struct plan_entry *entry, bool has_terminal)
{
	cleanup_fd int point = -1;

	switch (entry->kind) {
	case PLAN_BIND: return make_bind(tree->root, entry);
	case PLAN_DEVPTS: return make_devpts(tree, entry, has_terminal);
	case PLAN_DIR:
	case PLAN_FILE:
	case PLAN_LINK: return make_node(tree->root, entry);
	case PLAN_PROC:
		/* Later: it shows the pid namespace of whoever mounts it. */
		point = make_mountpoint(tree->root, entry->target, true);
		return point < 0 ? fail(entry->target, "cannot make the mountpoint") : 0;
	case PLAN_TMPFS: return make_tmpfs(tree->root, entry);
	case PLAN_VIEW: return make_view(tree, plan, entry);
	}
	return -1;
}

int mount_tree_build(const struct plan *plan, bool has_terminal, struct mount_tree *ret)
{
	static const struct mount_option options[] = {
		{ "size", ROOT_SIZE },
		{ "mode", "0755" },
		{ NULL, NULL },
	};
	cleanup_fd int old_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	*ret = (struct mount_tree){ .root = -1, .fuse = -1, .terminal = -1, .slave = -1 };
	/* Nothing that is mounted from here on may reach the host's namespace, nor the reverse. */
	if (old_root < 0 || mount_make_private("/") < 0)
		return fail("/", "cannot make the mounts private");
	ret->root = mount_new("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (ret->root < 0 || mount_move(ret->root, old_root) < 0)
		return fail("/", errno == ENOSYS ? "needs Linux 5.12 or newer"
						 : "cannot make a new root");
	/* Modes are those of the plan. */
	(void)umask(0);
	for (size_t i = 0; r == 0 && i < plan->count; i++)
		r = make_entry(ret, plan, &plan->entries[i], has_terminal);
	(void)umask(022);
	return r;
}

static int write_setting(int proc, const char *name, const char *value)
{
	cleanup_fd int fd = openat(proc, name, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && fd_write_all(fd, value, strlen(value)) == 0 ? 0 : -1;
}

/* What the kernel lets the owner of uid 0 write, or shows of the machine; a root user outside keeps
 * that uid inside. Directories become read-only, files are covered by /dev/null. */
static int mask_proc(int root, int proc)
{
	static const char *const read_only[] = { "acpi", "bus", "fs",           "irq",
						 "scsi", "sys", "sysrq-trigger" };
	static const char *const covered[] = { "kallsyms",   "kcore",         "keys",
					       "kmsg",       "kpagecgroup",   "kpagecount",
					       "kpageflags", "latency_stats", "sched_debug",
					       "timer_list", "vmallocinfo" };

	for (size_t i = 0; i < sizeof(read_only) / sizeof(read_only[0]); i++) {
		cleanup_fd int tree = mount_open_tree_at(proc, read_only[i]);
		cleanup_fd int point = openat(proc, read_only[i], O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (tree < 0 && errno == ENOENT)
			continue;
		if (tree < 0 || point < 0 || mount_restrict(tree, MOUNT_ATTR_RDONLY, true) < 0 ||
		    mount_move(tree, point) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++) {
		cleanup_fd int tree = mount_open_tree_at(root, "dev/null");
		cleanup_fd int point = openat(proc, covered[i], O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (point < 0 && errno == ENOENT)
			continue;
		if (tree < 0 || point < 0 || mount_move(tree, point) < 0)
			return -1;
	}
	return 0;
}

static int make_proc(int root)
{
	static const struct mount_option options[] = { { NULL, NULL } };
	cleanup_fd int point = openat(root, "proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int proc = mount_new("proc", options,
					MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	if (proc < 0 || point < 0 || mount_move(proc, point) < 0)
		return fail("/proc", errno == EPERM
					     ? "cannot mount (a container that masks parts of "
					       "its own /proc does not allow it)"
					     : "cannot mount");
	/* While this process still may; afterwards /proc/sys is read-only. */
	if (write_setting(proc, "sys/user/max_user_namespaces", "0") < 0)
		return fail("/proc/sys/user/max_user_namespaces", "cannot set it to 0");
	if (mask_proc(root, proc) < 0)
		return fail("/proc", "cannot close parts of it");
	return 0;
}

int mount_tree_enter(const struct mount_tree *tree)
{
	/* /proc comes first: the kernel gives a new one only to who still sees the old one whole.
	 */
	if (make_proc(tree->root) < 0)
		return -1;
	/* pivot_root(".", ".") stacks the old root on the new one, from where it is let go. */
	if (fchdir(tree->root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return fail("/", "cannot enter the new root");
	if (mount_detach(".") < 0)
		return fail("/", "cannot let go of the host's root");
	if (chdir("/") < 0 || mount_restrict(tree->root, MOUNT_ATTR_RDONLY, false) < 0)
		return fail("/", "cannot make it read-only");
	return 0;
}
