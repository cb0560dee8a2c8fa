/* SPDX-License-Identifier: MIT */
/* The remote itself, by libgit2: what refs it has, and the push. With no configuration of
 * anybody's: no url is rewritten, no redirect to another server followed, no hook run; the
 * credential goes to the one host that the target names. */
#ifndef CLAUDEFS_GIT_PUSH_REMOTE_H
#define CLAUDEFS_GIT_PUSH_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/git/push_credential.h"
#include "fs/git/push_protocol.h"
#include "fs/git/push_refs.h"

#define PUSH_FETCH_SECONDS 120u

/* How to get there. All borrowed but the credential: whom to ask for it, if the server wants one,
 * and what was found (push_credential_done() by the caller). */
struct push_access {
	const char *project;
	const char *directory;
	const char *way; /* a repository of ours without objects (push_quarantine_make()): libgit2
			    writes references there, and reads its configuration */
	bool refuse_broad;
	struct push_credential credential;
};

/* What may go wrong with a server: all with *problem. -EACCES: it takes no credential of ours. */

/* Its branches and tags (push_refs_done() by the caller). path: the quarantine. Returns 0 or
 * -errno. */
int push_remote_list(const char *path, const char *target, struct push_access *access,
		     struct push_refs *ret, struct push_problem *problem);

/* A piece of a pack. Returns 0, or -errno to stop. */
typedef int push_piece_fn(const void *data, size_t len, void *arg);

/* Asks for wanted refs of remote (wants: indexes, count of them) and gives the pack, unread, to
 * piece: at most PUSH_FETCH_BYTES_MAX bytes, in about PUSH_FETCH_SECONDS. What the quarantine has
 * of the commands' history is not sent again. Returns 0 or -errno. */
int push_remote_fetch(const char *path, const char *target, struct push_access *access,
		      const struct push_command *commands, size_t command_count,
		      const struct push_refs *remote, const uint32_t *wants, size_t count,
		      push_piece_fn *piece, void *arg, struct push_problem *problem);

/* Pushes the commands' new ids, none by force. Returns 0, -EREMOTEIO (the server refused one),
 * -ESTALE (a ref is not at its old_id any more) or another -errno. */
int push_remote_send(const char *path, const char *target, struct push_access *access,
		     const struct push_command *commands, size_t count,
		     struct push_problem *problem);

#endif
