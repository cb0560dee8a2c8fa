/* SPDX-License-Identifier: MIT */
/* <session>/daemon.log: what the person must learn although the agent will not say it, above all
 * that writes were not recorded. Terminal-safe lines, bounded; also on stderr, which may be gone.
 */
#ifndef CLAUDEFS_MOUNT_DAEMON_LOG_H
#define CLAUDEFS_MOUNT_DAEMON_LOG_H

#include <stdint.h>

#define DAEMON_LOG_NAME "daemon.log"
#define DAEMON_LOG_MAX  (64u << 10) /* bytes; later lines are counted, not written */

struct daemon_log;

/* Opens (making, or appending to) session_fd/daemon.log. Returns 0 or -errno. */
int daemon_log_open(int session_fd, struct daemon_log **ret);
/* Writes the sums of what was only counted, and frees. */
void daemon_log_close(struct daemon_log *log);

/* One line: "time error: text". Thread-safe. */
void daemon_log_line(struct daemon_log *log, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* An operation of the agent failed in a way that loses its work (error: negative errno). The first
 * of each error is written, the others counted. Other errors than those are ignored: they are the
 * ordinary answers of a file system. Thread-safe. */
void daemon_log_failure(struct daemon_log *log, const char *operation, int error);

/* Failures seen so far. */
uint64_t daemon_log_failures(struct daemon_log *log);

#endif
