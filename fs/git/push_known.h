/* SPDX-License-Identifier: MIT */
/* The places that a person stands behind for a project's pushes: where its remotes led before any
 * session could write its configuration, and where a person has let a push go since. To these
 * --allow-git-push lets a push go at once; any other place is not even asked before a person says
 * so, for the agent of an earlier session may have named it.
 *
 *	<state>/push/known/<SHA-256 of the project's path>.json
 *	{ "version": 1, "project": "/...", "targets": ["https://...", ...] }
 *
 * Out of every sandbox's reach. */
#ifndef CLAUDEFS_GIT_PUSH_KNOWN_H
#define CLAUDEFS_GIT_PUSH_KNOWN_H

#include <stdbool.h>

#include "fs/git/push_remotes.h"

#define PUSH_KNOWN_MAX 256u /* places of one project */

/* Before a session begins. The first time for a project the remotes' targets are known, unless
 * had_sessions (somebody's sessions have been in it before this record was kept), or a session has
 * been in a directory above it. Then nothing changes any more. Returns 0, -EBADMSG (a record that
 * is none) or -errno. */
int push_known_begin(const char *state_path, const char *project, bool had_sessions,
		     const struct push_remotes *remotes);

/* A person let a push go there. Returns 0, -EBADMSG, -ENOSPC (PUSH_KNOWN_MAX) or -errno. */
int push_known_add(const char *state_path, const char *project, const char *target);

/* False too where that cannot be told. */
bool push_known_has(const char *state_path, const char *project, const char *target);

/* True if there is a record of the project. */
bool push_known_exists(const char *state_path, const char *project);

#endif
