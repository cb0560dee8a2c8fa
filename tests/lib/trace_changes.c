/* SPDX-License-Identifier: MIT */
/* Which system calls may change what is on a disk: as a question, and as a filter in the kernel
 * that stops a traced process at those alone. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "tests/lib/trace_calls.h"

/* Everything else: reading, memory, descriptors, locks (which die with their owner), syncs. */
static const long changing[] = {
	SYS_copy_file_range, SYS_creat,    SYS_fallocate, SYS_fchmod,    SYS_fchmodat,
	SYS_fchown,          SYS_fchownat, SYS_fsetxattr, SYS_ftruncate, SYS_futimesat,
	SYS_ioctl,           SYS_link,     SYS_linkat,    SYS_mkdir,     SYS_mkdirat,
	SYS_pwrite64,        SYS_pwritev,  SYS_rename,    SYS_renameat,  SYS_renameat2,
	SYS_rmdir,           SYS_sendfile, SYS_splice,    SYS_symlinkat, SYS_truncate,
	SYS_unlink,          SYS_unlinkat, SYS_utimensat, SYS_write,     SYS_writev,
};

/* These by their flags. */
static const long opening[] = { SYS_open, SYS_openat, SYS_openat2 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Without O_CREAT and O_TRUNC (and O_TMPFILE, whose file has no name) opening changes nothing. */
static int may_open_change(uint64_t flags)
{
	return (flags & (O_CREAT | O_TRUNC)) != 0;
}

int trace_may_change_files(const struct traced_call *call)
{
	if (call->number == SYS_open)
		return may_open_change(call->args[1]);
	if (call->number == SYS_openat)
		return may_open_change(call->args[2]);
	/* The flags are the first word of struct open_how. */
	if (call->number == SYS_openat2)
		return may_open_change((uint64_t)ptrace(PTRACE_PEEKDATA, call->pid,
							(void *)(uintptr_t)call->args[2], NULL));
	for (size_t i = 0; i < COUNT(changing); i++) {
		if (changing[i] == call->number)
			return 1;
	}
	return 0;
}

/* Adds "if it is this call, stop". */
static size_t add_call(struct sock_filter *program, size_t len, long number)
{
	program[len++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1);
	program[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	return len;
}

int trace_stop_at_changes(long mark)
{
	struct sock_filter program[2 * (COUNT(changing) + COUNT(opening) + 1) + 2];
	struct sock_fprog filter = { .filter = program };
	size_t len = 0;

	program[len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						      offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < COUNT(changing); i++)
		len = add_call(program, len, changing[i]);
	for (size_t i = 0; i < COUNT(opening); i++)
		len = add_call(program, len, opening[i]);
	len = add_call(program, len, mark);
	program[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter.len = (unsigned short)len;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		return -errno;
	return 0;
}
