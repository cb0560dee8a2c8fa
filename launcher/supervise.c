/* SPDX-License-Identifier: MIT */
#include "launcher/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/subprocess.h"
#include "launcher/host_terminal.h"
#include "launcher/relay.h"

static const int watched[] = { SIGCHLD, SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
			       SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH };

int supervisor_open(struct supervisor *supervisor)
{
	sigset_t set;

	*supervisor = (struct supervisor){ .signal_fd = -1, .lost_ms = SUPERVISE_LOST_MS };
	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
		(void)sigaddset(&set, watched[i]);
	/* A write to a reader that went away is an error code here, not the end of the session. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	supervisor->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return supervisor->signal_fd < 0 ? -errno : 0;
}

void supervisor_close(struct supervisor *supervisor)
{
	if (supervisor->signal_fd >= 0)
		(void)close(supervisor->signal_fd);
	supervisor->signal_fd = -1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void reap(struct child *child)
{
	int status;

	if (child->pid <= 0 || waitpid(child->pid, &status, WNOHANG) != child->pid)
		return;
	child->pid = 0;
	child->has_ended = true;
	child->code = subprocess_code(status);
}

static void reap_all(struct supervisor *supervisor)
{
	reap(&supervisor->setup);
	reap(&supervisor->first);
	reap(&supervisor->daemon);
}

/* Reads one signal; reaps and notes. Returns its number, or 0: none waits. */
static int next_signal(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	if (read(supervisor->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	if (info.ssi_signo == SIGCHLD)
		reap_all(supervisor);
	if (info.ssi_signo == SIGHUP || info.ssi_signo == SIGINT || info.ssi_signo == SIGQUIT ||
	    info.ssi_signo == SIGTERM)
		supervisor->stopped_by = (int)info.ssi_signo;
	return (int)info.ssi_signo;
}

int supervisor_await(struct supervisor *supervisor, int fd, int timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;

	for (;;) {
		struct pollfd polls[] = { { .fd = fd, .events = POLLIN },
					  { .fd = supervisor->signal_fd, .events = POLLIN } };
		int64_t left = deadline - now_ms();

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(polls, 2, (int)left) < 0 && errno != EINTR)
			return -errno;
		while (next_signal(supervisor) != 0) {
			if (supervisor->stopped_by)
				return -EINTR;
		}
		if (polls[0].revents)
			return 0;
	}
}

static void send_signal(const struct supervisor *supervisor, int signal_number)
{
	if (supervisor->send)
		supervisor->send(supervisor->send_arg, signal_number);
	else
		(void)kill(supervisor->first.pid, signal_number);
}

static void kill_first(const struct supervisor *supervisor)
{
	/* PID 1 of a namespace takes all its processes with it. */
	if (supervisor->first.pid > 0)
		send_signal(supervisor, SIGKILL);
}

static void pass_on(struct supervisor *supervisor, int signal_number, int terminal,
		    int64_t *deadline)
{
	if (signal_number == SIGCHLD || supervisor->first.pid <= 0)
		return;
	if (signal_number == SIGWINCH && terminal >= 0) {
		/* The kernel tells the terminal's foreground processes. */
		host_terminal_copy_size(terminal);
		return;
	}
	if ((signal_number == SIGTERM || signal_number == SIGHUP) && *deadline < 0)
		*deadline = now_ms() + SUPERVISE_GRACE_MS;
	send_signal(supervisor, signal_number);
}

void supervisor_run(struct supervisor *supervisor, int terminal)
{
	struct relay relay;
	int64_t deadline = -1;
	bool is_alone = false;

	relay_init(&relay, terminal);
	while (!supervisor->first.has_ended) {
		struct pollfd polls[1 + RELAY_POLLS] = {
			{ .fd = supervisor->signal_fd, .events = POLLIN },
			{ .fd = -1 },
			{ .fd = -1 },
			{ .fd = -1 },
		};
		int64_t left = deadline < 0 ? -1 : deadline - now_ms();
		int signal_number;

		if (deadline >= 0 && left <= 0) {
			supervisor->has_lost_view = is_alone;
			kill_first(supervisor);
			deadline = -1;
			left = -1;
		}
		if (terminal >= 0)
			relay_prepare(&relay, polls + 1);
		if (poll(polls, 1 + RELAY_POLLS, (int)left) < 0)
			continue;
		while ((signal_number = next_signal(supervisor)) != 0)
			pass_on(supervisor, signal_number, terminal, &deadline);
		/* Without the daemon every access fails: what the agent says from here on is noise,
		 * and what it writes is lost. */
		if (supervisor->daemon.has_ended && !is_alone) {
			is_alone = true;
			deadline = now_ms() + supervisor->lost_ms;
		}
		if (terminal >= 0)
			relay_move(&relay, polls + 1);
	}
	if (terminal >= 0)
		relay_drain(&relay);
}

void supervisor_finish(struct supervisor *supervisor, struct child *child, int timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;
	bool is_killed = false;

	/* Its signal may have come, and been read, before anybody waited for it. */
	reap(child);
	while (child->pid > 0) {
		struct pollfd polled = { .fd = supervisor->signal_fd, .events = POLLIN };
		int64_t left = deadline - now_ms();

		if (left <= 0 && !is_killed) {
			(void)kill(child->pid, SIGKILL);
			is_killed = true;
		}
		(void)poll(&polled, 1, is_killed ? 1000 : (int)left);
		while (next_signal(supervisor) != 0)
			;
		/* Not only by SIGCHLD: several ends may have become one signal. */
		reap(child);
	}
}
