/* SPDX-License-Identifier: MIT */
/* Starting another program: argv only, never a shell, and no descriptor passes that was not named.
 */
#ifndef CLAUDEFS_BASE_SUBPROCESS_H
#define CLAUDEFS_BASE_SUBPROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SUBPROCESS_NULL -1 /* instead of a descriptor: /dev/null */

struct subprocess {
	const char *const *argv; /* argv[0] is the program's path; PATH is not searched */
	const char *const *envp; /* NULL: the caller's environment */
	int stdin_fd;            /* all three borrowed, or SUBPROCESS_NULL */
	int stdout_fd;
	int stderr_fd;
	const int *keep; /* further descriptors that stay open under their own numbers (over 2) */
	size_t keep_count;
	const char *directory; /* to start in; NULL: the caller's */
	bool is_own_session;   /* setsid: no controlling terminal, out of reach of its Ctrl-C */
};

/* Starts the program; its signal mask is empty and SIGPIPE is back to its default. Descriptors
 * other than 0, 1, 2 and keep are closed as far as they are O_CLOEXEC (all of ours are). Returns 0,
 * or the -errno of the failed fork or exec (then no child is left behind). */
int subprocess_start(const struct subprocess *what, pid_t *ret_pid);

/* Waits for the child. *ret_code is its exit code, or 128 + signal. Returns 0 or -errno. */
int subprocess_wait(pid_t pid, int *ret_code);

/* subprocess_start() and subprocess_wait(). */
int subprocess_run(const struct subprocess *what, int *ret_code);

/* The exit code, or 128 + signal, of a status that waitpid(2) returned. */
int subprocess_code(int wait_status);

#endif
