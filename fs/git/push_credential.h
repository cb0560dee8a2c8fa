/* SPDX-License-Identifier: MIT */
/* The host's own credential for a remote: what `gh auth token` prints, else what the person's
 * credential helper says (`git credential fill`). Both are the host's programs, started in a
 * directory of ours, outside of the project and with none of its configuration; a program that lies
 * in the project is not taken, nor is a directory of PATH that does, and git is not asked where a
 * file of its configuration does. GH_ENTERPRISE_TOKEN and its like, which gh gives to every host,
 * count for that of GH_HOST alone. The secret passes by pipes into locked memory and from there to
 * libgit2's callback: never by an argument, the environment, a log or a file. */
#ifndef CLAUDEFS_GIT_PUSH_CREDENTIAL_H
#define CLAUDEFS_GIT_PUSH_CREDENTIAL_H

#include <stdbool.h>

#include "fs/base/secret.h"
#include "fs/git/push_refs.h"

enum push_token_kind {
	PUSH_TOKEN_FINE_GRAINED, /* github_pat_: for chosen repositories */
	PUSH_TOKEN_CLASSIC,      /* ghp_: for all that its owner reaches */
	PUSH_TOKEN_OAUTH,        /* gho_, ghu_: the same, of an app (gh auth login makes it) */
	PUSH_TOKEN_OTHER,        /* a password, or of another forge */
};

struct push_credential {
	char *user;
	struct secret *password;
	enum push_token_kind kind;
	const char *source; /* static: "gh", "git credential" */
};

void push_credential_done(struct push_credential *credential);
#define cleanup_push_credential __attribute__((cleanup(push_credential_done)))

enum push_token_kind push_token_kind(const char *token, size_t len);
const char *push_token_kind_name(enum push_token_kind kind);

/* For target (push_remotes.h). project: programs beneath it are not run; directory: an empty one of
 * ours to run them in (both absolute). refuse_broad: a classic or OAuth token is -EACCES. Fills
 * *ret
 * ({ 0 } before). Returns 0, -ENOENT (nobody has one), -EACCES or another -errno, with *problem. */
int push_credential_find(const char *target, const char *project, const char *directory,
			 bool refuse_broad, struct push_credential *ret,
			 struct push_problem *problem);

#endif
