/* SPDX-License-Identifier: MIT */
/* Advisory locks that die with their holder: open file description locks on Linux, flock(2)
 * elsewhere. They belong to the open file, not to the process, so threads exclude each other too
 * and a forked child keeps them. */
#ifndef CLAUDEFS_BASE_LOCK_H
#define CLAUDEFS_BASE_LOCK_H

#include <stdbool.h>

/* The file in a session directory whose lock says "running". */
#define LOCK_SESSION_NAME "lock"

/* Opens (creating, 0600) the regular file dir_fd/name and locks it exclusively without waiting.
 * Returns the fd that holds the lock (closing it releases), -EBUSY, -EINVAL (not a regular file) or
 * another -errno. */
int lock_take(int dir_fd, const char *name);

/* The same, but waits up to ms milliseconds for whoever has it. */
int lock_wait(int dir_fd, const char *name, unsigned int ms);

/* True if somebody holds dir_fd/name, this process included; also if that cannot be told (anything
 * but "there is no such file"), so that nothing running is ever taken for dead. Never blocks, and
 * on Linux never takes the lock, not even for a moment. */
bool lock_is_held(int dir_fd, const char *name);

#endif
