/* SPDX-License-Identifier: MIT */
/* The system calls of a process that reads the agent's objects: files (which ones, Landlock says),
 * memory that is not executable, and the descriptors that it was given. No socket of its own, no
 * program, no other process, no mount. What is not named fails with EPERM. */
#include "fs/git/push_filter.h"

#include <errno.h>
#include <stddef.h>
#ifdef CLAUDEFS_HAS_SECCOMP
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static const char *const calls[] = {
	/* files */
	"access", "chmod", "close", "close_range", "dup", "faccessat", "faccessat2", "fadvise64",
	"fallocate", "fchmod", "fchmodat", "fcntl", "fdatasync", "fstat", "fstatfs", "fsync",
	"ftruncate", "getcwd", "getdents64", "link", "linkat", "lseek", "lstat", "mkdir", "mkdirat",
	"newfstatat", "open", "openat", "openat2", "pread64", "pwrite64", "read", "readlink",
	"readlinkat", "readv", "rename", "renameat", "renameat2", "rmdir", "stat", "statfs",
	"statx", "umask", "unlink", "unlinkat", "utimensat", "utimes", "write", "writev",
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

static int allow(scmp_filter_ctx filter, const char *name, unsigned int count,
		 const struct scmp_arg_cmp *conditions)
{
	int number = seccomp_syscall_resolve_name(name);

	/* Not of this machine: "open" and its like are absent on newer ones. */
	if (number < 0)
		return 0;
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, conditions);
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
