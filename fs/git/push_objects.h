/* SPDX-License-Identifier: MIT */
/* What a quarantine is read by: its packs, and nothing else that lies there. Who indexed the
 * agent's pack could write in it, so its configuration, its references, alternates (which lead to
 * other repositories) and commit graph (which says who is whose parent) are not read; each object
 * is checked against its id. Private to fs/git. */
#ifndef CLAUDEFS_GIT_PUSH_OBJECTS_H
#define CLAUDEFS_GIT_PUSH_OBJECTS_H

#include <git2.h>

/* The packs of path (freed by the caller). Returns 0 or -EIO. */
int push_objects_open(const char *path, git_odb **ret);

/* A repository (freed by the caller) that has them, without a configuration or a reference. Returns
 * 0 or -EIO. */
int push_objects_wrap(const char *path, git_repository **ret);

#endif
