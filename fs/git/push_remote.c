/* SPDX-License-Identifier: MIT */
#include "fs/git/push_remote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/git/push_connection.h"

static int list_refs(struct push_connection *connection, struct push_refs *ret)
{
	const git_remote_head **heads = NULL;
	size_t count = 0;
	int r = 0;

	if (git_remote_ls(&heads, &count, connection->remote) != 0)
		return push_connection_fail(connection, "its refs cannot be read");
	for (size_t i = 0; r == 0 && i < count; i++) {
		char id[OBJECT_ID_HEX_SIZE];

		/* Only what takes a right to push. Anybody makes a "refs/pull/1/head": its commits
		 * would pass as the remote's own. ("refs/tags/x^{}" is no ref.) */
		if ((strncmp(heads[i]->name, "refs/heads/", 11) != 0 &&
		     strncmp(heads[i]->name, "refs/tags/", 10) != 0) ||
		    strpbrk(heads[i]->name, "^\n"))
			continue;
		(void)git_oid_tostr(id, sizeof(id), &heads[i]->oid);
		r = push_refs_add(ret, heads[i]->name, id);
	}
	return r == -EFBIG ? push_problem_set(connection->problem, r, "%s: has too many refs",
					      connection->target)
			   : r;
}

int push_remote_list(const char *path, const char *target, struct push_access *access,
		     struct push_refs *ret, struct push_problem *problem)
{
	cleanup_push_connection struct push_connection connection = { .target = target,
								      .access = access,
								      .problem = problem };
	int r = push_connection_open(&connection, path, true);

	return r == 0 ? list_refs(&connection, ret) : r;
}

static int on_update(const char *ref, const char *status, void *arg)
{
	struct push_connection *connection = arg;

	if (status)
		connection->error = push_problem_set(connection->problem, -EREMOTEIO,
						     "%s: %s: the server refuses: %s",
						     connection->target, ref, status);
	return 0;
}

/* Since it was asked last, somebody may have pushed. */
static int check_still(const struct push_connection *connection,
		       const struct push_command *commands, size_t count,
		       const struct push_refs *now)
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

/* "SOURCE:REF" (ret_), without the "+" of force. NULL: out of memory. */
static char *make_spec(const struct push_command *command, size_t index)
{
	char name[PUSH_COMMIT_NAME_SIZE];
	char *spec = NULL;

	push_commit_name(name, index);
	return asprintf(&spec, "%s:%s", name, command->ref) < 0 ? NULL : spec;
}

static int upload(struct push_connection *connection, const struct push_command *commands,
		  size_t count)
{
	git_push_options options = GIT_PUSH_OPTIONS_INIT;
	char *specs[PUSH_COMMANDS_MAX] = { NULL };
	git_strarray list = { specs, count };
	int r = push_connection_name_commits(connection, commands, count);

	options.callbacks.credentials = push_connection_credential;
	options.callbacks.push_update_reference = on_update;
	options.callbacks.payload = connection;
	options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	options.proxy_opts.type = GIT_PROXY_AUTO;
	for (size_t i = 0; r == 0 && i < count; i++) {
		specs[i] = make_spec(&commands[i], i);
		if (!specs[i])
			r = -ENOMEM;
	}
	if (r == 0 && git_remote_upload(connection->remote, &list, &options) != 0)
		r = push_connection_fail(connection, "the push failed");
	for (size_t i = 0; i < count; i++)
		free(specs[i]);
	return r == 0 ? connection->error : r;
}

int push_remote_send(const char *path, const char *target, struct push_access *access,
		     const struct push_command *commands, size_t count,
		     struct push_problem *problem)
{
	cleanup_push_connection struct push_connection connection = { .target = target,
								      .access = access,
								      .problem = problem };
	cleanup_push_refs struct push_refs now = { 0 };
	int r = push_connection_open(&connection, path, true);

	if (r == 0)
		r = list_refs(&connection, &now);
	if (r == 0)
		r = check_still(&connection, commands, count, &now);
	return r == 0 ? upload(&connection, commands, count) : r;
}
