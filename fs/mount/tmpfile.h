/* SPDX-License-Identifier: MIT */
/* O_TMPFILE: kernels since 6.1 ask for it with an opcode that libfuse's tables do not have, so the
 * session loop looks for it before libfuse does, and this answers on the wire itself. */
#ifndef CLAUDEFS_MOUNT_TMPFILE_H
#define CLAUDEFS_MOUNT_TMPFILE_H

#include "fs/mount/server.h"

/* True if the request in buf (len bytes, from the kernel) was an O_TMPFILE and has been answered on
 * fuse_fd (borrowed). False: the request is libfuse's. */
bool tmpfile_answer(struct mount_server *server, int fuse_fd, const void *buf, size_t len);

#endif
