/* SPDX-License-Identifier: MIT */
/* Advisory locks that die with their holder (OFD locks on Linux, flock elsewhere). */
#ifndef CLAUDEFS_SESSION_LOCK_H
#define CLAUDEFS_SESSION_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Opens (creating) dir_fd/name and locks it exclusively without waiting. Returns the fd that holds
 * the lock (closing it releases), -EBUSY or -errno. */
int lock_take(int dir_fd, const char *name);

/* True if somebody holds dir_fd/name. */
bool lock_is_held(int dir_fd, const char *name);

/* The lock of one host state: <state>/locks/<dev>-<ino>.lock. One commit or undo at a time holds
 * it. Returns the fd, -EBUSY or -errno. */
int lock_take_host(int state_fd, uint64_t dev, uint64_t ino);

#endif
