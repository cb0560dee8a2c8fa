/* SPDX-License-Identifier: MIT */
/* What of a project's watched entries a session changed: two looks, compared. Pure but for
 * workspace_change_each_key(), which reads kept contents. */
#ifndef CLAUDEFS_GIT_WORKSPACE_CHANGES_H
#define CLAUDEFS_GIT_WORKSPACE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/git/git_config.h"
#include "fs/git/git_keys.h"
#include "fs/git/workspace_snapshot.h"

enum workspace_change_type {
	WORKSPACE_CREATED,
	WORKSPACE_MODIFIED, /* content, mode, type or target */
	WORKSPACE_DELETED,
	WORKSPACE_REWRITTEN, /* written to, or replaced, and as it was before */
};

struct workspace_change {
	enum workspace_change_type type;
	const struct workspace_entry *before; /* borrowed; NULL: created */
	const struct workspace_entry *after;  /* borrowed; NULL: deleted */
	const struct workspace_entry *entry;  /* after, or before where it is gone */
};

struct workspace_changes {
	struct workspace_change *changes; /* by path */
	size_t count;
};

/* Borrows both. *ret (ret_: workspace_changes_done()). Returns 0 or -ENOMEM. */
int workspace_compare(const struct workspace_scan *before, const struct workspace_scan *after,
		      struct workspace_changes *ret);
void workspace_changes_done(struct workspace_changes *changes);
#define cleanup_workspace_changes __attribute__((cleanup(workspace_changes_done)))

/* True for a file that git reads as a configuration. */
bool workspace_is_git_config(const struct workspace_entry *entry);

/* For a changed git configuration: each key that changed; why (borrowed) says what is dangerous
 * about it, or is NULL. Returns 0, what each returned, -ENOENT (a content was not kept), -EBADMSG
 * (git would not read it) or -errno. */
int workspace_change_each_key(int session_fd, const struct workspace_change *change,
			      const struct git_keys *keys,
			      int (*each)(enum git_config_change_type type,
					  const struct git_config_key *key, const char *why,
					  void *arg),
			      void *arg);

#endif
