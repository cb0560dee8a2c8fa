/* SPDX-License-Identifier: MIT */
/* Two sockets, two pipes, splice(2): the bytes of a connection never enter this process. */
#include <errno.h>
#include <event2/buffer.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "init/gateway/gate.h"

#define PIPE_BYTES (1 << 20)
#define TURNS_MAX  16u /* moves in one go, so that one connection does not starve the others */

struct relay;

struct direction {
	struct relay *relay;
	int from, to;
	int pipe[2];
	size_t in_pipe;
	struct evbuffer *first; /* before anything else; NULL: nothing */
	bool has_ended;         /* from has */
	bool ends_after_first;  /* nothing is taken of from */
	bool is_done;
	struct event *readable; /* of from */
	struct event *writable; /* of to */
};

struct relay {
	struct direction up, down;
	int client, upstream;
	void (*done)(void *arg);
	void *arg;
};

static void direction_done(struct direction *direction)
{
	if (direction->readable)
		event_free(direction->readable);
	if (direction->writable)
		event_free(direction->writable);
	if (direction->first)
		evbuffer_free(direction->first);
	cleanup_close_fd(&direction->pipe[0]);
	cleanup_close_fd(&direction->pipe[1]);
}

static void relay_free(struct relay *relay)
{
	direction_done(&relay->up);
	direction_done(&relay->down);
	free(relay);
}

static void relay_end(struct relay *relay)
{
	void (*done)(void *arg) = relay->done;
	void *arg = relay->arg;

	(void)close(relay->client);
	(void)close(relay->upstream);
	relay_free(relay);
	done(arg);
}

enum move {
	MOVE_GOES_ON,
	MOVE_WAITS,
	MOVE_FAILED,
};

static enum move wait_for(struct event *event)
{
	return event_add(event, NULL) == 0 ? MOVE_WAITS : MOVE_FAILED;
}

static enum move fill(struct direction *direction)
{
	ssize_t n = splice(direction->from, NULL, direction->pipe[1], NULL, PIPE_BYTES,
			   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

	if (n > 0) {
		direction->in_pipe = (size_t)n;
		return MOVE_GOES_ON;
	}
	if (n == 0) {
		direction->has_ended = true;
		return MOVE_GOES_ON;
	}
	if (errno == EINTR)
		return MOVE_GOES_ON;
	return errno == EAGAIN ? wait_for(direction->readable) : MOVE_FAILED;
}

static enum move drain(struct direction *direction)
{
	ssize_t n;

	if (direction->first) {
		n = evbuffer_get_length(direction->first)
			    ? evbuffer_write(direction->first, direction->to)
			    : 0;
		if (evbuffer_get_length(direction->first) == 0) {
			evbuffer_free(direction->first);
			direction->first = NULL;
		}
	} else {
		n = splice(direction->pipe[0], NULL, direction->to, NULL, direction->in_pipe,
			   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
		if (n > 0)
			direction->in_pipe -= (size_t)n;
	}
	if (n >= 0 || errno == EINTR)
		return MOVE_GOES_ON;
	return errno == EAGAIN ? wait_for(direction->writable) : MOVE_FAILED;
}

/* False: the relay is gone. */
static bool pump(struct direction *direction)
{
	struct relay *relay = direction->relay;
	enum move move = MOVE_GOES_ON;

	for (unsigned int turn = 0; move == MOVE_GOES_ON; turn++) {
		if (turn == TURNS_MAX) {
			event_active(direction->writable, EV_WRITE, 0);
			return true;
		}
		if (direction->first || direction->in_pipe > 0) {
			move = drain(direction);
		} else if (direction->has_ended) {
			(void)shutdown(direction->to, SHUT_WR);
			direction->is_done = true;
			break;
		} else if (direction->ends_after_first) {
			/* No shutdown: some servers take the end of a request for a hang-up. */
			direction->is_done = true;
			break;
		} else {
			move = fill(direction);
		}
	}
	if (move == MOVE_FAILED || (relay->up.is_done && relay->down.is_done)) {
		relay_end(relay);
		return false;
	}
	return true;
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)pump(arg);
}

static int direction_init(struct direction *direction, struct relay *relay, struct event_base *base,
			  int from, int to)
{
	direction->relay = relay;
	direction->from = from;
	direction->to = to;
	direction->readable = event_new(base, from, EV_READ, on_ready, direction);
	direction->writable = event_new(base, to, EV_WRITE, on_ready, direction);
	if (!direction->readable || !direction->writable)
		return -ENOMEM;
	if (pipe2(direction->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	/* As much as an ordinary user may have; a smaller one works too. */
	(void)fcntl(direction->pipe[1], F_SETPIPE_SZ, PIPE_BYTES);
	return 0;
}

int relay_start(struct event_base *base, const struct relay_sides *sides, void (*done)(void *arg),
		void *arg)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	int r;

	if (!relay)
		return -ENOMEM;
	relay->up.pipe[0] = relay->up.pipe[1] = relay->down.pipe[0] = relay->down.pipe[1] = -1;
	relay->client = sides->client;
	relay->upstream = sides->upstream;
	relay->done = done;
	relay->arg = arg;
	r = direction_init(&relay->up, relay, base, sides->client, sides->upstream);
	if (r == 0)
		r = direction_init(&relay->down, relay, base, sides->upstream, sides->client);
	if (r < 0) {
		relay_free(relay);
		return r;
	}
	relay->up.first = sides->to_upstream;
	relay->up.ends_after_first = sides->is_one_way;
	relay->down.first = sides->to_client;
	if (pump(&relay->up))
		(void)pump(&relay->down);
	return 0;
}
