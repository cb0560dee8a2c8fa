/* SPDX-License-Identifier: MIT */
/* probe: tries every risky call and prints one line for each: NAME, a tab, and "blocked ERRNO",
 * "blocked SIGSYS", "possible" or "reached ERRNO" (the call failed for a reason that only comes
 * behind the permission checks). With arguments only the calls whose names begin with one of them.
 * Exit code 0: all were blocked. It needs nothing but a C library,
 * so it runs in any sandbox; a run without one is its own control. */
#include "tests/probe/probe.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ATTEMPT_SECONDS 10

static const struct probe_call *const tables[] = { namespace_calls, mount_calls,  process_calls,
						   kernel_calls,    socket_calls, machine_calls,
						   entry_calls };

struct answer {
	long result;
	int error;
};

static bool is_refusal(int error)
{
	return error == EPERM || error == EACCES || error == ENOSYS || error == EAFNOSUPPORT ||
	       error == EPROTONOSUPPORT;
}

_Noreturn static void attempt(const struct probe_call *call, int out)
{
	struct answer answer;

	(void)alarm(ATTEMPT_SECONDS);
	errno = 0;
	answer.result = call->attempt();
	answer.error = errno;
	_exit(write(out, &answer, sizeof(answer)) == (ssize_t)sizeof(answer) ? 0 : 1);
}

/* Returns whether it was blocked. */
static bool try_call(const struct probe_call *call)
{
	struct answer answer;
	int ends[2], status = 0;
	const char *name;
	ssize_t got;
	pid_t child;

	(void)fflush(stdout);
	if (pipe(ends) < 0 || (child = fork()) < 0) {
		(void)printf("%s\tnot tried: %s\n", call->name, strerror(errno));
		return false;
	}
	if (child == 0) {
		(void)close(ends[0]);
		attempt(call, ends[1]);
	}
	(void)close(ends[1]);
	got = read(ends[0], &answer, sizeof(answer));
	(void)close(ends[0]);
	(void)waitpid(child, &status, 0);
	if (got != (ssize_t)sizeof(answer)) {
		int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

		(void)printf("%s\t%s SIG%s\n", call->name,
			     number == SIGSYS ? "blocked" : "not answered",
			     number ? sigabbrev_np(number) : "none");
		return number == SIGSYS;
	}
	if (answer.result >= 0) {
		(void)printf("%s\tpossible\n", call->name);
		return false;
	}
	name = strerrorname_np(answer.error);
	(void)printf("%s\t%s %s\n", call->name, is_refusal(answer.error) ? "blocked" : "reached",
		     name ? name : "?");
	return is_refusal(answer.error);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(name, argv[i], strlen(argv[i])) == 0)
			return true;
	}
	return argc <= 1;
}

int main(int argc, char **argv)
{
	unsigned int tried = 0, blocked = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (const struct probe_call *call = tables[i]; call->name; call++) {
			if (!is_wanted(call->name, argc, argv))
				continue;
			blocked += try_call(call) ? 1 : 0;
			tried++;
		}
	}
	(void)printf("# blocked %u of %u\n", blocked, tried);
	return tried > 0 && blocked == tried ? 0 : 1;
}
