/* SPDX-License-Identifier: MIT */
/* One connection of the agent's, from its request to the relay:
 *	HEAD -> RESOLVE -> CONNECT -> (HELLO ->) relay
 * One that was redirected says by its address what it asks for, so that only a plain request has a
 * HEAD; from there it goes the same way.
 * Whatever is not right ends it with a reason in the log and, where HTTP can carry it, one for the
 * person. */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "init/gateway/address.h"
#include "init/gateway/client_hello.h"
#include "init/gateway/gate.h"
#include "init/gateway/http_request.h"
#include "init/gateway/names.h"

#define HTTPS_PORT 443
#define HTTP_PORT  80

enum state {
	STATE_HEAD,
	STATE_RESOLVE,
	STATE_CONNECT,
	STATE_HELLO,
	STATE_LAST_WORDS, /* an answer is on its way; nothing else comes */
};

struct connection {
	struct gate *gate;
	enum state state;
	bool is_redirected;
	uint32_t held; /* the address of names.h, where is_redirected; 0: none */
	struct bufferevent *client;
	struct event *timer; /* of the state */
	struct http_request request;
	struct text forward; /* the head to send on, of a plain request */
	bool may_be_private;
	struct evdns_getaddrinfo_request *lookup;
	struct sockaddr_storage addresses[GATE_ADDRESSES_MAX];
	size_t address_count, address_next;
	int upstream;
	struct event *connected;
};

static void connection_free(struct connection *connection)
{
	int fd = bufferevent_getfd(connection->client);

	if (connection->lookup)
		evdns_getaddrinfo_cancel(connection->lookup);
	if (connection->connected)
		event_free(connection->connected);
	cleanup_close_fd(&connection->upstream);
	event_free(connection->timer);
	bufferevent_free(connection->client);
	if (fd >= 0)
		(void)close(fd);
	text_done(&connection->forward);
	if (connection->held)
		names_release(connection->gate->names, connection->held);
	connection->gate->connections--;
	free(connection);
}

/* The client is not told why, but at once: there is no word that it would understand. */
static void reset(struct connection *connection)
{
	static const struct linger at_once = { .l_onoff = 1 };

	(void)setsockopt(bufferevent_getfd(connection->client), SOL_SOCKET, SO_LINGER, &at_once,
			 sizeof(at_once));
	connection_free(connection);
}

static void set_timer(struct connection *connection, int seconds)
{
	struct timeval limit = { seconds, 0 };

	(void)event_add(connection->timer, &limit);
}

static const char *host_of(const struct connection *connection)
{
	const struct http_request *request = &connection->request;

	return request->host[0] ? request->host : request->shown;
}

/* The agent, or whoever reads its output, learns why and what to do. The connection may be gone. */
static void answer(struct connection *connection, const char *status, const char *reason,
		   bool is_for_list)
{
	struct evbuffer *output = bufferevent_get_output(connection->client);
	cleanup_text struct text body = { 0 };

	if (connection->is_redirected && connection->request.is_connect) {
		reset(connection);
		return;
	}
	text_append(&body, "claudefs: ");
	text_append_safe(&body, host_of(connection), strlen(host_of(connection)), false);
	text_appendf(&body, ":%u: %s", connection->request.port, reason);
	if (is_for_list)
		text_append(&body, "; on the host, 'claudefs-run --help' says how to add it "
				   "(egress.allow, --reload-firewall)");
	text_append(&body, "\n");
	(void)evbuffer_add_printf(output,
				  "HTTP/1.1 %s\r\nContent-Type: text/plain\r\n"
				  "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
				  status, body.len, body.data ? body.data : "");
	connection->state = STATE_LAST_WORDS;
	(void)bufferevent_enable(connection->client, EV_READ);
	set_timer(connection, GATE_HEAD_SECONDS);
}

static void deny(struct connection *connection, const char *status, const char *reason,
		 bool is_for_list)
{
	(void)gate_log(connection->gate, GATE_DENY, host_of(connection), connection->request.port,
		       reason);
	answer(connection, status, reason, is_for_list);
}

/* After "200" only TLS can be spoken: an alert, so that the client ends at once and says so. */
static void deny_hello(struct connection *connection, const char *reason)
{
	static const unsigned char alert[] = { 21, 3, 3, 0, 2, 2, 112 }; /* unrecognized_name */

	(void)gate_log(connection->gate, GATE_DENY, host_of(connection), connection->request.port,
		       reason);
	(void)bufferevent_write(connection->client, alert, sizeof(alert));
	connection->state = STATE_LAST_WORDS;
	(void)bufferevent_enable(connection->client, EV_READ);
	set_timer(connection, GATE_HEAD_SECONDS);
}

