/* SPDX-License-Identifier: MIT */
/* One look at a project directory: every entry that workspace_rules.h names, every git directory
 * (nested, bare and hidden ones too), every symlink that leads out. The tree is the agent's: no
 * symlink is followed, nothing but regular files is opened, git is never run, and depth, number and
 * sizes are bounded. Ignored files count like all others. */
#ifndef CLAUDEFS_GIT_WORKSPACE_SCAN_H
#define CLAUDEFS_GIT_WORKSPACE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/git/workspace_entry.h"
#include "fs/git/workspace_rules.h"

#define WORKSPACE_DEPTH_MAX   256u    /* directories below the project; deeper is said */
#define WORKSPACE_WATCHED_MAX 100000u /* entries; more is said */

/* What a look could not see. */
struct workspace_gaps {
	uint64_t too_deep;   /* directories below WORKSPACE_DEPTH_MAX */
	uint64_t unreadable; /* entries that the caller may not read */
	bool is_cut;         /* more than WORKSPACE_WATCHED_MAX entries */
};

struct workspace_scan {
	struct workspace_entry *entries; /* by path, bytewise */
	size_t count;
	uint64_t visited; /* entries looked at in all */
	struct workspace_gaps gaps;
};

/* Given each regular file's content (borrowed) while it is open. Returns 0, 1 (entry->is_kept
 * becomes true) or -errno, which ends the scan. */
typedef int workspace_content_fn(const struct workspace_entry *entry, const char *data, size_t len,
				 void *arg);

/* project_fd is borrowed, keep may be NULL. Fills *ret ({ 0 } before; the caller calls
 * workspace_scan_done() also after a failure). Returns 0, -ENOMEM or -errno. */
int workspace_scan(int project_fd, const struct workspace_rules *rules, workspace_content_fn *keep,
		   void *arg, struct workspace_scan *ret);
void workspace_scan_done(struct workspace_scan *scan);
#define cleanup_workspace_scan __attribute__((cleanup(workspace_scan_done)))

/* Bytewise by path: binary search. NULL: not there. */
const struct workspace_entry *workspace_scan_find(const struct workspace_scan *scan,
						  const char *path);

#endif
