/* SPDX-License-Identifier: MIT */
/* The sockets that are made inside a sandbox's network namespace and handed out to the programs
 * that serve it from outside: a socket stays in the namespace of its making. */
#ifndef CLAUDEFS_NETWORK_SOCKETS_H
#define CLAUDEFS_NETWORK_SOCKETS_H

#include <stdbool.h>

#include "fs/session/network_files.h"

#define NETWORK_NO_SOCKETS         \
	{                          \
		-1, -1, -1, -1, -1 \
	}

/* Makes the wanted sockets in the caller's network namespace, on its loopback interface, which is
 * up. ret_fds (ret): -1 where not wanted. NETWORK_SLOT_REDIRECT, _NAMES and _REFUSALS go together;
 * where they cannot be, all are -1 and *ret_redirect says why (-errno), else it is 0.
 * Returns 0 or -errno (then none is made). */
int network_make_sockets(const bool wanted[NETWORK_SLOTS], int ret_fds[NETWORK_SLOTS],
			 int *ret_redirect);

/* All -1. */
void network_clear_sockets(int fds[NETWORK_SLOTS]);
/* Closes those that are there, and clears. */
void network_close_sockets(int fds[NETWORK_SLOTS]);
void cleanup_network_close_sockets(int (*fds)[NETWORK_SLOTS]);
#define cleanup_network_sockets __attribute__((cleanup(cleanup_network_close_sockets)))

#endif
