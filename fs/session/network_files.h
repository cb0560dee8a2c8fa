/* SPDX-License-Identifier: MIT */
/* What of a session is about its network: names in its directory, and the ports inside. */
#ifndef CLAUDEFS_SESSION_NETWORK_FILES_H
#define CLAUDEFS_SESSION_NETWORK_FILES_H

/* Where the gateway listens inside, on the loopback interface: the customary port of proxies. */
#define NETWORK_GATE_PORT     3128
/* Where claudefs-push does: the port of git://. */
#define NETWORK_PUSH_PORT     9418
/* Where connections arrive that were made to any other address (fs/network/redirect.h), and where
 * names are asked for: the port of DNS, by UDP. */
#define NETWORK_REDIRECT_PORT 3129
#define NETWORK_NAMES_PORT    53

/* The list in force at the start, keywords replaced (fs/policy/egress_list.h). */
#define NETWORK_LIST_FILE "egress.allow"

/* A JSON object a line, in order: {"time_ns", "verdict": "allow" | "deny" | "learn", "host",
 * "port", "reason"}, or {"time_ns", "verdict": "reload", "names"}. The port is 0 where only a
 * name's address was asked for. Written by claudefs-gate. */
#define NETWORK_LOG_FILE "network.log"

/* A unix socket of the running gate: a list in, and its end; "ok N\n" or "error LINE REASON\n" out.
 */
#define NETWORK_CONTROL_SOCKET "gate.sock"

/* A unix socket of claudefs-run, while a container starts: the keeper hands out the sockets that
 * listen in the agent's network namespace. One message: a byte for each slot, full or empty, and
 * (SCM_RIGHTS) the descriptors of the full ones in the same order. */
#define NETWORK_HANDOVER_SOCKET "network.handover"
#define NETWORK_SLOT_FULL       'L'
#define NETWORK_SLOT_EMPTY      '-'
enum network_slot {
	NETWORK_SLOT_GATE, /* NETWORK_GATE_PORT */
	NETWORK_SLOT_PUSH, /* NETWORK_PUSH_PORT */
	/* All three or none, and perhaps empty though wanted: not every kernel redirects. */
	NETWORK_SLOT_REDIRECT, /* NETWORK_REDIRECT_PORT */
	NETWORK_SLOT_NAMES,    /* NETWORK_NAMES_PORT */
	NETWORK_SLOT_REFUSALS, /* what the firewall refused (fs/network/redirect.h) */
	NETWORK_SLOTS,
};

#endif
