/* SPDX-License-Identifier: MIT */
/* Serves requests in several threads until the kernel's connection ends or a signal asks to stop.
 */
#ifndef CLAUDEFS_MOUNT_SESSION_LOOP_H
#define CLAUDEFS_MOUNT_SESSION_LOOP_H

#include "fs/mount/server.h"

#define SESSION_LOOP_THREADS_MAX 16u

enum session_loop_end {
	SESSION_LOOP_SIGNALLED,    /* asked to stop; what was queued then has been answered */
	SESSION_LOOP_DISCONNECTED, /* unmounted: the kernel will send nothing more */
	SESSION_LOOP_FAILED,       /* the connection broke in a way that is none of the above */
};

/* Blocks, in the calling thread and those it starts, the signals that session_loop_run() waits for.
 * To be called before any thread exists. Returns an fd that tells of them (caller closes) or
 * -errno. */
int session_loop_signals(void);

/* Serves until one of the ends. signal_fd: of session_loop_signals(). Returns 0 (*ret_end) or
 * -errno (no thread could be started; nothing was served). */
int session_loop_run(struct fuse_session *session, struct mount_server *server, int signal_fd,
		     enum session_loop_end *ret_end);

#endif
