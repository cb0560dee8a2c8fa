/* SPDX-License-Identifier: MIT */
#include "init/reap.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/message.h"

static const int forwarded[] = { SIGHUP,  SIGINT,  SIGQUIT,  SIGTERM,
				 SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT };

static void fill_set(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		(void)sigaddset(set, forwarded[i]);
}

void reap_block_signals(void)
{
	sigset_t set;

	fill_set(&set);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
}

_Noreturn static void become_agent(const struct init_context *context)
{
	sigset_t none;
	int error;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* A session of its own, so that no terminal of the host is its controlling one. */
	(void)setsid();
	if (context->has_terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0) {
		message_error("terminal: cannot take it as the controlling one: %s",
			      strerror(errno));
		_exit(EXIT_RUN_FAILED);
	}
	(void)execvp(context->argv[0], context->argv);
	error = errno;
	message_error("%s: %s", context->argv[0], strerror(error));
	_exit(error == ENOENT ? EXIT_RUN_NOT_FOUND : EXIT_RUN_CANNOT_EXEC);
}

static int code_of(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
}

/* Collects every child that changed. Returns true when the agent ended. */
static bool reap_children(pid_t agent, int *ret_code)
{
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG) < 0 || info.si_pid == 0)
			return false;
		if (info.si_pid != agent)
			continue;
		/* Nobody in here could wake a stopped agent: there is no shell around it. */
		if (info.si_code == CLD_STOPPED) {
			(void)kill(agent, SIGCONT);
			continue;
		}
		*ret_code = code_of(&info);
		return true;
	}
}

int reap_run(const struct init_context *context)
{
	int code = EXIT_RUN_FAILED;
	sigset_t set;
	pid_t agent;

	fill_set(&set);
	agent = fork();
	if (agent < 0) {
		message_error("%s: cannot start it: %s", context->argv[0], strerror(errno));
		return EXIT_RUN_FAILED;
	}
	if (agent == 0)
		become_agent(context);
	for (;;) {
		int signal_number = sigwaitinfo(&set, NULL);

		if (signal_number == SIGCHLD) {
			if (reap_children(agent, &code))
				return code;
		} else if (signal_number > 0) {
			(void)kill(agent, signal_number);
		}
	}
}
