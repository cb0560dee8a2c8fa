/* SPDX-License-Identifier: MIT */
/* pkt-lines on a connected socket: the client is the agent's git, or whatever else the agent lets
 * connect. Every length is bounded, every wait too (the socket's own time-outs). */
#ifndef CLAUDEFS_LAUNCHER_PUSH_WIRE_H
#define CLAUDEFS_LAUNCHER_PUSH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "fs/base/text.h"
#include "fs/git/push_protocol.h"

struct wire {
	int fd;
	bool has_sideband;
	char packet[PUSH_PACKET_MAX + 1];
};

/* Reads a packet into wire->packet (a NUL behind it). Returns its length, 0 (flush), -EPIPE (the
 * client is gone), -EBADMSG or -errno. */
ssize_t wire_read(struct wire *wire);

/* Appends a packet to text; flush: wire_append_flush(). */
void wire_append(struct text *text, const char *data, size_t len);
void wire_append_flush(struct text *text);

/* Returns 0 or -errno. */
int wire_send(struct wire *wire, const struct text *text);

/* "ERR ..." before anything else: git shows it as "remote error". */
void wire_send_error(struct wire *wire, const char *message);

/* A line that git shows behind "remote: "; nothing where the client takes none. */
void wire_say(struct wire *wire, const char *line);

/* The report of receive-pack: bad (an index, or count: none of them alone) gets reason, the others
 * that they were not pushed for it; reason NULL: all is well. */
int wire_report(struct wire *wire, const struct push_command *commands, size_t count, size_t bad,
		const char *reason);

/* Reads until the client closes, or so many bytes: a client that is still sending would not read
 * the report otherwise. */
void wire_drain(struct wire *wire, unsigned long long most);

#endif
