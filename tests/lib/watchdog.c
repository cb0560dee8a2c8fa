/* SPDX-License-Identifier: MIT */
/* Runs a test, and does not wait for it forever.
 *
 *	watchdog SECONDS COMMAND [ARGUMENT...]
 *
 * A test that is not through by then is shown (what each thread of it and of everything that it
 * started waits for), killed with all of that, and has failed with 124. CLAUDEFS_TEST_TIMES is the
 * factor for slow runs, as meson's --timeout-multiplier. Everything that the test leaves behind
 * becomes our child, so that daemons are found too. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/stuck.h"

#define EXIT_STUCK 124
#define EXIT_USAGE 2

static unsigned int factor(void)
{
	const char *text = getenv("CLAUDEFS_TEST_TIMES");
	unsigned long times = text ? strtoul(text, NULL, 10) : 1;

	return times >= 1 && times <= 1000 ? (unsigned int)times : 1;
}

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Waits for the command, and for whatever is orphaned meanwhile, with SIGCHLD blocked. Returns its
 * exit code, or -1 at the deadline. */
static int wait_for(pid_t command, const sigset_t *set, time_t deadline)
{
	for (;;) {
		struct timespec left = { .tv_sec = 1 };
		struct timespec now;
		int status = 0;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid == command)
			return code_of(status);
		if (pid > 0)
			continue;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec >= deadline)
			return -1;
		(void)sigtimedwait(set, NULL, &left);
	}
}

static int run(unsigned int seconds, char **argv)
{
	struct timespec now;
	sigset_t old;
	sigset_t set;
	pid_t pid;
	int code;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, &old) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return EXIT_USAGE;
	pid = fork();
	if (pid == 0) {
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
		(void)execvp(argv[0], argv);
		(void)fprintf(stderr, "watchdog: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	code = pid < 0 ? EXIT_USAGE : wait_for(pid, &set, now.tv_sec + (time_t)seconds);
	if (code >= 0)
		return code;
	(void)fprintf(stderr, "watchdog: %s did not end within %u s; what it waits for:\n", argv[0],
		      seconds);
	stuck_show_descendants();
	(void)fprintf(stderr, "watchdog: %s did not end within %u s, and was killed\n", argv[0],
		      seconds);
	/* Twice: something may just have been started. */
	stuck_kill_descendants();
	stuck_kill_descendants();
	return EXIT_STUCK;
}

int main(int argc, char **argv)
{
	unsigned long seconds = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;

	if (seconds < 1 || seconds > 100000) {
		(void)fprintf(stderr, "usage: watchdog SECONDS COMMAND [ARGUMENT...]\n");
		return EXIT_USAGE;
	}
	return run((unsigned int)seconds * factor(), argv + 2);
}
