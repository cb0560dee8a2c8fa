/* SPDX-License-Identifier: MIT */
#include "fs/git/push_connection.h"

#include <errno.h>
#include <git2/sys/repository.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/git/library.h"
#include "fs/git/push_objects.h"

void push_connection_done(struct push_connection *connection)
{
	if (connection->remote)
		(void)git_remote_disconnect(connection->remote);
	git_remote_free(connection->remote);
	git_repository_free(connection->repository);
}

/* GIT_REMOTE_REDIRECT_NONE keeps libgit2 at the server of the target; it gives the callback the url
 * that the remote was made with. */
static bool is_of_target(const char *url, const char *target)
{
	cleanup_free char *ours = push_target_host(target);
	cleanup_free char *theirs = push_target_host(url);

	return ours && theirs && strcmp(ours, theirs) == 0 &&
	       strcspn(url, ":") == strcspn(target, ":") &&
	       strncmp(url, target, strcspn(url, ":")) == 0;
}

int push_connection_credential(git_credential **ret, const char *url, const char *user,
			       unsigned int allowed, void *arg)
{
	struct push_connection *connection = arg;
	int r;

	(void)user;
	if (!is_of_target(url, connection->target)) {
		connection->error = push_problem_set(connection->problem, -EACCES,
						     "%s: leads to another server, which gets no "
						     "credential",
						     connection->target);
		return GIT_EUSER;
	}
	if (connection->has_asked || !(allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT)) {
		connection->error = push_problem_set(
			connection->problem, -EACCES,
			"%s: the server does not take the credential of %s (%s token); check what "
			"it may push to",
			connection->target,
			connection->access->credential.source
				? connection->access->credential.source
				: "the host",
			push_token_kind_name(connection->access->credential.kind));
		return GIT_EUSER;
	}
	connection->has_asked = true;
	/* Asked for once: a helper may ask the person. */
	r = connection->access->credential.password
		    ? 0
		    : push_credential_find(connection->target, connection->access->project,
					   connection->access->directory,
					   connection->access->refuse_broad,
					   &connection->access->credential, connection->problem);
	if (r < 0) {
		connection->error = r;
		return GIT_EUSER;
	}
	return git_credential_userpass_plaintext_new(ret, connection->access->credential.user,
						     connection->access->credential.password->data);
}

/* What libgit2 says, unless a callback has said it. */
int push_connection_fail(struct push_connection *connection, const char *what)
{
	const git_error *error = git_error_last();

	if (connection->error < 0)
		return connection->error;
	return push_problem_set(connection->problem, -EIO, "%s: %s: %s", connection->target, what,
				error && error->message ? error->message : "unknown reason");
}

/* Of its own configuration and references, and the quarantine's objects. */
static int open_repository(struct push_connection *connection, const char *path)
{
	git_odb *odb = NULL;
	int r = push_objects_open(path, &odb);

	if (r == 0 &&
	    (git_repository_open_ext(&connection->repository, connection->access->way,
				     GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE,
				     NULL) != 0 ||
	     git_repository_set_odb(connection->repository, odb) != 0))
		r = -EIO;
	git_odb_free(odb);
	return r;
}

int push_connection_open(struct push_connection *connection, const char *path, bool is_push)
{
	git_remote_create_options create = GIT_REMOTE_CREATE_OPTIONS_INIT;
	git_remote_connect_options options = GIT_REMOTE_CONNECT_OPTIONS_INIT;
	int r = git_library_is_ready() ? open_repository(connection, path) : -EIO;

	if (r < 0)
		return push_problem_set(connection->problem, r, "%s: no room for it on the host",
					connection->target);
	create.repository = connection->repository;
	create.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
	options.callbacks.credentials = push_connection_credential;
	options.callbacks.payload = connection;
	options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	/* http_proxy and no_proxy, as for every other program of the person. */
	options.proxy_opts.type = GIT_PROXY_AUTO;
	if (git_remote_create_with_opts(&connection->remote, connection->target, &create) != 0 ||
	    git_remote_connect_ext(connection->remote,
				   is_push ? GIT_DIRECTION_PUSH : GIT_DIRECTION_FETCH,
				   &options) != 0)
		return push_connection_fail(connection, "cannot be reached");
	return 0;
}

void push_commit_name(char name[PUSH_COMMIT_NAME_SIZE], size_t index)
{
	(void)snprintf(name, PUSH_COMMIT_NAME_SIZE, "refs/claudefs/%zu", index);
}

int push_connection_name_commits(struct push_connection *connection,
				 const struct push_command *commands, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		git_reference *reference = NULL;
		char name[PUSH_COMMIT_NAME_SIZE];
		git_oid id;
		int r = git_oid_fromstr(&id, commands[i].new_id);

		push_commit_name(name, i);
		if (r == 0)
			r = git_reference_create(&reference, connection->repository, name, &id, 1,
						 NULL);
		git_reference_free(reference);
		if (r != 0)
			return push_connection_fail(connection, "its commits cannot be read");
	}
	return 0;
}
