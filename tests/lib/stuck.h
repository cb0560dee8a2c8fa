/* SPDX-License-Identifier: MIT */
/* Processes that do not end: bounded waits, and a look at what each thread waits for, so that a
 * test that hangs says where, and fails instead of standing still. Reads /proc; kernel stacks need
 * root. */
#ifndef CLAUDEFS_TESTS_STUCK_H
#define CLAUDEFS_TESTS_STUCK_H

#include <sys/types.h>

/* Prints on stderr the state, system call, pending signals and kernel stack of each thread. */
void stuck_show(pid_t pid);

/* stuck_show() of every descendant of ours, youngest last. */
void stuck_show_descendants(void);

/* Kills (SIGKILL) every descendant of ours. */
void stuck_kill_descendants(void);

/* Waits for a child's end, at most so many seconds. Then it is shown, killed, and waited for ten
 * seconds more. Returns 0, -ETIMEDOUT, or another -errno of wait(2). ret_status (as of wait) may be
 * NULL. */
int stuck_wait(pid_t pid, unsigned int seconds, int *ret_status);

#endif
