/* SPDX-License-Identifier: MIT */
/* The system calls of a process that reads the agent's objects: files (which ones, Landlock says),
 * memory that is not executable, and the descriptors that it was given. No socket of its own, no
 * program, no other process, no mount. What is not named fails with EPERM. Landlock does not look
 * at modes and times: their calls do nothing, wherever the file lies. */
#include "fs/git/push_filter.h"

#include <errno.h>
#include <stddef.h>
#ifdef CLAUDEFS_HAS_SECCOMP
#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static const char *const calls[] = {
	/* files */
	"access", "close", "close_range", "dup", "faccessat", "faccessat2", "fadvise64",
	"fallocate", "fdatasync", "fstat", "fstatfs", "fsync", "ftruncate", "getcwd", "getdents64",
	"link", "linkat", "lseek", "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat",
	"openat2", "pread64", "pwrite64", "read", "readlink", "readlinkat", "readv", "rename",
	"renameat", "renameat2", "rmdir", "stat", "statfs", "statx", "umask", "unlink", "unlinkat",
	"write", "writev",
	/* the sockets that it has */
	"poll", "ppoll", "recvfrom", "recvmsg", "sendmsg", "sendto", "shutdown",
	/* memory; mmap and mprotect below */
	"brk", "madvise", "mremap", "munmap",
	/* itself */
	"alarm", "clock_getres", "clock_gettime", "clock_nanosleep", "exit", "exit_group", "futex",
	"getegid", "geteuid", "getgid", "getpgid", "getpid", "getppid", "getrandom", "getrlimit",
	"getrusage", "gettid", "gettimeofday", "getuid", "nanosleep", "restart_syscall", "rseq",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield",
	"set_robust_list", "setitimer", "sigaltstack", "sysinfo", "time", "times", "uname"
};

/* libgit2 gives a new pack the mode that it has already, and fails where that fails. */
static const char *const pretended[] = { "chmod",  "fchmod", "fchmodat", "fchmodat2",
					 "utimes", "utime",  "utimensat" };

static int allow(scmp_filter_ctx filter, const char *name, unsigned int count,
		 const struct scmp_arg_cmp *conditions)
{
	int number = seccomp_syscall_resolve_name(name);

	/* Not of this machine: "open" and its like are absent on newer ones. */
	if (number < 0)
		return 0;
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, conditions);
}

static int pretend(scmp_filter_ctx filter, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	return number < 0 ? 0 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(0), number, 0);
}

/* Not F_SETOWN and its like, by which a signal gets to any process of the person's. */
static int allow_fcntl(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp of_descriptor = { 1, SCMP_CMP_LE, F_SETFL, 0 };
	const struct scmp_arg_cmp duplicate = { 1, SCMP_CMP_EQ, F_DUPFD_CLOEXEC, 0 };
	int r = allow(filter, "fcntl", 1, &of_descriptor);

	return r < 0 ? r : allow(filter, "fcntl", 1, &duplicate);
}

static int allow_all(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp not_executable = { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 };
	const struct scmp_arg_cmp is_terminal = { 1, SCMP_CMP_MASKED_EQ, 0xffffffffu, TCGETS };
	const struct scmp_arg_cmp of_itself = { 0, SCMP_CMP_EQ, 0, 0 };
	const struct scmp_arg_cmp only_asked[] = { of_itself, { 2, SCMP_CMP_EQ, 0, 0 } };
	int r = allow(filter, "mmap", 1, &not_executable);

	if (r == 0)
		r = allow(filter, "mprotect", 1, &not_executable);
	if (r == 0)
		r = allow(filter, "ioctl", 1, &is_terminal);
	if (r == 0)
		r = allow(filter, "prlimit64", 2, only_asked);
	if (r == 0)
		r = allow_fcntl(filter);
	for (size_t i = 0; r == 0 && i < sizeof(pretended) / sizeof(pretended[0]); i++)
		r = pretend(filter, pretended[i]);
	for (size_t i = 0; r == 0 && i < sizeof(calls) / sizeof(calls[0]); i++)
		r = allow(filter, calls[i], 0, NULL);
	return r;
}

int push_filter_load(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = filter ? 0 : -ENOMEM;

	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = allow_all(filter);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}
#else
int push_filter_load(void)
{
	return 0;
}
#endif
