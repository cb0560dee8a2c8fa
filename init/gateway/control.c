/* SPDX-License-Identifier: MIT */
/* `claudefs-run --reload-firewall`, at this end: a whole list in, one line out. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/gateway/gate.h"

#define CONTROL_SECONDS 10

struct peer {
	struct gate *gate;
	struct bufferevent *stream;
	bool has_answered;
};

static void peer_free(struct peer *peer)
{
	bufferevent_free(peer->stream);
	free(peer);
}

/* The new list takes the place of the old one between two events: no connection meets half of it.
 */
static void take_list(struct peer *peer)
{
	struct evbuffer *input = bufferevent_get_input(peer->stream);
	struct evbuffer *output = bufferevent_get_output(peer->stream);
	size_t len = evbuffer_get_length(input);
	const char *text = len ? (const char *)evbuffer_pullup(input, -1) : "";
	struct egress_problem problem = { 0 };
	struct egress_list *list = NULL;
	int r = text ? egress_list_parse(text, len, &list, &problem) : -ENOMEM;

	peer->has_answered = true;
	if (r == 0)
		r = gate_log_reload(peer->gate, egress_list_count(list));
	if (r == 0) {
		egress_list_free(peer->gate->list);
		peer->gate->list = list;
		(void)evbuffer_add_printf(output, "ok %zu\n", egress_list_count(list));
	} else {
		egress_list_free(list);
		(void)evbuffer_add_printf(output, "error %u %s\n", problem.line,
					  problem.reason[0] ? problem.reason : strerror(-r));
	}
}

static void on_peer_read(struct bufferevent *stream, void *arg)
{
	/* One byte more than the longest list, which is then refused for its length. */
	if (evbuffer_get_length(bufferevent_get_input(stream)) > EGRESS_LIST_MAX)
		peer_free(arg);
}

static void on_peer_written(struct bufferevent *stream, void *arg)
{
	struct peer *peer = arg;

	if (peer->has_answered && evbuffer_get_length(bufferevent_get_output(stream)) == 0)
		peer_free(peer);
}

static void on_peer_event(struct bufferevent *stream, short what, void *arg)
{
	struct peer *peer = arg;

	(void)stream;
	if ((what & BEV_EVENT_EOF) && !(what & BEV_EVENT_WRITING) && !peer->has_answered)
		take_list(peer);
	else
		peer_free(peer);
}

static bool may_control(const struct gate *gate, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == 0 || peer.uid == gate->uid);
}

static void on_control(struct evconnlistener *listener, evutil_socket_t fd,
		       struct sockaddr *address, int len, void *arg)
{
	static const struct timeval limit = { CONTROL_SECONDS, 0 };
	struct gate *gate = arg;
	struct peer *peer = may_control(gate, fd) ? calloc(1, sizeof(*peer)) : NULL;

	(void)listener;
	(void)address;
	(void)len;
	if (!peer) {
		(void)close(fd);
		return;
	}
	peer->gate = gate;
	peer->stream = bufferevent_socket_new(gate->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!peer->stream) {
		(void)close(fd);
		free(peer);
		return;
	}
	bufferevent_setcb(peer->stream, on_peer_read, on_peer_written, on_peer_event, peer);
	(void)bufferevent_set_timeouts(peer->stream, &limit, &limit);
	(void)bufferevent_enable(peer->stream, EV_READ | EV_WRITE);
}

int control_start(struct gate *gate, int listen_fd)
{
	if (evutil_make_socket_nonblocking(listen_fd) < 0)
		return -errno;
	return evconnlistener_new(gate->base, on_control, gate,
				  LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1, listen_fd)
		       ? 0
		       : -ENOMEM;
}
