/* SPDX-License-Identifier: MIT */
#include "tests/lib/trace_calls.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "tests/lib/leave.h"
#include "tests/lib/stuck.h"

#define THREADS_MAX     64u
/* Made by a traced child once it has run: nothing after it is looked at. */
#define CALL_OF_THE_END SYS_getppid
#define MARK_OF_THE_END 0x656e64u
#define OPTIONS \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL)

/* Threads whose call was replaced: the error is set when it returns. */
struct failing {
	pid_t tid;
	int error;
};

/* Threads that stand still until all of them are traced, and the signals that they shall get then.
 */
struct stopped {
	pid_t tid;
	int signal;
};

struct tracer {
	struct trace *trace;
	pid_t pid;
	struct failing failing[THREADS_MAX];
	struct stopped stopped[THREADS_MAX];
	size_t stopped_count;
	uint64_t started_ns;
	uint64_t last_stop_ns;
	uint64_t killed_ns; /* by the watchdog; 0: not yet */
	bool is_through;    /* what was to be traced has returned; its process ends */
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

static void at_entry(struct tracer *tracer, pid_t tid, uint64_t number, const uint64_t *args)
{
	struct traced_call call = { .pid = tid, .number = (long)number };
	int decision;

	for (size_t i = 0; i < 6; i++)
		call.args[i] = args[i];
	if (call.number == CALL_OF_THE_END && call.args[0] == MARK_OF_THE_END)
		tracer->is_through = true;
	if (tracer->is_through || (tracer->trace->only_changes && !trace_may_change_files(&call)))
		return;
	call.n = ++tracer->trace->count;
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
		at_entry(tracer, tid, info.entry.nr, info.entry.args);
	} else if (info.op == PTRACE_SYSCALL_INFO_SECCOMP) {
		at_entry(tracer, tid, info.seccomp.nr, info.seccomp.args);
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

	if (signal == (SIGTRAP | 0x80) || status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
		at_call(tracer, tid);
		return 0;
	}
	/* Events, and the first stop of a new thread, are the tracer's business alone. */
	if (status >> 16 != 0 || signal == SIGSTOP || signal == SIGTRAP)
		return 0;
	return signal;
}

/* Ends a wait from time to time, so that the watchdog gets its turn. */
static void on_tick(int signal)
{
	(void)signal;
}

static void set_ticks(bool is_on)
{
	struct itimerval every_second = { .it_interval = { .tv_sec = is_on },
					  .it_value = { .tv_sec = is_on } };
	struct sigaction action = { .sa_handler = on_tick }; /* no SA_RESTART: waitpid returns */

	if (is_on)
		(void)sigaction(SIGALRM, &action, NULL);
	(void)setitimer(ITIMER_REAL, &every_second, NULL);
}

static bool is_over(uint64_t since_ns, unsigned int seconds)
{
	return clock_now_ns() - since_ns > (uint64_t)seconds * 1000000000u;
}

/* Called at each tick. 0, or -ETIMEDOUT: even SIGKILL did not end it. */
static int watch(struct tracer *tracer)
{
	const struct trace *trace = tracer->trace;
	unsigned int quiet = trace->quiet_seconds ? trace->quiet_seconds : TRACE_QUIET_SECONDS;
	unsigned int whole = trace->seconds ? trace->seconds : TRACE_SECONDS;
	bool is_quiet = is_over(tracer->last_stop_ns, quiet);

	if (tracer->killed_ns != 0)
		return is_over(tracer->killed_ns, TRACE_GRACE_SECONDS) ? -ETIMEDOUT : 0;
	if (!is_quiet && !is_over(tracer->started_ns, whole))
		return 0;
	(void)fprintf(stderr, "trace: %s %u s, after %llu calls; all of it:\n",
		      is_quiet ? "no system call for" : "no end within", is_quiet ? quiet : whole,
		      (unsigned long long)trace->count);
	stuck_show_descendants();
	(void)fprintf(stderr, "trace: process %d did not end, and was killed\n", (int)tracer->pid);
	tracer->killed_ns = clock_now_ns();
	(void)kill(tracer->pid, SIGKILL);
	return 0;
}

/* waitpid() under the watchdog. Returns the thread, or -errno. */
static pid_t wait_for(struct tracer *tracer, pid_t tid, int *status)
{
	for (;;) {
		pid_t r = waitpid(tid, status, __WALL);
		int error = errno;

		if (r >= 0) {
			tracer->last_stop_ns = clock_now_ns();
			return r;
		}
		if (error != EINTR)
			return -error;
		error = watch(tracer);
		if (error < 0)
			return error;
	}
}

static int loop(struct tracer *tracer)
{
	enum __ptrace_request request = tracer->trace->only_changes ? PTRACE_CONT : PTRACE_SYSCALL;

	for (;;) {
		int status = 0;
		pid_t tid = wait_for(tracer, -1, &status);

		if (tid < 0)
			return tid;
		if (WIFSTOPPED(status)) {
			int signal = at_stop(tracer, tid, status);

			/* Gone meanwhile: its end is reported next. */
			(void)ptrace(request, tid, NULL, (void *)(long)signal);
			continue;
		}
		if (tid == tracer->pid) {
			tracer->trace->status = status;
			return tracer->killed_ns != 0 ? -ETIMEDOUT : 0;
		}
		if (tracer->trace->on_other_exit)
			tracer->trace->on_other_exit(tid, status, tracer->trace->arg);
	}
}

static void start(struct tracer *tracer)
{
	tracer->trace->count = 0;
	tracer->started_ns = clock_now_ns();
	tracer->last_stop_ns = tracer->started_ns;
	set_ticks(true);
}

/* Stops the watchdog; r passes through. */
static int end(int r)
{
	set_ticks(false);
	return r;
}

int trace_child(struct trace *trace, int (*run)(void *arg), void *run_arg)
{
	struct tracer tracer = { .trace = trace };
	int status = 0;
	int result;

	if (!CAN_TRACE)
		return TRACE_IMPOSSIBLE;
	tracer.pid = fork();
	if (tracer.pid < 0)
		return -errno;
	if (tracer.pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(125);
		(void)raise(SIGSTOP);
		if (trace->only_changes && trace_stop_at_changes(CALL_OF_THE_END) < 0)
			_exit(125);
		result = run(run_arg);
		(void)syscall(CALL_OF_THE_END, MARK_OF_THE_END);
		leave(result);
	}
	if (waitpid(tracer.pid, &status, 0) < 0 || !WIFSTOPPED(status))
		return TRACE_IMPOSSIBLE;
	if (ptrace(PTRACE_SETOPTIONS, tracer.pid, NULL, (void *)OPTIONS) < 0 ||
	    ptrace(trace->only_changes ? PTRACE_CONT : PTRACE_SYSCALL, tracer.pid, NULL, NULL) <
		    0) {
		(void)kill(tracer.pid, SIGKILL);
		(void)waitpid(tracer.pid, &status, 0);
		return TRACE_IMPOSSIBLE;
	}
	start(&tracer);
	return end(loop(&tracer));
}

/* True if the thread cannot be seized because it is ours already (it was born of a thread that is
 * traced, and is traced since) or has ended. */
static bool needs_no_seizing(pid_t pid, pid_t tid)
{
	cleanup_file FILE *file = NULL;
	char path[96];
	char line[256];
	char state = 'X';
	int tracer = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/status", (int)pid, (int)tid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		(void)sscanf(line, "State: %c", &state);
		(void)sscanf(line, "TracerPid: %d", &tracer);
	}
	return tracer == getpid() || state == 'X' || state == 'Z';
}

