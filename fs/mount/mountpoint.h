/* SPDX-License-Identifier: MIT */
/* Where the view may be mounted. */
#ifndef CLAUDEFS_MOUNT_MOUNTPOINT_H
#define CLAUDEFS_MOUNT_MOUNTPOINT_H

#include <stdint.h>

#include "fs/base/message.h"

/* Looks whether path is an empty directory of the caller's on which nothing is mounted, and not the
 * host state (its identity; 0, 0: it does not exist) itself. Returns EXIT_OK, or EXIT_BUSY with a
 * line on stderr. */
enum exit_code mountpoint_check(const char *path, uint64_t host_dev, uint64_t host_ino);

/* Looks whether the machine can mount FUSE at all. Returns EXIT_OK, or EXIT_NO_FUSE with a line on
 * stderr that says the mend. */
enum exit_code mountpoint_check_fuse(void);

#endif
