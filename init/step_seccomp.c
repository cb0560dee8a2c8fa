/* SPDX-License-Identifier: MIT */
/* The system call filter: allows by default, and refuses what could widen the sandbox or reaches
 * far into the kernel. It is the second line: the first are the namespaces and the empty
 * capability sets. Calls of other architectures (int 0x80) and of x32 are refused whole. */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "init/steps.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif
#define ARGUMENT_LOW UINT64_C(0xffffffff) /* the kernel looks at 32 bits of these arguments */

/* Alphabetical within a group. ENOSYS where programs know a fallback, else EPERM. */
static const struct {
	const char *name;
	int error;
} denied_calls[] = {
	/* namespaces and mounts */
	{ "chroot", EPERM },
	{ "clone3", ENOSYS }, /* its flags lie in memory, where no filter sees them */
	{ "fsconfig", EPERM },
	{ "fsmount", EPERM },
	{ "fsopen", EPERM },
	{ "fspick", EPERM },
	{ "mount", EPERM },
	{ "mount_setattr", EPERM },
	{ "move_mount", EPERM },
	{ "open_tree", EPERM },
	{ "pivot_root", EPERM },
	{ "setns", EPERM },
	{ "umount", EPERM },
	{ "umount2", EPERM },
	{ "unshare", EPERM },
	/* other processes */
	{ "kcmp", EPERM },
	{ "pidfd_getfd", EPERM },
	{ "process_madvise", EPERM },
	{ "process_vm_readv", EPERM },
	{ "process_vm_writev", EPERM },
	{ "ptrace", EPERM },
	/* keys: not namespaced by anything that we set */
	{ "add_key", EPERM },
	{ "keyctl", EPERM },
	{ "request_key", EPERM },
	/* large kernel surfaces */
	{ "bpf", EPERM },
	{ "fanotify_init", EPERM },
	{ "io_uring_enter", ENOSYS },
	{ "io_uring_register", ENOSYS },
	{ "io_uring_setup", ENOSYS },
	{ "lookup_dcookie", EPERM },
	{ "memfd_secret", ENOSYS },
	{ "perf_event_open", EPERM },
	{ "quotactl", EPERM },
	{ "quotactl_fd", EPERM },
	{ "userfaultfd", EPERM },
	/* files by handle: past every mount */
	{ "name_to_handle_at", EPERM },
	{ "open_by_handle_at", EPERM },
	/* the machine */
	{ "acct", EPERM },
	{ "delete_module", EPERM },
	{ "finit_module", EPERM },
	{ "init_module", EPERM },
	{ "ioperm", EPERM },
	{ "iopl", EPERM },
	{ "kexec_file_load", EPERM },
	{ "kexec_load", EPERM },
	{ "nfsservctl", EPERM },
	{ "reboot", EPERM },
	{ "settimeofday", EPERM },
	{ "swapoff", EPERM },
	{ "swapon", EPERM },
	{ "syslog", EPERM },
	{ "vhangup", EPERM },
};

/* Newer than the libseccomp of Debian 12: by number, which is the same on all architectures. */
static const int denied_numbers[] = {
	457 /* statmount */,
	458 /* listmount */,
	467 /* open_tree_attr */,
};

static const unsigned int denied_clone_flags[] = {
	CLONE_NEWCGROUP, CLONE_NEWIPC,  CLONE_NEWNET,  CLONE_NEWNS,
	CLONE_NEWPID,    CLONE_NEWTIME, CLONE_NEWUSER, CLONE_NEWUTS,
};

static const unsigned int denied_ioctls[] = { TIOCSTI, TIOCLINUX, TIOCSETD };

static int add_calls(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(denied_calls) / sizeof(denied_calls[0]); i++) {
		int number = seccomp_syscall_resolve_name(denied_calls[i].name);

		/* A name that this libseccomp does not know at all is a misspelt one; one that
		 * this architecture lacks has a negative pseudo number and is skipped. */
		if (number == __NR_SCMP_ERROR)
			return -ENOSYS;
		if (number >= 0)
			r = seccomp_rule_add(
				filter, SCMP_ACT_ERRNO((uint16_t)denied_calls[i].error), number, 0);
	}
	for (size_t i = 0; r == 0 && i < sizeof(denied_numbers) / sizeof(int); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), denied_numbers[i], 0);
	return r;
}

static int add_arguments(scmp_filter_ctx filter)
{
	const uint32_t eperm = SCMP_ACT_ERRNO(EPERM);
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(denied_clone_flags) / sizeof(unsigned int); i++)
		r = seccomp_rule_add(
			filter, eperm, SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, denied_clone_flags[i], denied_clone_flags[i]));
	for (size_t i = 0; r == 0 && i < sizeof(denied_ioctls) / sizeof(unsigned int); i++)
		r = seccomp_rule_add(filter, eperm, SCMP_SYS(ioctl), 1,
				     SCMP_A1(SCMP_CMP_MASKED_EQ, ARGUMENT_LOW, denied_ioctls[i]));
	/* Address space randomisation stays on, and no other binary format is chosen. */
	if (r == 0)
		r = seccomp_rule_add(filter, eperm, SCMP_SYS(personality), 1,
				     SCMP_A0(SCMP_CMP_NE, 0));
	return r;
}

/* AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK (getifaddrs) remain. */
static int add_sockets(scmp_filter_ctx filter)
{
	const uint32_t refused = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	int r = 0;

	for (unsigned int family = 0; r == 0 && family < AF_NETLINK; family++) {
		if (family != AF_UNIX && family != AF_INET && family != AF_INET6)
			r = seccomp_rule_add(filter, refused, SCMP_SYS(socket), 1,
					     SCMP_A0(SCMP_CMP_MASKED_EQ, ARGUMENT_LOW, family));
	}
	/* Compared as 64 bits: a family with high bits set is refused as well. */
	if (r == 0)
		r = seccomp_rule_add(filter, refused, SCMP_SYS(socket), 1,
				     SCMP_A0(SCMP_CMP_GT, AF_NETLINK));
	return r;
}

int step_seccomp(struct init_context *context)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? 0 : -ENOMEM;

	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
	if (r == 0)
		r = add_calls(filter);
	if (r == 0)
		r = add_arguments(filter);
	if (r == 0)
		r = add_sockets(filter);
	if (r == 0)
		r = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	if (r < 0)
		(void)snprintf(context->reason, sizeof(context->reason),
			       "cannot load the filter: %s", strerror(-r));
	return r;
}
