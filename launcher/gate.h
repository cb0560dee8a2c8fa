/* SPDX-License-Identifier: MIT */
/* The session's way out: claudefs-gate, started with the socket that the sandbox's processes reach.
 */
#ifndef CLAUDEFS_LAUNCHER_GATE_H
#define CLAUDEFS_LAUNCHER_GATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "fs/base/text.h"
#include "fs/session/network_files.h"
#include "launcher/string_list.h"

#define GATE_START_MS 10000

struct gate_link {
	int ready;    /* readable when it serves */
	int lifeline; /* it ends when this is closed */
	int words;    /* what it said on stderr, a file; see daemon.h */
};
#define GATE_LINK_NONE                                   \
	{                                                \
		.ready = -1, .lifeline = -1, .words = -1 \
	}

/* Writes list into the session and starts the gate on its sockets (both borrowed). Returns 0 or
 * -errno after a line on stderr. */
int gate_start(int session_fd, const int sockets[NETWORK_SLOTS], const struct text *list,
	       bool is_learning, struct gate_link *ret, pid_t *ret_pid);
/* Starts a program of ours beside the sandbox: argv (its first words are there) gets --lifeline-fd
 * and --ready-fd; fds (borrowed) stay open under their numbers. Returns 0 or -errno. */
int gate_launch(struct string_list *argv, const int *fds, size_t count, struct gate_link *link,
		pid_t *ret_pid);
/* After ready is readable. Returns 0 or -EPIPE. */
int gate_is_ready(const struct gate_link *link);
void gate_print_words(const struct gate_link *link);
void gate_link_done(struct gate_link *link);

/* The proxy variables that programs look at. */
void gate_add_environment(struct string_list *env);

#endif
