/* SPDX-License-Identifier: MIT */
/* The person's terminal while the agent has one of its own: raw, and restored on every way out. */
#ifndef CLAUDEFS_LAUNCHER_HOST_TERMINAL_H
#define CLAUDEFS_LAUNCHER_HOST_TERMINAL_H

/* Gives pty (the master side) the size and settings of the terminal at 0, and makes that raw. It is
 * put back by host_terminal_restore(), at exit, and on a fatal signal of this program. Returns 0
 * or -errno. */
int host_terminal_enter(int pty);

/* Idempotent. */
void host_terminal_restore(void);

/* Hands a new window size on (the kernel then sends SIGWINCH inside). */
void host_terminal_copy_size(int pty);

#endif
