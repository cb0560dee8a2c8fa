/* SPDX-License-Identifier: MIT */
/* Bytes between the person's terminal (0 and 1) and the agent's, without ever blocking on either
 * for the other. */
#ifndef CLAUDEFS_LAUNCHER_RELAY_H
#define CLAUDEFS_LAUNCHER_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define RELAY_BUFFER 16384u /* bytes waiting in each direction */
#define RELAY_POLLS  3u     /* entries that relay_prepare() fills */

struct relay_pipe {
	char data[RELAY_BUFFER];
	size_t start, len;
	bool is_ended; /* no more input will come */
};

struct relay {
	int pty;
	struct relay_pipe in;  /* person to agent */
	struct relay_pipe out; /* agent to person */
};

void relay_init(struct relay *relay, int pty);

/* Fills what to poll for: stdin, stdout, pty. */
void relay_prepare(const struct relay *relay, struct pollfd polls[RELAY_POLLS]);
/* Moves what poll(2) said can be moved. */
void relay_move(struct relay *relay, const struct pollfd polls[RELAY_POLLS]);

/* After the agent's end: writes out what is still there, without waiting for more. */
void relay_drain(struct relay *relay);

#endif
