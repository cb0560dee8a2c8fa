/* SPDX-License-Identifier: MIT */
/* What the host has under a name, as far as the rules let the session see it. A hidden name is
 * answered from the rules alone: the host is not asked, so not even time tells. */
#ifndef CLAUDEFS_VIEW_HOST_ENTRY_H
#define CLAUDEFS_VIEW_HOST_ENTRY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "fs/view/node.h"

struct host_entry {
	struct entry_verdict verdict;
	bool is_synthetic;
	struct stat st; /* not for synthetic ones */
};

void host_entry_decide(struct view *view, const char *path, struct entry_verdict *ret);
/* The same, remembered in the entry. Namespace lock held. Out of memory decides hide, refuse. */
const struct entry_verdict *host_entry_verdict(struct view *view, struct entry *entry);

/* Returns 0, -ENOENT (absent or not to be seen) or another -errno. */
int host_entry_stat(struct view *view, const char *path, struct host_entry *ret);

/* Calls each(name, type, arg) for every visible entry of the host's directory path that the session
 * has not covered (dir: its node; namespace lock held). type: S_IFDIR or S_IFREG. Stops at the
 * first non-zero result and returns it. Returns 0 or -errno; an absent directory has no entries. */
int host_entry_list(struct view *view, const struct node *dir, const char *path,
		    int (*each)(const char *name, mode_t type, void *arg), void *arg);

#endif
