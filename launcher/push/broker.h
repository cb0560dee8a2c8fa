/* SPDX-License-Identifier: MIT */
/* claudefs-push: takes the agent's `git push` on behalf of the host. Four kinds of process, so
 * that none both parses the agent's bytes and has the host's credential:
 *
 * - the broker accepts, decides what is next, writes the store; parses nothing of the agent's;
 * - a worker, of one connection, reads the agent's git and its pack; no credential, and little that
 *   it can do (push_confine());
 * - a messenger has the credential: asks the remote for its refs, fetches, pushes
 * (push_messenger.h);
 * - a checker, forked by the messenger before that has it, looks at the objects: confined as the
 *   worker (push_checker.h).
 *
 * Broker and worker speak by a socket pair, in whole messages of fixed size. */
#ifndef CLAUDEFS_LAUNCHER_PUSH_BROKER_H
#define CLAUDEFS_LAUNCHER_PUSH_BROKER_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/git/push_store.h"

struct broker {
	struct push_store store;
	struct push_remotes remotes;
	struct push_rules *rules;
	const char *project;
	const char *state; /* path of the state directory */
	bool is_allowed;   /* --allow-git-push: what passes is pushed at once, to a known place */
	bool refuse_broad; /* --disallow-broad-gh-token */
	int listen_fd;
	int lifeline_fd; /* -1: none */
};

/* From a worker, once; the agent may have taken it over: all is checked again. */
struct worker_message {
	size_t remote; /* index in remotes */
	int result;    /* 0: the pack is in the quarantine */
	size_t bad;
	size_t count;
	struct push_command commands[PUSH_COMMANDS_MAX];
	struct push_problem problem;
};

struct broker_message {
	int result;          /* 0: pushed, or held */
	unsigned int number; /* of the entry */
	bool is_held;
	struct push_facts facts;
	struct push_problem problem; /* result < 0: why; held: why it could not be pushed, or "" */
};

/* The worker, until its connection ends. fd: the connection, words: to the broker; path: the
 * quarantine. */
_Noreturn void worker_run(const struct broker *broker, int fd, int words, const char *path);

/* Serves until the lifeline ends. Returns 0 or -errno. */
int broker_serve(struct broker *broker);

#endif
