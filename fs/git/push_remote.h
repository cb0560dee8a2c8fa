/* SPDX-License-Identifier: MIT */
/* The remote itself, by libgit2: what refs it has, and the push. With no configuration of
 * anybody's: no url is rewritten, no redirect to another server followed, no hook run; the
 * credential goes to the one host that the target names. */
#ifndef CLAUDEFS_GIT_PUSH_REMOTE_H
#define CLAUDEFS_GIT_PUSH_REMOTE_H

#include <stdbool.h>

#include "fs/git/push_credential.h"
#include "fs/git/push_protocol.h"
#include "fs/git/push_refs.h"

/* Whom to ask for a credential, if the server wants one. All borrowed. */
struct push_access {
	const char *project;
	const char *directory;
	bool refuse_broad;
};

/* What may go wrong with a server: all with *problem. -EACCES: it takes no credential of ours. */

/* Its branches and tags (push_refs_done() by the caller). path: the quarantine. Returns 0 or
 * -errno. */
int push_remote_list(const char *path, const char *target, const struct push_access *access,
		     struct push_refs *ret, struct push_problem *problem);

/* Pushes the commands' new ids, none by force. Returns 0, -EREMOTEIO (the server refused one),
 * -ESTALE (a ref is not at its old_id any more) or another -errno. */
int push_remote_send(const char *path, const char *target, const struct push_access *access,
		     const struct push_command *commands, size_t count,
		     struct push_problem *problem);

#endif
