/* SPDX-License-Identifier: MIT */
/* claudefs-gate: the only way out of a sandbox. One process, one thread, one event loop.
 *
 * It listens on sockets that were made inside the sandbox's network namespace and handed out, and
 * connects from its own: nothing is routed between the two. It decides by name: what CONNECT asks
 * for must be on the list, must lead to a public address, and must be the server name of the TLS
 * that follows. The same holds for connections that know nothing of a proxy: their names got
 * made-up addresses from the gate (names.h), and whatever is connected to arrives here
 * (fs/network/redirect.h). Every decision is a line of the session's network.log, written before it
 * is carried out; when it cannot be written, nothing passes. */
#ifndef CLAUDEFS_INIT_GATEWAY_GATE_H
#define CLAUDEFS_INIT_GATEWAY_GATE_H

#include <event2/buffer.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdbool.h>
#include <stdint.h>

#include "fs/policy/egress_list.h"

#define GATE_HEAD_SECONDS       10 /* for the request, and again for the ClientHello */
#define GATE_CONNECT_SECONDS    10 /* for each address */
#define GATE_ADDRESSES_MAX      8u
#define GATE_LOG_MAX            (64u << 20) /* bytes of network.log; then nothing passes */
#define GATE_FDS_PER_CONNECTION 6u

struct gate {
	struct event_base *base;
	struct evdns_base *dns;
	struct egress_list *list;
	bool is_learning; /* unlisted names pass, and are logged as such */
	int log_fd;
	uint64_t log_bytes;
	unsigned int connections;
	unsigned int connections_max;
	struct names *names; /* names.h */
	struct told *told;   /* what was refused without a connection */
	int refusals_fd;     /* -1: none */
	uid_t uid;           /* who may ask for a reload, root aside */
};

enum gate_verdict {
	GATE_ALLOW,
	GATE_DENY,
	GATE_LEARN, /* let through because --learn asked for it */
};

/* Appends one line. host is shown as given (any bytes); reason is a static sentence. Returns 0 or
 * -errno: the caller then refuses. */
int gate_log(struct gate *gate, enum gate_verdict verdict, const char *host, uint16_t port,
	     const char *reason);
int gate_log_reload(struct gate *gate, size_t names);

/* Takes a connection of the agent's to the proxy: fd is closed in the end, whatever happens. */
void gate_accept(struct gate *gate, evutil_socket_t fd);
/* The same for one that was meant for another address: fd's own. */
void gate_accept_redirected(struct gate *gate, evutil_socket_t fd);

/* gate_log() for what programs try again and again: each host and port once, and GATE_TOLD_MAX of
 * them in all, the last of which says so. */
#define GATE_TOLD_MAX 128u
void gate_log_once(struct gate *gate, const char *host, uint16_t port, const char *reason);

/* Notes what the sandbox's firewall refused, by a netlink socket (borrowed). Returns 0 or -errno.
 */
int refusals_start(struct gate *gate, int fd);
/* What is not noted yet. */
void refusals_finish(struct gate *gate);

/* Answers questions for names on a datagram socket (taken). Returns 0 or -errno. */
int name_service_start(struct gate *gate, int fd);

/* Moves bytes between two connected sockets until both are done, then closes them and calls done.
 * to_upstream and to_client (both taken; may be NULL or empty) go before anything else. is_one_way:
 * nothing more is taken from the client. Returns 0, also where it has ended already, or -errno
 * (then nothing is taken over). */
struct relay_sides {
	int client, upstream;
	struct evbuffer *to_client, *to_upstream;
	bool is_one_way;
};
int relay_start(struct event_base *base, const struct relay_sides *sides, void (*done)(void *arg),
		void *arg);

/* Serves the control socket (listening, takes): a peer sends a list, and gets "ok N\n", or
 * "error LINE REASON\n" and the old list stays. Returns 0 or -errno. */
int control_start(struct gate *gate, int listen_fd);

#endif
