/* SPDX-License-Identifier: MIT */
/* What a remote has beside the agent's objects. This process has the credential, so it does not
 * parse the pack: libgit2 gives it to a backend of ours, which hands it on. */
#include <errno.h>
#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <stdlib.h>
#include <time.h>

#include "fs/base/cleanup.h"
#include "fs/git/push_check.h"
#include "fs/git/push_connection.h"
#include "fs/git/push_objects.h"

#define PRIORITY 2 /* before the packs: libgit2 writes where it may first */

struct relay {
	git_odb_backend parent; /* first: libgit2 knows no other */
	git_odb_writepack pack;
	struct push_connection *connection;
	push_piece_fn *piece;
	void *arg;
	uint64_t bytes;
	struct timespec deadline;
};

static struct relay *relay_of(git_odb_backend *backend)
{
	return (struct relay *)(void *)backend;
}

static bool is_over(const struct timespec *deadline)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > deadline->tv_sec;
}

static int on_piece(git_odb_writepack *pack, const void *data, size_t size,
		    git_indexer_progress *progress)
{
	struct relay *relay = relay_of(pack->backend);
	struct push_connection *connection = relay->connection;

	(void)progress;
	relay->bytes += size;
	if (relay->bytes > PUSH_FETCH_BYTES_MAX)
		connection->error = push_problem_set(
			connection->problem, -EFBIG, "%s: that is more than %llu bytes",
			connection->target, (unsigned long long)PUSH_FETCH_BYTES_MAX);
	else if (is_over(&relay->deadline))
		connection->error = push_problem_set(connection->problem, -ETIME,
						     "%s: that takes more than %u seconds",
						     connection->target, PUSH_FETCH_SECONDS);
	else
		connection->error = relay->piece(data, size, relay->arg);
	return connection->error < 0 ? GIT_EUSER : 0;
}

static int on_end(git_odb_writepack *pack, git_indexer_progress *progress)
{
	(void)pack;
	(void)progress;
	return 0;
}

static void forget_pack(git_odb_writepack *pack)
{
	(void)pack;
}

static int give_pack(git_odb_writepack **ret, git_odb_backend *backend, git_odb *odb,
		     git_indexer_progress_cb progress, void *arg)
{
	struct relay *relay = relay_of(backend);

	(void)odb;
	(void)progress;
	(void)arg;
	*ret = &relay->pack;
	return 0;
}

static void forget(git_odb_backend *backend)
{
	free(relay_of(backend));
}

/* The repository's packs, with the relay before them. */
static int add_relay(struct push_connection *connection, push_piece_fn *piece, void *arg)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	git_odb *odb = NULL;
	int r = -EIO;

	if (!relay)
		return -ENOMEM;
	relay->connection = connection;
	relay->piece = piece;
	relay->arg = arg;
	(void)clock_gettime(CLOCK_MONOTONIC, &relay->deadline);
	relay->deadline.tv_sec += PUSH_FETCH_SECONDS;
	if (git_odb_init_backend(&relay->parent, GIT_ODB_BACKEND_VERSION) == 0 &&
	    git_repository_odb(&odb, connection->repository) == 0) {
		relay->parent.writepack = give_pack;
		relay->parent.free = forget;
		relay->pack.backend = &relay->parent;
		relay->pack.append = on_piece;
		relay->pack.commit = on_end;
		relay->pack.free = forget_pack;
		if (git_odb_add_backend(odb, &relay->parent, PRIORITY) == 0) {
			relay = NULL;
			r = 0;
		}
	}
	git_odb_free(odb);
	free(relay);
	return r;
}

static int download(struct push_connection *connection, const struct push_refs *remote,
		    const uint32_t *wants, size_t count)
{
	git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
	cleanup_free char **names = (char **)calloc(count, sizeof(*names));
	git_strarray list = { names, count };

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		names[i] = remote->items[wants[i]].name;
	options.callbacks.credentials = push_connection_credential;
	options.callbacks.payload = connection;
	options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	options.proxy_opts.type = GIT_PROXY_AUTO;
	options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	options.update_fetchhead = 0;
	return git_remote_download(connection->remote, &list, &options) == 0
		       ? connection->error
		       : push_connection_fail(connection, "cannot be fetched from");
}

int push_remote_fetch(const char *path, const char *target, struct push_access *access,
		      const struct push_command *commands, size_t command_count,
		      const struct push_refs *remote, const uint32_t *wants, size_t count,
		      push_piece_fn *piece, void *arg, struct push_problem *problem)
{
	cleanup_push_connection struct push_connection connection = { .target = target,
								      .access = access,
								      .problem = problem };
	int r = push_connection_open(&connection, path, false);

	/* What the quarantine has is found by its names. */
	if (r == 0)
		r = push_connection_name_commits(&connection, commands, command_count);
	if (r == 0)
		r = add_relay(&connection, piece, arg);
	return r == 0 ? download(&connection, remote, wants, count) : r;
}
