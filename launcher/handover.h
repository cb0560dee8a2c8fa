/* SPDX-License-Identifier: MIT */
/* Unix sockets in a session's directory, at which the keeper of a container meets claudefs-run
 * while it starts (init/step_handover.c). The directory is the person's and the keeper's alone. */
#ifndef CLAUDEFS_LAUNCHER_HANDOVER_H
#define CLAUDEFS_LAUNCHER_HANDOVER_H

#include <stdbool.h>

#include "fs/session/network_files.h"

/* Listens there. type: SOCK_STREAM or SOCK_SEQPACKET. Returns the fd to await and to give to
 * handover_accept(), or -errno. */
int handover_offer(int session_fd, const char *name, int type);

/* The keeper's connection; ends the offer (offer_fd is borrowed). Returns the fd or -errno. */
int handover_accept(int session_fd, const char *name, int offer_fd);

/* The sockets that the keeper made in the agent's network namespace, by the offer of
 * NETWORK_HANDOVER_SOCKET; ends that (offer_fd is borrowed). All that are wanted, and no other, or
 * none: ret_fds (ret) are -1 where not wanted, and on failure. NETWORK_SLOT_REDIRECT, _NAMES and
 * _REFUSALS may all be empty though wanted. Returns 0, -EBADMSG or -errno. */
int handover_take_sockets(int session_fd, int offer_fd, const bool wanted[NETWORK_SLOTS],
			  int ret_fds[NETWORK_SLOTS]);

#endif
