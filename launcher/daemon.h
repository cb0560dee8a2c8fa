/* SPDX-License-Identifier: MIT */
/* claudefs-mount, as claudefs-run sees it: a program that is started with the FUSE connection, says
 * "ready", and has errors to tell at the end. */
#ifndef CLAUDEFS_LAUNCHER_DAEMON_H
#define CLAUDEFS_LAUNCHER_DAEMON_H

#include <sys/types.h>

#define DAEMON_START_MS  30000 /* a slower one counts as failed */
#define DAEMON_FINISH_MS 30000 /* for its last fsync; then it is killed */
#define DAEMON_LINES_MAX 20u   /* of its messages that are shown */

struct daemon_link {
	int ready; /* readable: "ready", or its end */
	int words; /* what it wrote to stderr */
};

void daemon_link_done(struct daemon_link *link);
#define cleanup_daemon_link __attribute__((cleanup(daemon_link_done)))

/* rules may be NULL; login_fd and saved_fd (borrowed; -1: none): frames with the login that it
 * shows, and with those that the session saves. Returns 0, or -errno after a line on stderr. */
int daemon_start(const char *session_id, int fuse_fd, int login_fd, int saved_fd, const char *rules,
		 struct daemon_link *ret, pid_t *ret_pid);

/* Reads from link->ready. Returns 0 or -EPIPE: it ended without becoming ready. */
int daemon_is_ready(struct daemon_link *link);

/* Shows the last lines of what the daemon said, terminal-safe, on stderr. */
void daemon_print_words(const struct daemon_link *link);

#endif
