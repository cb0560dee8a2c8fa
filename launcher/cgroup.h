/* SPDX-License-Identifier: MIT */
/* A control group of the session's own, which bounds memory, processors and processes of everything
 * in the sandbox together. Made where this user may make one: below the caller's own group with
 * version 1 (in practice: root), beside it with version 2 (root, or what systemd delegated).
 * Everything here goes by open directories; nothing of the sandbox is looked at. */
#ifndef CLAUDEFS_LAUNCHER_CGROUP_H
#define CLAUDEFS_LAUNCHER_CGROUP_H

#include "launcher/limits.h"

#define CGROUP_PLACES 3u /* memory, cpu and pids may lie in one hierarchy each */

struct cgroup_place {
	int parent;    /* the directory that holds ours */
	int group;     /* ours */
	char name[32]; /* in parent */
};

struct cgroup {
	struct cgroup_place places[CGROUP_PLACES];
	unsigned int count;
};

/* Makes the groups and writes the limits. What was asked for must succeed; the default bound of
 * processes is set where that is possible. *ret is to be given to cgroup_remove() in any case.
 * Returns 0, or an exit code after a line on stderr. */
int cgroup_make(const struct limits *limits, struct cgroup *ret);

/* Moves the calling process, which must have one thread. Returns 0 or -errno. */
int cgroup_enter(const struct cgroup *cgroup);

/* When its last process has ended; waits a little for the kernel to notice. Idempotent. */
void cgroup_remove(struct cgroup *cgroup);

#endif
