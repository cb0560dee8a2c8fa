/* SPDX-License-Identifier: MIT */
#include "launcher/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/fd.h"

enum { POLL_STDIN, POLL_STDOUT, POLL_PTY };

void relay_init(struct relay *relay, int pty)
{
	*relay = (struct relay){ .pty = pty };
	/* Only the pty: the person's terminal is shared with other processes, whose descriptors
	 * would become non-blocking as well. poll(2) says when it takes something. */
	(void)fcntl(pty, F_SETFL, fcntl(pty, F_GETFL) | O_NONBLOCK);
}

void relay_prepare(const struct relay *relay, struct pollfd polls[RELAY_POLLS])
{
	polls[POLL_STDIN] = (struct pollfd){ .fd = -1, .events = POLLIN };
	polls[POLL_STDOUT] = (struct pollfd){ .fd = -1, .events = POLLOUT };
	polls[POLL_PTY] = (struct pollfd){ .fd = -1 };
	if (!relay->in.is_ended && relay->in.len == 0)
		polls[POLL_STDIN].fd = STDIN_FILENO;
	if (relay->out.len > 0)
		polls[POLL_STDOUT].fd = STDOUT_FILENO;
	if (!relay->out.is_ended && relay->out.len == 0)
		polls[POLL_PTY].events |= POLLIN;
	if (relay->in.len > 0)
		polls[POLL_PTY].events |= POLLOUT;
	/* Once hung up it would always be ready. */
	if (!relay->out.is_ended && polls[POLL_PTY].events)
		polls[POLL_PTY].fd = relay->pty;
}

static void fill(struct relay_pipe *pipe, int fd)
{
	ssize_t n = read(fd, pipe->data, sizeof(pipe->data));

	if (n > 0) {
		pipe->start = 0;
		pipe->len = (size_t)n;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		pipe->is_ended = true;
	}
}

static void empty(struct relay_pipe *pipe, int fd, size_t most)
{
	size_t len = pipe->len < most ? pipe->len : most;
	ssize_t n = write(fd, pipe->data + pipe->start, len);

	if (n > 0) {
		pipe->start += (size_t)n;
		pipe->len -= (size_t)n;
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		pipe->len = 0; /* nobody reads it any more */
	}
}

void relay_move(struct relay *relay, const struct pollfd polls[RELAY_POLLS])
{
	if (polls[POLL_STDIN].revents)
		fill(&relay->in, STDIN_FILENO);
	if (polls[POLL_PTY].revents & (POLLIN | POLLHUP | POLLERR))
		fill(&relay->out, relay->pty);
	if (polls[POLL_PTY].revents & POLLOUT)
		empty(&relay->in, relay->pty, RELAY_BUFFER);
	/* A terminal that is ready takes at least a small write without blocking. */
	if (polls[POLL_STDOUT].revents)
		empty(&relay->out, STDOUT_FILENO, 512);
}

void relay_drain(struct relay *relay)
{
	for (;;) {
		if (relay->out.len > 0 &&
		    fd_write_all(STDOUT_FILENO, relay->out.data + relay->out.start,
				 relay->out.len) < 0)
			return;
		relay->out.len = 0;
		if (relay->out.is_ended)
			return;
		fill(&relay->out, relay->pty);
		if (relay->out.len == 0)
			return;
	}
}
