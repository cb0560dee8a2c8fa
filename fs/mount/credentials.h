/* SPDX-License-Identifier: MIT */
/* The daemon's side of the login: frames (secret.h) that come in are shown as .credentials.json,
 * and what the session writes there goes out as frames to whoever started the daemon. What goes out
 * is the session's: the receiver distrusts it. Nothing here writes to a file or a log. */
#ifndef CLAUDEFS_MOUNT_CREDENTIALS_H
#define CLAUDEFS_MOUNT_CREDENTIALS_H

#include <pthread.h>
#include <stdbool.h>

#include "fs/base/secret.h"
#include "fs/mount/daemon_log.h"
#include "fs/view/view.h"

#define CREDENTIALS_END_SECONDS 5 /* for the last frame; a receiver that does not read is left */

struct credentials {
	int in_fd;  /* further frames replace what is shown; -1: none */
	int out_fd; /* -1: what the session writes stays in the view */
	struct view *view;
	struct daemon_log *log;
	pthread_t thread;
	pthread_mutex_t lock;
	struct secret *written; /* not sent yet */
	bool is_ending;
	bool is_started;
	int event_fd;
};

/* Reads the first frame of in_fd (-1: none) into *ret (ret_; NULL: no login). Returns 0 or -errno.
 */
int credentials_open(struct credentials *credentials, int in_fd, int out_fd, struct secret **ret);

/* A view's on_credentials; arg is the struct credentials. */
void credentials_written(void *arg, const struct secret *written);

/* Starts the thread that does the rest. view and log are borrowed until credentials_close(), which
 * comes after the view's own end, so that the last login goes out. Returns 0 or -errno. */
int credentials_start(struct credentials *credentials, struct view *view, struct daemon_log *log);

/* No frame is taken any more: the view is about to end. */
void credentials_end_input(struct credentials *credentials);
void credentials_close(struct credentials *credentials);

#endif
