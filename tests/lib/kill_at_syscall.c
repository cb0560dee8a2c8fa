/* SPDX-License-Identifier: MIT */
#include "tests/lib/kill_at_syscall.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t wait_for(pid_t pid, int *status)
{
	pid_t r;

	do {
		r = waitpid(pid, status, 0);
	} while (r < 0 && errno == EINTR);
	return r;
}

static void kill_and_reap(pid_t pid)
{
	int status;

	(void)kill(pid, SIGKILL);
	while (wait_for(pid, &status) == pid && !WIFEXITED(status) && !WIFSIGNALED(status))
		;
}

/* What to do at the n-th call (act, with n 0: at each); no act: kill. */
struct deed {
	uint64_t n;
	void (*act)(void *arg);
	void *arg;
	bool is_done;
};

static enum kill_result trace(pid_t pid, struct deed *deed, int *ret_status, uint64_t *ret_count)
{
	uint64_t count = 0;
	bool is_entry = true;
	int status = 0;
	int signal = 0;

	if (wait_for(pid, &status) < 0 || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) < 0) {
		kill_and_reap(pid);
		return KILL_NO_TRACE;
	}
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal) < 0 ||
		    wait_for(pid, &status) < 0) {
			kill_and_reap(pid);
			return KILL_NO_TRACE;
		}
		signal = 0;
		if (WIFEXITED(status) || WIFSIGNALED(status))
			break;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
			continue;
		}
		if (is_entry && (++count == deed->n || (deed->n == 0 && deed->act))) {
			deed->is_done = true;
			if (!deed->act) {
				kill_and_reap(pid);
				return KILL_DONE;
			}
			deed->act(deed->arg);
		}
		is_entry = !is_entry;
	}
	if (ret_status)
		*ret_status = status;
	if (ret_count)
		*ret_count = count;
	return deed->is_done ? KILL_DONE : KILL_TOO_LATE;
}

static enum kill_result start(struct deed *deed, int (*run)(void *arg), void *arg, int *ret_status,
			      uint64_t *ret_count)
{
	pid_t pid = fork();

	if (pid < 0)
		return KILL_NO_TRACE;
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(125);
		(void)raise(SIGSTOP);
		_exit(run(arg));
	}
	return trace(pid, deed, ret_status, ret_count);
}

enum kill_result kill_at_syscall(uint64_t n, int (*run)(void *arg), void *arg, int *ret_status,
				 uint64_t *ret_count)
{
	struct deed deed = { .n = n };

	return start(&deed, run, arg, ret_status, ret_count);
}

enum kill_result act_at_syscall(uint64_t n, int (*run)(void *arg), void *arg,
				void (*act)(void *arg), void *act_arg, int *ret_status)
{
	struct deed deed = { .n = n, .act = act, .arg = act_arg };

	return start(&deed, run, arg, ret_status, NULL);
}
