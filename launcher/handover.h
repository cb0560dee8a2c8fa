/* SPDX-License-Identifier: MIT */
/* Unix sockets in a session's directory, at which the keeper of a container meets claudefs-run
 * while it starts (init/step_handover.c). The directory is the person's and the keeper's alone. */
#ifndef CLAUDEFS_LAUNCHER_HANDOVER_H
#define CLAUDEFS_LAUNCHER_HANDOVER_H

/* Listens there. type: SOCK_STREAM or SOCK_SEQPACKET. Returns the fd to await and to give to
 * handover_accept(), or -errno. */
int handover_offer(int session_fd, const char *name, int type);

/* The keeper's connection; ends the offer (offer_fd is borrowed). Returns the fd or -errno. */
int handover_accept(int session_fd, const char *name, int offer_fd);

#endif
