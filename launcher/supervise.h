/* SPDX-License-Identifier: MIT */
/* claudefs-run while a session lives: waits for its children, hands signals and terminal bytes on.
 */
#ifndef CLAUDEFS_LAUNCHER_SUPERVISE_H
#define CLAUDEFS_LAUNCHER_SUPERVISE_H

#include <stdbool.h>
#include <sys/types.h>

#include "launcher/sandbox.h"

/* After SIGTERM or SIGHUP the agent has this long before it is killed, as with container engines.
 */
#define SUPERVISE_GRACE_MS 10000
/* At an ordinary end the daemon may be seen to end before the first process, by the width of the
 * kernel's own clean-up. Longer than this it has left the agent alone. */
#define SUPERVISE_LOST_MS  300

struct child {
	pid_t pid; /* 0: not started, or reaped */
	bool has_ended;
	int code; /* exit code, or 128 + signal */
};

struct supervisor {
	int signal_fd;
	struct child setup;
	struct child first;  /* PID 1 of the sandbox */
	struct child daemon; /* claudefs-mount */
	bool has_lost_view;  /* the daemon ended, so the first process was killed */
	int lost_ms;         /* how long the first process may outlive the daemon */
	/* Sends a signal to the first process, where first.pid is only a client that stands for it.
	 * NULL: kill(2) does. */
	void (*send)(void *arg, int signal_number);
	void *send_arg;
	int stopped_by; /* the last SIGINT, SIGTERM, SIGHUP or SIGQUIT that came; 0: none */
};

/* Blocks the signals and opens a signalfd for them. Before the first child. Returns 0 or -errno. */
int supervisor_open(struct supervisor *supervisor);
void supervisor_close(struct supervisor *supervisor);

/* Waits until fd is readable (or hung up). Returns 0, -EINTR (a signal to stop came), -ETIMEDOUT or
 * -errno. */
int supervisor_await(struct supervisor *supervisor, int fd, int timeout_ms);

/* Until the agent's first process has ended. terminal: the agent's (master side), or -1. If the
 * daemon ends first, the sandbox is ended too. */
void supervisor_run(struct supervisor *supervisor, int terminal);

/* Waits for a child's end; kills it after timeout_ms. */
void supervisor_finish(struct supervisor *supervisor, struct child *child, int timeout_ms);

#endif
