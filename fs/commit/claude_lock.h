/* SPDX-License-Identifier: MIT */
/* The lock that Claude itself takes before it reads, changes and replaces .claude.json: a directory
 * beside it, made with mkdir(2), touched while it is held, and stale after ten seconds (npm's
 * proper-lockfile, with its defaults). Without it a Claude on the host that has just read the file
 * would put back what a commit has changed. */
#ifndef CLAUDEFS_COMMIT_CLAUDE_LOCK_H
#define CLAUDEFS_COMMIT_CLAUDE_LOCK_H

#include <stdbool.h>

struct claude_lock {
	int dir_fd; /* -1: not held */
	char name[256];
};
#define CLAUDE_LOCK_NONE ((struct claude_lock){ .dir_fd = -1 })

#define CLAUDE_LOCK_STALE_MS 10000u /* after which anybody may take it over */

/* Takes the lock of name in dir_fd (borrowed). Waits up to patience_ms for others. The caller holds
 * the lock of the host state, so that one which a killed commit left behind can be told and taken
 * over. Returns 0, -EBUSY (still held), -ENAMETOOLONG, or another -errno of mkdir(2). */
int claude_lock_take(int dir_fd, const char *name, unsigned int patience_ms,
		     struct claude_lock *ret);

/* Does nothing if it is not held. */
void claude_lock_release(struct claude_lock *lock);

#endif
