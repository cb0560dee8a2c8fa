/* SPDX-License-Identifier: MIT */
/* Landlock, where the kernel has it: a second wall behind the mounts, which nobody can take down
 * from inside. What it adds to them:
 * - what is writable and what may be executed is bound to the plan, whatever is mounted later or
 * was mounted wrongly, and mounting anything is refused by the security module as well;
 * - abstract unix sockets of the host, which a shared network namespace would show, cannot be
 *   connected to (Linux 6.12);
 * - no signal leaves the sandbox's processes (Linux 6.12; the pid namespace says the same).
 * Ports are not restricted: the network namespace and the gateway decide there, and a list of ports
 * would break tests that talk to servers of their own. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "init/steps.h"

/* Newer than the headers of Debian 12; see linux/landlock.h of Linux 6.12. */
#define FS_TRUNCATE         (UINT64_C(1) << 14) /* version 3 */
#define FS_IOCTL_DEV        (UINT64_C(1) << 15) /* version 5 */
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0)  /* version 6 */
#define SCOPE_SIGNAL        (UINT64_C(1) << 1)
#define ABI_WITH_REFER      2
#define ABI_WITH_TRUNCATE   3
#define ABI_WITH_IOCTL_DEV  5
#define ABI_WITH_SCOPES     6

/* As in Linux 6.12. The kernel takes a longer one than it knows, if what it does not know is 0. */
struct ruleset_attributes {
	uint64_t handled_fs;
	uint64_t handled_net;
	uint64_t scoped;
};

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE                                                                                     \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                          \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                          \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                              \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                            \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER | \
	 FS_TRUNCATE | FS_IOCTL_DEV)
/* Of these a rule on a file that is no directory may speak. */
#define OF_FILES                                                        \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	 LANDLOCK_ACCESS_FS_EXECUTE | FS_TRUNCATE | FS_IOCTL_DEV)
/* Devices and FIFOs of an agent's own go no further than the mounts and the filter. */
#define NEVER (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)

static uint64_t handled_by(long abi)
{
	uint64_t handled = READ | WRITE | LANDLOCK_ACCESS_FS_EXECUTE;

	if (abi < ABI_WITH_TRUNCATE)
		handled &= ~FS_TRUNCATE;
	if (abi < ABI_WITH_IOCTL_DEV)
		handled &= ~FS_IOCTL_DEV;
	return handled;
}

static int fail(struct init_context *context, const char *what)
{
	int r = -errno;

	(void)snprintf(context->reason, sizeof(context->reason), "%s: %s", what, strerror(-r));
	return r;
}

static int add_path(struct init_context *context, int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr attributes = { .allowed_access = rights };
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat info;

	/* A part of the plan that this machine lacks. */
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &info) < 0)
		return fail(context, path);
	if (!S_ISDIR(info.st_mode))
		attributes.allowed_access &= OF_FILES;
	attributes.parent_fd = fd;
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attributes, 0) <
			       0
		       ? fail(context, path)
		       : 0;
}

static int add_paths(struct init_context *context, int ruleset, uint64_t handled)
{
	int r = add_path(context, ruleset, "/", READ);

	for (size_t i = 0; r == 0 && i < context->path_count; i++) {
		const struct init_path *path = &context->paths[i];
		uint64_t rights = path->is_writable ? READ | (WRITE & ~NEVER)
						    : READ | LANDLOCK_ACCESS_FS_EXECUTE;

		r = add_path(context, ruleset, path->path, rights & handled);
	}
	return r;
}

int step_landlock(struct init_context *context)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset_attributes attributes = { 0 };
	cleanup_fd int ruleset = -1;
	int r;

	/* ENOSYS: not built; EOPNOTSUPP: switched off. Version 1 cannot permit renaming from one
	 * directory to another, without which git does not work. */
	if (abi < ABI_WITH_REFER)
		return abi >= 0 || errno == ENOSYS || errno == EOPNOTSUPP
			       ? 0
			       : fail(context, "cannot ask for Landlock's version");
	attributes.handled_fs = handled_by(abi);
	if (abi >= ABI_WITH_SCOPES)
		attributes.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	if (ruleset < 0)
		return fail(context, "cannot make a ruleset");
	r = add_paths(context, ruleset, attributes.handled_fs);
	if (r < 0)
		return r;
	return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0
		       ? fail(context, "cannot restrict this process")
		       : 0;
}
