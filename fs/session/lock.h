/* SPDX-License-Identifier: MIT */
/* The lock of a host state. (The lock that says "this session runs" is session_is_running().) */
#ifndef CLAUDEFS_SESSION_LOCK_H
#define CLAUDEFS_SESSION_LOCK_H

#include <stdint.h>

#include "fs/base/lock.h"

/* <state>/locks/<dev>-<ino>.lock, where dev and ino are those of the host's ~/.claude (of the
 * directory that will hold it, while it does not exist). One commit or undo at a time holds it.
 * Returns the fd (closing it releases), -EBUSY or -errno. */
int lock_take_host(int state_fd, uint64_t dev, uint64_t ino);

#endif
