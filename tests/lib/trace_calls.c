/* SPDX-License-Identifier: MIT */
#include "tests/lib/trace_calls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS_MAX 64u
#define OPTIONS     (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL)

/* Threads whose call was replaced: the error is set when it returns. */
struct failing {
	pid_t tid;
	int error;
};

struct tracer {
	struct trace *trace;
	pid_t pid;
	struct failing failing[THREADS_MAX];
};

#ifdef __x86_64__
static void set_call(pid_t tid, int decision, const struct traced_call *call)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, tid, NULL, &regs) < 0)
		return;
	if (decision == TRACE_SHORT)
		regs.rdx = call->args[2] / 2;
	else
		regs.orig_rax = (unsigned long long)-1;
	(void)ptrace(PTRACE_SETREGS, tid, NULL, &regs);
}

static void set_result(pid_t tid, int error)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, tid, NULL, &regs) < 0)
		return;
	regs.rax = (unsigned long long)-error;
	(void)ptrace(PTRACE_SETREGS, tid, NULL, &regs);
}
#define CAN_TRACE 1
#else
static void set_call(pid_t tid, int decision, const struct traced_call *call)
{
	(void)tid;
	(void)decision;
	(void)call;
}

static void set_result(pid_t tid, int error)
{
	(void)tid;
	(void)error;
}
#define CAN_TRACE 0
#endif

static void remember(struct tracer *tracer, pid_t tid, int error)
{
	for (size_t i = 0; i < THREADS_MAX; i++) {
		if (tracer->failing[i].tid == 0) {
			tracer->failing[i] = (struct failing){ tid, error };
			return;
		}
	}
	abort();
}

static int take_remembered(struct tracer *tracer, pid_t tid)
{
	for (size_t i = 0; i < THREADS_MAX; i++) {
		if (tracer->failing[i].tid == tid) {
			tracer->failing[i].tid = 0;
			return tracer->failing[i].error;
		}
	}
	return 0;
}

static void at_entry(struct tracer *tracer, pid_t tid, const struct __ptrace_syscall_info *info)
{
	struct traced_call call = {
		.pid = tid,
		.number = (long)info->entry.nr,
		.n = ++tracer->trace->count,
	};
	int decision;

	for (size_t i = 0; i < 6; i++)
		call.args[i] = info->entry.args[i];
	decision = tracer->trace->on_entry(&call, tracer->trace->arg);
	if (decision == TRACE_KILL)
		(void)kill(tracer->pid, SIGKILL);
	else if (decision != TRACE_GO)
		set_call(tid, decision, &call);
	if (decision > 0)
		remember(tracer, tid, decision);
}

static void at_call(struct tracer *tracer, pid_t tid)
{
	struct __ptrace_syscall_info info;
	int error;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		at_entry(tracer, tid, &info);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		error = take_remembered(tracer, tid);
		if (error > 0)
			set_result(tid, error);
	}
}

/* A stop of one of our threads. Returns the signal that it shall get. */
static int at_stop(struct tracer *tracer, pid_t tid, int status)
{
	int signal = WSTOPSIG(status);

	if (signal == (SIGTRAP | 0x80)) {
		at_call(tracer, tid);
		return 0;
	}
	/* Events, and the first stop of a new thread, are the tracer's business alone. */
	if (status >> 16 != 0 || signal == SIGSTOP || signal == SIGTRAP)
		return 0;
	return signal;
}

static int loop(struct tracer *tracer)
{
	for (;;) {
		int status = 0;
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			return -1;
		if (WIFSTOPPED(status)) {
			int signal = at_stop(tracer, tid, status);

			/* Gone meanwhile: its end is reported next. */
			(void)ptrace(PTRACE_SYSCALL, tid, NULL, (void *)(long)signal);
			continue;
		}
		if (tid == tracer->pid) {
			tracer->trace->status = status;
			return 0;
		}
		if (tracer->trace->on_other_exit)
			tracer->trace->on_other_exit(tid, status, tracer->trace->arg);
	}
}

int trace_child(struct trace *trace, int (*run)(void *arg), void *run_arg)
{
	struct tracer tracer = { .trace = trace };
	int status = 0;

	trace->count = 0;
	tracer.pid = CAN_TRACE ? fork() : -1;
	if (tracer.pid < 0)
		return -1;
	if (tracer.pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(125);
		(void)raise(SIGSTOP);
		_exit(run(run_arg));
	}
	if (waitpid(tracer.pid, &status, 0) < 0 || !WIFSTOPPED(status))
		return -1;
	if (ptrace(PTRACE_SETOPTIONS, tracer.pid, NULL, (void *)OPTIONS) < 0 ||
	    ptrace(PTRACE_SYSCALL, tracer.pid, NULL, NULL) < 0) {
		(void)kill(tracer.pid, SIGKILL);
		(void)waitpid(tracer.pid, &status, 0);
		return -1;
	}
	return loop(&tracer);
}

int trace_running(struct trace *trace, pid_t pid)
{
	struct tracer tracer = { .trace = trace, .pid = pid };
	char path[64];
	DIR *dir;

	trace->count = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = CAN_TRACE ? opendir(path) : NULL;
	if (!dir)
		return -1;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0)
			continue;
		if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)OPTIONS) < 0 ||
		    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0) {
			(void)closedir(dir);
			return -1;
		}
	}
	(void)closedir(dir);
	return loop(&tracer);
}

/* Without O_CREAT and O_TRUNC (and O_TMPFILE, whose file has no name) opening changes nothing. */
static int may_open_change(uint64_t flags)
{
	return (flags & (O_CREAT | O_TRUNC)) != 0;
}

int trace_may_change_files(const struct traced_call *call)
{
	/* Everything else: reading, memory, descriptors, locks (which die with their owner), syncs.
	 */
	static const long calls[] = {
		SYS_copy_file_range, SYS_creat,    SYS_fallocate, SYS_fchmod,    SYS_fchmodat,
		SYS_fchown,          SYS_fchownat, SYS_fsetxattr, SYS_ftruncate, SYS_futimesat,
		SYS_ioctl,           SYS_link,     SYS_linkat,    SYS_mkdir,     SYS_mkdirat,
		SYS_pwrite64,        SYS_pwritev,  SYS_rename,    SYS_renameat,  SYS_renameat2,
		SYS_rmdir,           SYS_sendfile, SYS_splice,    SYS_symlinkat, SYS_truncate,
		SYS_unlink,          SYS_unlinkat, SYS_utimensat, SYS_write,     SYS_writev,
	};

	if (call->number == SYS_open)
		return may_open_change(call->args[1]);
	if (call->number == SYS_openat)
		return may_open_change(call->args[2]);
	/* The flags are the first word of struct open_how. */
	if (call->number == SYS_openat2)
		return may_open_change((uint64_t)ptrace(PTRACE_PEEKDATA, call->pid,
							(void *)(uintptr_t)call->args[2], NULL));
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i] == call->number)
			return 1;
	}
	return 0;
}

const char *trace_fd_path(const struct traced_call *call, int fd)
{
	static char target[512];
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)call->pid, fd);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	return target;
}
