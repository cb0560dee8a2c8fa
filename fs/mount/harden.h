/* SPDX-License-Identifier: MIT */
/* What the daemon gives up before it reads anything: it holds credentials in memory and sits beside
 * an agent that runs as the same user. */
#ifndef CLAUDEFS_MOUNT_HARDEN_H
#define CLAUDEFS_MOUNT_HARDEN_H

#include <stddef.h>
#include <sys/types.h>

/* No core, not dumpable (so not to be ptraced by the same user), umask 0 (modes are decided by the
 * view), as many fds as allowed, and no fd but 0 to 2 and keep (count of them, -1 ignored; at most
 * FD_KEEP_MAX). Returns 0 or -errno. */
int harden_process(const int *keep, size_t count);

/* From here on every file is reached as uid and gid, in this thread and in all that it starts; the
 * process itself keeps the uid that it has, so that this user can neither signal nor trace it. All
 * capabilities are given up. For a daemon in a container of its own, started with CAP_SETUID and
 * CAP_SETGID. Before any thread. Returns 0, -EPERM or another -errno. */
int harden_reach_as(uid_t uid, gid_t gid);

#endif
