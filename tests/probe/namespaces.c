/* SPDX-License-Identifier: MIT */
/* Making a namespace, by each call that can, and entering one. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/probe/probe.h"

/* In order of appearance in the kernel. */
#define EACH_NAMESPACE(X) \
	X(NEWNS, mnt)     \
	X(NEWUTS, uts)    \
	X(NEWIPC, ipc)    \
	X(NEWUSER, user)  \
	X(NEWPID, pid)    \
	X(NEWNET, net)    \
	X(NEWCGROUP, cgroup)

static long reap(long child)
{
	int status;

	if (child == 0)
		_exit(0);
	return child < 0 || waitpid((pid_t)child, &status, __WALL) == child ? child : -1;
}

static long try_clone3(void)
{
	struct clone_args arguments = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };

	return reap(syscall(SYS_clone3, &arguments, sizeof(arguments)));
}

static long enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : syscall(SYS_setns, fd, 0);
}

static long try_unshare_time(void)
{
	return syscall(SYS_unshare, 0x80 /* CLONE_NEWTIME */);
}

#define DEFINE_NAMESPACE(FLAG, FILE)                                                 \
	static long try_unshare_##FILE(void)                                         \
	{                                                                            \
		return syscall(SYS_unshare, CLONE_##FLAG);                           \
	}                                                                            \
	static long try_clone_##FILE(void)                                           \
	{                                                                            \
		return reap(syscall(SYS_clone, CLONE_##FLAG | SIGCHLD, 0, 0, 0, 0)); \
	}                                                                            \
	static long try_setns_##FILE(void)                                           \
	{                                                                            \
		return enter("/proc/self/ns/" #FILE);                                \
	}
EACH_NAMESPACE(DEFINE_NAMESPACE)

#define ROW(FLAG, FILE)                                         \
	{ "unshare(CLONE_" #FLAG ")", try_unshare_##FILE },     \
		{ "clone(CLONE_" #FLAG ")", try_clone_##FILE }, \
		{ "setns(" #FILE ")", try_setns_##FILE },

const struct probe_call namespace_calls[] = {
	EACH_NAMESPACE(ROW){ "unshare(CLONE_NEWTIME)", try_unshare_time },
	{ "clone3(CLONE_NEWUSER)", try_clone3 },
	{ 0 },
};
