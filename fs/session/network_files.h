/* SPDX-License-Identifier: MIT */
/* What of a session is about its network: names in its directory, and the gateway's port. */
#ifndef CLAUDEFS_SESSION_NETWORK_FILES_H
#define CLAUDEFS_SESSION_NETWORK_FILES_H

/* Where the gateway listens inside, on the loopback interface: the customary port of proxies. */
#define NETWORK_GATE_PORT 3128
/* Where claudefs-push does: the port of git://. */
#define NETWORK_PUSH_PORT 9418

/* The list in force at the start, keywords replaced (fs/policy/egress_list.h). */
#define NETWORK_LIST_FILE "egress.allow"

/* A JSON object a line, in order: {"time_ns", "verdict": "allow" | "deny" | "learn", "host",
 * "port", "reason"}, or {"time_ns", "verdict": "reload", "names"}. Written by claudefs-gate. */
#define NETWORK_LOG_FILE "network.log"

/* A unix socket of the running gate: a list in, and its end; "ok N\n" or "error LINE REASON\n" out.
 */
#define NETWORK_CONTROL_SOCKET "gate.sock"

/* A unix socket of claudefs-run, while a container starts: the keeper hands out the socket that
 * listens in the agent's network namespace (SCM_RIGHTS, with one byte). */
#define NETWORK_HANDOVER_SOCKET "gate.handover"

#endif
