/* SPDX-License-Identifier: MIT */
#include "fs/git/push_remote.h"

#include <errno.h>
#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/git/library.h"

struct connection {
	const char *target;
	const struct push_access *access;
	struct push_problem *problem;
	git_repository *repository;
	git_remote *remote;
	struct push_credential credential;
	bool has_asked;
	int error; /* of the callbacks; 0: none */
};

static void connection_done(struct connection *connection)
{
	push_credential_done(&connection->credential);
	if (connection->remote)
		(void)git_remote_disconnect(connection->remote);
	git_remote_free(connection->remote);
	git_repository_free(connection->repository);
}
#define cleanup_connection __attribute__((cleanup(connection_done)))

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

static int give_credential(git_credential **ret, const char *url, const char *user,
			   unsigned int allowed, void *arg)
{
	struct connection *connection = arg;
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
			connection->credential.source ? connection->credential.source : "the host",
			push_token_kind_name(connection->credential.kind));
		return GIT_EUSER;
	}
	connection->has_asked = true;
	r = push_credential_find(connection->target, connection->access->project,
				 connection->access->directory, connection->access->refuse_broad,
				 &connection->credential, connection->problem);
	if (r < 0) {
		connection->error = r;
		return GIT_EUSER;
	}
	return git_credential_userpass_plaintext_new(ret, connection->credential.user,
						     connection->credential.password->data);
}

/* What libgit2 says, unless a callback has said it. */
static int say_failure(struct connection *connection, const char *what)
{
	const git_error *error = git_error_last();

	if (connection->error < 0)
		return connection->error;
	return push_problem_set(connection->problem, -EIO, "%s: %s: %s", connection->target, what,
				error && error->message ? error->message : "unknown reason");
}

static int connect_to(struct connection *connection, const char *path)
{
	git_remote_create_options create = GIT_REMOTE_CREATE_OPTIONS_INIT;
	git_remote_connect_options options = GIT_REMOTE_CONNECT_OPTIONS_INIT;

	if (!git_library_is_ready() ||
	    git_repository_open_ext(&connection->repository, path,
				    GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE,
				    NULL) != 0)
		return -EIO;
	create.repository = connection->repository;
	create.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
	options.callbacks.credentials = give_credential;
	options.callbacks.payload = connection;
	options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	/* http_proxy and no_proxy, as for every other program of the person. */
	options.proxy_opts.type = GIT_PROXY_AUTO;
	if (git_remote_create_with_opts(&connection->remote, connection->target, &create) != 0 ||
	    git_remote_connect_ext(connection->remote, GIT_DIRECTION_PUSH, &options) != 0)
		return say_failure(connection, "cannot be reached");
	return 0;
}

static int list_refs(struct connection *connection, struct push_refs *ret)
{
	const git_remote_head **heads = NULL;
	size_t count = 0;
	int r = 0;

	if (git_remote_ls(&heads, &count, connection->remote) != 0)
		return say_failure(connection, "its refs cannot be read");
	for (size_t i = 0; r == 0 && i < count; i++) {
		char id[OBJECT_ID_HEX_SIZE];

		/* Only what takes a right to push. Anybody makes a "refs/pull/1/head": its commits
		 * would pass as the remote's own. ("refs/tags/x^{}" is no ref.) */
		if ((strncmp(heads[i]->name, "refs/heads/", 11) != 0 &&
		     strncmp(heads[i]->name, "refs/tags/", 10) != 0) ||
		    strchr(heads[i]->name, '^'))
			continue;
		(void)git_oid_tostr(id, sizeof(id), &heads[i]->oid);
		r = push_refs_add(ret, heads[i]->name, id);
	}
	return r == -EFBIG ? push_problem_set(connection->problem, r, "%s: has too many refs",
					      connection->target)
			   : r;
}

int push_remote_list(const char *path, const char *target, const struct push_access *access,
		     struct push_refs *ret, struct push_problem *problem)
{
	cleanup_connection struct connection connection = { .target = target,
							    .access = access,
							    .problem = problem };
	int r = connect_to(&connection, path);

	return r == 0 ? list_refs(&connection, ret) : r;
}

static int on_update(const char *ref, const char *status, void *arg)
{
	struct connection *connection = arg;

	if (status)
		connection->error = push_problem_set(connection->problem, -EREMOTEIO,
						     "%s: %s: the server refuses: %s",
						     connection->target, ref, status);
	return 0;
}

/* Since it was asked last, somebody may have pushed. */
static int check_still(const struct connection *connection, const struct push_command *commands,
		       size_t count, const struct push_refs *now)
{
	for (size_t i = 0; i < count; i++) {
		const char *is = push_refs_find(now, commands[i].ref);

		if (strcmp(is ? is : PUSH_ID_NONE, commands[i].old_id) != 0)
			return push_problem_set(connection->problem, -ESTALE,
						"%s: %s changed there meanwhile; try again",
						connection->target, commands[i].ref);
	}
	return 0;
}

/* "SOURCE:REF" (ret_), without the "+" of force. libgit2 wants a ref as the source, and one whose
 * name cannot collide with another. */
static char *make_spec(git_repository *repository, const struct push_command *command, size_t index)
{
	git_reference *reference = NULL;
	char *spec = NULL;
	char name[48];
	git_oid id;
	int r;

	(void)snprintf(name, sizeof(name), "refs/claudefs/%zu", index);
	r = git_oid_fromstr(&id, command->new_id);
	if (r == 0)
		r = git_reference_create(&reference, repository, name, &id, 1, NULL);
	git_reference_free(reference);
	return r != 0 || asprintf(&spec, "%s:%s", name, command->ref) < 0 ? NULL : spec;
}

static int upload(struct connection *connection, const struct push_command *commands, size_t count)
{
	git_push_options options = GIT_PUSH_OPTIONS_INIT;
	char *specs[PUSH_COMMANDS_MAX] = { NULL };
	git_strarray list = { specs, count };
	int r = 0;

	options.callbacks.credentials = give_credential;
	options.callbacks.push_update_reference = on_update;
	options.callbacks.payload = connection;
	options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	options.proxy_opts.type = GIT_PROXY_AUTO;
	for (size_t i = 0; r == 0 && i < count; i++) {
		specs[i] = make_spec(connection->repository, &commands[i], i);
		if (!specs[i])
			r = -EIO;
	}
	if (r == 0 && git_remote_upload(connection->remote, &list, &options) != 0)
		r = say_failure(connection, "the push failed");
	for (size_t i = 0; i < count; i++)
		free(specs[i]);
	return r == 0 ? connection->error : r;
}

int push_remote_send(const char *path, const char *target, const struct push_access *access,
		     const struct push_command *commands, size_t count,
		     struct push_problem *problem)
{
	cleanup_connection struct connection connection = { .target = target,
							    .access = access,
							    .problem = problem };
	cleanup_push_refs struct push_refs now = { 0 };
	int r = connect_to(&connection, path);

	if (r == 0)
		r = list_refs(&connection, &now);
	if (r == 0)
		r = check_still(&connection, commands, count, &now);
	return r == 0 ? upload(&connection, commands, count) : r;
}
