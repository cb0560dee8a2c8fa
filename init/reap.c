/* SPDX-License-Identifier: MIT */
#include "init/reap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
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

/* execve(2) says the same of a script whose interpreter, or of a program whose loader is missing.
 */
static bool is_there(const char *program)
{
	cleanup_fd int fd = strchr(program, '/') ? open(program, O_PATH | O_CLOEXEC) : -1;

	return fd >= 0;
}

static int exec_command(const struct init_context *context)
{
	int error;

	(void)execvp(context->argv[0], context->argv);
	error = errno;
	if (error == ENOENT && is_there(context->argv[0]))
		message_error("%s: what runs it is not in the sandbox: the interpreter that its "
			      "first line names, or its dynamic loader",
			      context->argv[0]);
	else if (error == ENOENT)
		message_error("%s: not in the sandbox, which has the system's programs and the "
			      "project (claudefs-run --print-plan)",
			      context->argv[0]);
	else
		message_error("%s: %s", context->argv[0], strerror(error));
	return error == ENOENT ? EXIT_RUN_NOT_FOUND : EXIT_RUN_CANNOT_EXEC;
}

int reap_become(const struct init_context *context)
{
	return exec_command(context);
}

_Noreturn static void become_agent(const struct init_context *context)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* A session of its own, so that no terminal of the host is its controlling one. */
	(void)setsid();
	if (context->has_terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0) {
		message_error("terminal: cannot take it as the controlling one: %s",
			      strerror(errno));
		_exit(EXIT_RUN_FAILED);
	}
	_exit(exec_command(context));
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

/* The next signal, or SIGTERM for the hang-up of the lifeline (once). */
static int next_signal(int signal_fd, int *lifeline)
{
	struct signalfd_siginfo info;
	struct pollfd polls[] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = *lifeline, .events = 0 },
	};

	if (poll(polls, 2, -1) < 0)
		return 0;
	if (polls[1].revents) {
		*lifeline = -1;
		return SIGTERM;
	}
	return read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo
									     : 0;
}

int reap_run(const struct init_context *context)
{
	int lifeline = context->lifeline;
	int code = EXIT_RUN_FAILED;
	cleanup_fd int signal_fd = -1;
	sigset_t set;
	pid_t agent;

	fill_set(&set);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	agent = signal_fd < 0 ? -1 : fork();
	if (agent < 0) {
		message_error("%s: cannot start it: %s", context->argv[0], strerror(errno));
		return EXIT_RUN_FAILED;
	}
	if (agent == 0)
		become_agent(context);
	for (;;) {
		int signal_number = next_signal(signal_fd, &lifeline);

		if (signal_number == SIGCHLD) {
			if (reap_children(agent, &code))
				return code;
		} else if (signal_number > 0) {
			(void)kill(agent, signal_number);
		}
	}
}
