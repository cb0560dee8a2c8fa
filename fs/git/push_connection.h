/* SPDX-License-Identifier: MIT */
/* A connection to a remote, for push_remote.c and push_fetch.c. Private to fs/git. */
#ifndef CLAUDEFS_GIT_PUSH_CONNECTION_H
#define CLAUDEFS_GIT_PUSH_CONNECTION_H

#include <git2.h>
#include <stdbool.h>

#include "fs/git/push_remote.h"

#define PUSH_COMMIT_NAME_SIZE 48u

struct push_connection {
	const char *target;
	struct push_access *access;
	struct push_problem *problem;
	git_repository *repository;
	git_remote *remote;
	bool has_asked;
	int error; /* of the callbacks; 0: none */
};

void push_connection_done(struct push_connection *connection);
#define cleanup_push_connection __attribute__((cleanup(push_connection_done)))

/* Connects, to push or to fetch. target, access and problem are set; path is the quarantine.
 * Returns 0 or -errno with the problem. */
int push_connection_open(struct push_connection *connection, const char *path, bool is_push);

/* What libgit2 says, unless a callback has said it. Returns -errno. */
int push_connection_fail(struct push_connection *connection, const char *what);

/* git_credential_acquire_cb: for the server of the target alone, once. */
int push_connection_credential(git_credential **ret, const char *url, const char *user,
			       unsigned int allowed, void *arg);

/* Gives the commands' commits names in access->way, as libgit2 wants them; none can collide with
 * another. */
int push_connection_name_commits(struct push_connection *connection,
				 const struct push_command *commands, size_t count);
void push_commit_name(char name[PUSH_COMMIT_NAME_SIZE], size_t index);

#endif
