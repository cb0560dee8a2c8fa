/* SPDX-License-Identifier: MIT */
/* One held push, brought to its remote: the remote is asked anew, all is checked anew by the rules
 * of today (in a process of its own that can do little), then it is sent with the host's
 * credential. It cannot be undone. */
#ifndef CLAUDEFS_GIT_PUSH_DELIVER_H
#define CLAUDEFS_GIT_PUSH_DELIVER_H

#include "fs/git/push_store.h"

/* Asks the remote for its refs, notes them (<n>.refs in the store) and in the entry (old_id), and
 * runs push_check() in a confined child: entry->facts. Nothing is pushed, entry is not written.
 * Returns 0, -EPERM or -EBADMSG (by rule), or another -errno (a server or credential that does not
 * do), all with *problem. */
int push_examine(const struct push_store *store, struct push_entry *entry,
		 const struct push_rules *rules, const char *project, struct push_problem *problem);

/* The same without asking the remote, which counts as one that has nothing: nobody stands behind
 * its address. What the rules refuse may be there already, so only what no git makes is refused.
 * Returns 0, -EBADMSG with *problem, or another -errno. */
int push_examine_unasked(const struct push_store *store, struct push_entry *entry,
			 const struct push_rules *rules, struct push_problem *problem);

/* push_examine(), then the push. entry is held or approved. On success it is PUSH_PUSHED, and its
 * quarantine goes; after a failure it stays as it was, so that it may be tried again (by other
 * rules, or when the server answers), with the reason in it. It is written. project: the session's;
 * by: whose word it goes by. Returns as push_examine(); a server that refuses is -EREMOTEIO. */
int push_deliver(const struct push_store *store, struct push_entry *entry, enum push_actor by,
		 const struct push_rules *rules, const char *project, struct push_problem *problem);

#endif
