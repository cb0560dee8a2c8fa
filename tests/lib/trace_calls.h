/* SPDX-License-Identifier: MIT */
/* Watches the system calls of a process and all its threads by ptrace, and lets a test decide at
 * the entry of each: go on, fail with an error, transfer only a part, or die (SIGKILL). x86-64. */
#ifndef CLAUDEFS_TESTS_TRACE_CALLS_H
#define CLAUDEFS_TESTS_TRACE_CALLS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TRACE_GO    0    /* as if nobody looked */
#define TRACE_KILL  (-1) /* SIGKILL now: the call has not happened */
#define TRACE_SHORT (-2) /* half of what the third argument asks for */
/* A positive errno: the call does not happen, and fails with it. */

/* The watchdog. A traced process of which no thread came to a system call for so long, or that has
 * not ended after so long, is shown (tests/lib/stuck.h) and killed. */
#define TRACE_QUIET_SECONDS 60u
#define TRACE_SECONDS       240u
#define TRACE_GRACE_SECONDS 10u /* from SIGKILL to giving up */

#define TRACE_IMPOSSIBLE (-ENOSYS) /* no ptrace here: a reason to skip */

struct traced_call {
	pid_t pid; /* of the thread */
	long number;
	uint64_t args[6];
	uint64_t n; /* from 1, over all threads */
};

struct trace {
	int (*on_entry)(const struct traced_call *call, void *arg);
	/* trace_running() has got hold of every thread: what is to be seen may begin. Or NULL. */
	void (*on_ready)(void *arg);
	/* Another child of ours ended; or NULL. */
	void (*on_other_exit)(pid_t pid, int status, void *arg);
	void *arg;
	/* trace_child() only: stop at calls that may change files alone, which is several times as
	 * fast. The others are not counted; on_entry may say TRACE_GO or TRACE_KILL, and the child
	 * may not fork (its children's calls would fail). */
	bool only_changes;
	unsigned int quiet_seconds; /* 0: TRACE_QUIET_SECONDS */
	unsigned int seconds;       /* 0: TRACE_SECONDS */
	int status;                 /* set: as of wait(2) */
	uint64_t count;             /* set: entries seen */
};

/* Forks a child that calls run(run_arg) and exits with its result. Returns 0 when it has ended,
 * TRACE_IMPOSSIBLE, -ETIMEDOUT (the watchdog killed it, and has said so), or another -errno. */
int trace_child(struct trace *trace, int (*run)(void *arg), void *run_arg);

/* The same for a child that runs already, with all its threads, and may be making more. On an error
 * it may still run. SIGALRM and the real-time interval timer are ours meanwhile. */
int trace_running(struct trace *trace, pid_t pid);

/* True if the call may change what is on a disk. Killed before two calls of which the first may
 * not, a process leaves the same files. */
int trace_may_change_files(const struct traced_call *call);

/* In the child: from now on calls that may change files, and mark, stop for the tracer. Returns 0
 * or -errno. */
int trace_stop_at_changes(long mark);

/* The path behind a descriptor of the traced process (static buffer), or "". */
const char *trace_fd_path(const struct traced_call *call, int fd);

#endif
