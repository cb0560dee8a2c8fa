/* SPDX-License-Identifier: MIT */
#include "fs/base/secret_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/subprocess.h"

struct flow {
	int in;  /* to the program; -1: done */
	int out; /* from it; -1: done */
	const struct secret *input;
	size_t sent;
	struct secret *output;
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A pipe whose end for us (ours: 0 to read, 1 to write) does not block. */
static int make_pipe(int ours, int *ret_ours, int *ret_theirs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*ret_ours = ends[ours];
	*ret_theirs = ends[1 - ours];
	return fcntl(*ret_ours, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static void end(int *fd)
{
	cleanup_close_fd(fd);
	*fd = -1;
}

static void send_some(struct flow *flow)
{
	ssize_t n = write(flow->in, flow->input->data + flow->sent, flow->input->len - flow->sent);

	if (n > 0)
		flow->sent += (size_t)n;
	/* A program that does not want it all says by its exit code whether that was right. */
	if ((n < 0 && errno != EAGAIN && errno != EINTR) || flow->sent == flow->input->len)
		end(&flow->in);
}

static int receive_some(struct flow *flow)
{
	struct secret *output = flow->output;
	ssize_t n = read(flow->out, output->data + output->len, SECRET_MAX + 1 - output->len);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		end(&flow->out);
	output->len += (size_t)n;
	return output->len > SECRET_MAX ? -EFBIG : 0;
}

static int move_all(struct flow *flow, int64_t deadline)
{
	int r = 0;

	while (r == 0 && (flow->in >= 0 || flow->out >= 0)) {
		struct pollfd fds[] = { { .fd = flow->in, .events = POLLOUT },
					{ .fd = flow->out, .events = POLLIN } };
		int64_t left = deadline - now_ms();

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents)
			send_some(flow);
		if (fds[1].revents)
			r = receive_some(flow);
	}
	return r;
}

/* Its pipes may have ended long before it does. No SIGCHLD is waited for: who calls this has its
 * own use for that. */
static int await_end(pid_t pid, int64_t deadline, int *ret_code)
{
	struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 &&
		    errno != EINTR)
			return -errno;
		if (info.si_pid == pid)
			return subprocess_wait(pid, ret_code);
		if (now_ms() >= deadline)
			return -ETIMEDOUT;
		(void)nanosleep(&pause, NULL);
	}
}

static int open_flow(const struct secret_program *program, struct flow *flow, int theirs[2])
{
	int r = 0;

	flow->input = program->input;
	if (program->input)
		r = make_pipe(1, &flow->in, &theirs[0]);
	if (r == 0 && program->has_output) {
		r = make_pipe(0, &flow->out, &theirs[1]);
		if (r == 0)
			r = secret_new(&flow->output);
	}
	return r;
}

int secret_program_run(const struct secret_program *program, struct secret **ret_output,
		       int *ret_code)
{
	struct flow flow = { .in = -1, .out = -1 };
	int theirs[2] = { -1, -1 };
	int64_t deadline = now_ms() + program->timeout_ms;
	struct subprocess what = { .argv = program->argv,
				   .envp = program->envp,
				   .stderr_fd = SUBPROCESS_NULL,
				   .directory = program->directory,
				   .is_own_session = true };
	pid_t pid = 0;
	int r = open_flow(program, &flow, theirs);

	what.stdin_fd = theirs[0] >= 0 ? theirs[0] : SUBPROCESS_NULL;
	what.stdout_fd = theirs[1] >= 0 ? theirs[1] : SUBPROCESS_NULL;
	if (r == 0)
		r = subprocess_start(&what, &pid);
	end(&theirs[0]);
	end(&theirs[1]);
	if (r == 0)
		r = move_all(&flow, deadline);
	end(&flow.in);
	end(&flow.out);
	if (r == 0)
		r = await_end(pid, deadline, ret_code);
	if (r < 0 && pid > 0) {
		/* It leads a session, and what it started belongs to it. */
		(void)kill(-pid, SIGKILL);
		(void)subprocess_wait(pid, NULL);
	}
	if (r == 0 && program->has_output)
		*ret_output = steal_ptr(&flow.output);
	secret_free(flow.output);
	return r;
}