/* Returns 1 if the thread was seized now and stands still, 0 if there is nothing to do, or -errno.
 */
static int seize_thread(struct tracer *tracer, pid_t tid)
{
	int status = 0;
	pid_t r;

	if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)OPTIONS) < 0) {
		int error = errno;

		if (error == ESRCH || needs_no_seizing(tracer->pid, tid))
			return 0;
		return -error;
	}
	/* Gone meanwhile: its end is waited for in the loop. */
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0)
		return errno == ESRCH ? 0 : -errno;
	r = wait_for(tracer, tid, &status);
	if (r < 0)
		return r;
	if (!WIFSTOPPED(status))
		return tid == tracer->pid ? -ESRCH : 0;
	if (tracer->stopped_count == THREADS_MAX)
		return -E2BIG;
	tracer->stopped[tracer->stopped_count++] =
		(struct stopped){ tid, at_stop(tracer, tid, status) };
	return 1;
}

/* One pass over the threads that there are now. Returns how many are new, or -errno. */
static int seize_threads(struct tracer *tracer)
{
	cleanup_dir DIR *dir = NULL;
	char path[64];
	int count = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)tracer->pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		int r = tid > 0 ? seize_thread(tracer, tid) : 0;

		if (r < 0)
			return r;
		count += r;
	}
	return count;
}

/* The process may just be making threads. Once a pass over all of them finds none that is new, with
 * every older one standing still, there are no others; those that are born of traced threads later
 * are traced from the start. */
static int seize_all(struct tracer *tracer)
{
	int r;

	do {
		r = seize_threads(tracer);
	} while (r > 0);
	if (r < 0)
		return r;
	for (size_t i = 0; i < tracer->stopped_count; i++)
		(void)ptrace(PTRACE_SYSCALL, tracer->stopped[i].tid, NULL,
			     (void *)(long)tracer->stopped[i].signal);
	return 0;
}

int trace_running(struct trace *trace, pid_t pid)
{
	struct tracer tracer = { .trace = trace, .pid = pid };
	int r;

	if (!CAN_TRACE)
		return TRACE_IMPOSSIBLE;
	start(&tracer);
	r = seize_all(&tracer);
	if (r < 0)
		return end(r == -EPERM && tracer.stopped_count == 0 ? TRACE_IMPOSSIBLE : r);
	if (trace->on_ready)
		trace->on_ready(trace->arg);
	return end(loop(&tracer));
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