/* What a connection leaves behind that is relayed. */
struct relayed {
	struct gate *gate;
	uint32_t held;
};

static void on_relayed(void *arg)
{
	struct relayed *relayed = arg;

	if (relayed->held)
		names_release(relayed->gate->names, relayed->held);
	relayed->gate->connections--;
	free(relayed);
}

static void keep_alive(int fd)
{
	static const int yes = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

/* Both sockets leave the connection, which ends here. */
static void start_relay(struct connection *connection)
{
	struct relayed *relayed = calloc(1, sizeof(*relayed));
	struct gate *gate = connection->gate;
	struct relay_sides sides = {
		.client = bufferevent_getfd(connection->client),
		.upstream = connection->upstream,
		.to_client = evbuffer_new(),
		.to_upstream = evbuffer_new(),
		.is_one_way = !connection->request.is_connect,
	};
	bool is_ready = relayed && sides.to_client && sides.to_upstream;

	(void)bufferevent_disable(connection->client, EV_READ | EV_WRITE);
	/* The "200" may still be on its way out, and more than the ClientHello may have come in. */
	is_ready = is_ready && evbuffer_add_buffer(sides.to_client,
						   bufferevent_get_output(connection->client)) == 0;
	if (sides.is_one_way)
		is_ready = is_ready && evbuffer_add(sides.to_upstream, connection->forward.data,
						    connection->forward.len) == 0;
	else
		is_ready = is_ready &&
			   evbuffer_add_buffer(sides.to_upstream,
					       bufferevent_get_input(connection->client)) == 0;
	keep_alive(sides.client);
	keep_alive(sides.upstream);
	if (is_ready)
		(void)bufferevent_setfd(connection->client, -1);
	if (is_ready) {
		*relayed = (struct relayed){ gate, connection->held };
		gate->connections++;
		if (relayed->held)
			names_hold(gate->names, relayed->held);
		if (relay_start(gate->base, &sides, on_relayed, relayed) == 0) {
			connection->upstream = -1;
			connection_free(connection);
			return;
		}
		on_relayed(relayed);
	} else {
		free(relayed);
	}
	if (sides.to_client)
		evbuffer_free(sides.to_client);
	if (sides.to_upstream)
		evbuffer_free(sides.to_upstream);
	if (is_ready)
		(void)close(sides.client);
	connection_free(connection);
}

/* The name that the TLS server will be asked for must be the one that was allowed. */
static void read_hello(struct connection *connection)
{
	struct evbuffer *input = bufferevent_get_input(connection->client);
	size_t len = evbuffer_get_length(input);
	const unsigned char *data = len ? evbuffer_pullup(input, -1) : NULL;
	struct client_hello hello;
	int r = data ? client_hello_parse(data, len, &hello) : -EAGAIN;

	if (r == -EAGAIN)
		return;
	if (r < 0)
		deny_hello(connection, r == -EMSGSIZE ? "the TLS greeting is too long"
						      : "something else than TLS was spoken");
	else if (hello.has_encrypted_hello)
		deny_hello(connection, "TLS hides the server's name (ECH)");
	else if (hello.server_name[0] == '\0')
		deny_hello(connection, "TLS names no server (SNI)");
	else if (strcmp(hello.server_name, connection->request.host) != 0)
		deny_hello(connection, "TLS names another server than was asked for");
	else
		start_relay(connection);
}

static void on_connected(struct connection *connection)
{
	static const char established[] = "HTTP/1.1 200 Connection Established\r\n\r\n";

	if (!connection->request.is_connect) {
		start_relay(connection);
		return;
	}
	connection->state = STATE_HELLO;
	set_timer(connection, GATE_HEAD_SECONDS);
	if (!connection->is_redirected)
		(void)bufferevent_write(connection->client, established, sizeof(established) - 1);
	(void)bufferevent_enable(connection->client, EV_READ);
	/* A client in a hurry has sent it already. */
	read_hello(connection);
}

static void connect_next(struct connection *connection);

static void on_upstream(evutil_socket_t fd, short what, void *arg)
{
	struct connection *connection = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	if (!(what & EV_TIMEOUT) && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
	    error == 0) {
		on_connected(connection);
		return;
	}
	connect_next(connection);
}

static void connect_next(struct connection *connection)
{
	static const struct timeval limit = { GATE_CONNECT_SECONDS, 0 };

	while (connection->address_next < connection->address_count) {
		const struct sockaddr_storage *address =
			&connection->addresses[connection->address_next++];
		socklen_t len = address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
							      : sizeof(struct sockaddr_in6);

		if (connection->connected)
			event_free(connection->connected);
		connection->connected = NULL;
		cleanup_close_fd(&connection->upstream);
		connection->upstream =
			socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (connection->upstream < 0)
			continue;
		if (connect(connection->upstream, (const struct sockaddr *)address, len) < 0 &&
		    errno != EINPROGRESS)
			continue;
		connection->connected = event_new(connection->gate->base, connection->upstream,
						  EV_WRITE, on_upstream, connection);
		if (connection->connected && event_add(connection->connected, &limit) == 0)
			return;
	}
	/* Not a decision: the name was allowed, and nobody is there. */
	answer(connection, "502 Bad Gateway", "no connection to any of its addresses", false);
}

/* Only addresses that a name may lead to; a refused one among them does not spoil the others. */
static void take_addresses(struct connection *connection, const struct evutil_addrinfo *list,
			   bool *ret_refused)
{
	for (; list && connection->address_count < GATE_ADDRESSES_MAX; list = list->ai_next) {
		struct sockaddr_storage *address =
			&connection->addresses[connection->address_count];
		enum address_kind kind = address_kind(list->ai_addr);

		if (kind == ADDRESS_NEVER ||
		    (kind == ADDRESS_PRIVATE && !connection->may_be_private)) {
			*ret_refused = true;
			continue;
		}
		memcpy(address, list->ai_addr, list->ai_addrlen);
		if (address->ss_family == AF_INET)
			((struct sockaddr_in *)address)->sin_port = htons(connection->request.port);
		else
			((struct sockaddr_in6 *)address)->sin6_port =
				htons(connection->request.port);
		connection->address_count++;
	}
}

static void on_resolved(int error, struct evutil_addrinfo *list, void *arg)
{
	struct connection *connection = arg;
	bool is_refused = false;

	/* Cancelled: libevent says so later, when the connection is gone. */
	if (error == EVUTIL_EAI_CANCEL)
		return;
	connection->lookup = NULL;
	take_addresses(connection, list, &is_refused);
	if (list)
		evutil_freeaddrinfo(list);
	if (connection->address_count == 0 && is_refused) {
		deny(connection, "403 Forbidden",
		     "the name leads to a private, local or reserved address", false);
		return;
	}
	if (connection->address_count == 0) {
		answer(connection, "502 Bad Gateway", "the name has no address", false);
		return;
	}
	connection->state = STATE_CONNECT;
	/* Each attempt has a limit of its own. */
	(void)event_del(connection->timer);
	connect_next(connection);
}

static void resolve(struct connection *connection)
{
	struct evutil_addrinfo hints = { .ai_family = AF_UNSPEC,
					 .ai_socktype = SOCK_STREAM,
					 .ai_flags = EVUTIL_AI_ADDRCONFIG };
	struct evdns_getaddrinfo_request *lookup;

	connection->state = STATE_RESOLVE;
	/* evdns has limits of its own; until then nothing is read. */
	(void)bufferevent_disable(connection->client, EV_READ);
	set_timer(connection, 3 * GATE_CONNECT_SECONDS);
	lookup = evdns_getaddrinfo(connection->gate->dns, connection->request.host, NULL, &hints,
				   on_resolved, connection);
	/* An answer from the hosts file has come already; the connection may be gone. */
	if (lookup)
		connection->lookup = lookup;
}

/* The decision itself, the same for both ways in. */
static void decide(struct connection *connection)
{
	const struct http_request *request = &connection->request;
	struct gate *gate = connection->gate;
	enum gate_verdict verdict = GATE_ALLOW;
	const char *reason = "on the list";

	if (request->port != (request->is_connect ? HTTPS_PORT : HTTP_PORT)) {
		deny(connection, "403 Forbidden", "only port 443, and port 80 for plain requests",
		     false);
		return;
	}
	if (!egress_list_allows(gate->list, request->host, &connection->may_be_private)) {
		if (!gate->is_learning) {
			deny(connection, "403 Forbidden", "not on the list of allowed hosts", true);
			return;
		}
		verdict = GATE_LEARN;
		reason = "not on the list; let through to learn";
	}
	if (gate_log(gate, verdict, request->host, request->port, reason) < 0) {
		answer(connection, "503 Service Unavailable",
		       "the log of decisions cannot be written, so nothing passes", false);
		return;
	}
	resolve(connection);
}

static void read_head(struct connection *connection)
{
	struct evbuffer *input = bufferevent_get_input(connection->client);
	size_t len = evbuffer_get_length(input);
	const char *data = len ? (const char *)evbuffer_pullup(input, -1) : NULL;
	ssize_t head = data ? http_head_length(data, len) : 0;
	int r;

	if (head == 0)
		return;
	if (head < 0)
		r = (int)head;
	else if (connection->is_redirected)
		r = http_request_parse_origin(data, (size_t)head, &connection->request,
					      &connection->forward);
	else
		r = http_request_parse(data, (size_t)head, &connection->request,
				       &connection->forward);
	if (r == 0) {
		(void)evbuffer_drain(input, (size_t)head);
		decide(connection);
	} else if (r == -EADDRNOTAVAIL) {
		deny(connection, "403 Forbidden", "an address, or no full name: only names pass",
		     false);
	} else if (r == -EOPNOTSUPP) {
		deny(connection, "405 Method Not Allowed",
		     "without TLS only GET and HEAD pass; use https", false);
	} else {
		deny(connection, "400 Bad Request",
		     connection->is_redirected ? "not a plain request to this host"
					       : "not a request that a proxy takes",
		     false);
	}
}

static void on_read(struct bufferevent *stream, void *arg)
{
	struct connection *connection = arg;

	(void)stream;
	switch (connection->state) {
	case STATE_HEAD: read_head(connection); break;
	case STATE_HELLO: read_hello(connection); break;
	case STATE_LAST_WORDS:
		(void)evbuffer_drain(bufferevent_get_input(connection->client), SIZE_MAX);
		break;
	case STATE_RESOLVE:
	case STATE_CONNECT: break;
	}
}

static void on_written(struct bufferevent *stream, void *arg)
{
	struct connection *connection = arg;

	(void)stream;
	if (connection->state != STATE_LAST_WORDS)
		return;
	/* Closed with something unread the kernel would throw the answer away: wait for the end. */
	(void)shutdown(bufferevent_getfd(connection->client), SHUT_WR);
	set_timer(connection, 1);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
	(void)stream;
	(void)what;
	connection_free(arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct connection *connection = arg;

	(void)fd;
	(void)what;
	if (connection->state == STATE_HEAD || connection->state == STATE_HELLO)
		(void)gate_log(connection->gate, GATE_DENY, host_of(connection),
			       connection->request.port, "too slow");
	connection_free(connection);
}

/* In STATE_HEAD. NULL: no memory, or too many; fd is closed. */
static struct connection *connection_new(struct gate *gate, evutil_socket_t fd)
{
	struct connection *connection = NULL;

	if (gate->connections < gate->connections_max)
		connection = calloc(1, sizeof(*connection));
	if (!connection) {
		(void)close(fd);
		return NULL;
	}
	gate->connections++;
	connection->gate = gate;
	connection->upstream = -1;
	connection->client = bufferevent_socket_new(gate->base, fd, 0);
	connection->timer = evtimer_new(gate->base, on_timer, connection);
	if (!connection->client || !connection->timer) {
		if (connection->client)
			bufferevent_free(connection->client);
		if (connection->timer)
			event_free(connection->timer);
		(void)close(fd);
		gate->connections--;
		free(connection);
		return NULL;
	}
	bufferevent_setcb(connection->client, on_read, on_written, on_event, connection);
	set_timer(connection, GATE_HEAD_SECONDS);
	(void)bufferevent_enable(connection->client, EV_READ | EV_WRITE);
	return connection;
}

void gate_accept(struct gate *gate, evutil_socket_t fd)
{
	(void)connection_new(gate, fd);
}

/* Whom it is meant for: a transparent socket's own address. Fills the request. Returns 0 or
 * -EADDRNOTAVAIL (no name has that address; request->shown is set). */
static int read_destination(struct connection *connection)
{
	struct http_request *request = &connection->request;
	struct sockaddr_in address = { 0 };
	socklen_t len = sizeof(address);
	const char *host;

	if (getsockname(bufferevent_getfd(connection->client), (struct sockaddr *)&address, &len) <
		    0 ||
	    address.sin_family != AF_INET)
		return -EADDRNOTAVAIL;
	request->port = ntohs(address.sin_port);
	request->is_connect = request->port != HTTP_PORT;
	(void)inet_ntop(AF_INET, &address.sin_addr, request->shown, sizeof(request->shown));
	host = names_find(connection->gate->names, ntohl(address.sin_addr.s_addr));
	if (!host)
		return -EADDRNOTAVAIL;
	connection->held = ntohl(address.sin_addr.s_addr);
	names_hold(connection->gate->names, connection->held);
	(void)snprintf(request->host, sizeof(request->host), "%s", host);
	return 0;
}

void gate_accept_redirected(struct gate *gate, evutil_socket_t fd)
{
	struct connection *connection = connection_new(gate, fd);

	if (!connection)
		return;
	connection->is_redirected = true;
	if (read_destination(connection) < 0) {
		(void)gate_log(gate, GATE_DENY, host_of(connection), connection->request.port,
			       "an address that no name has here: only names pass");
		reset(connection);
	} else if (connection->request.is_connect) {
		decide(connection);
	}
	/* Else its request is read first. */
}
