/* SPDX-License-Identifier: MIT */
/* What an open commit holds; private to fs/commit. */
#ifndef CLAUDEFS_COMMIT_COMMIT_STATE_H
#define CLAUDEFS_COMMIT_COMMIT_STATE_H

#include "fs/commit/claude_lock.h"
#include "fs/commit/intent.h"
#include "fs/journal/content_store.h"
#include "fs/session/state_key.h"

struct commit {
	int session_fd;                  /* borrowed */
	const struct manifest *manifest; /* borrowed */
	int state_fd;                    /* borrowed */
	struct state_key key;
	struct content_store *store; /* NULL: the session has no objects */
	int root_fd;                 /* -1: the host has no ~/.claude yet */
	uint64_t host_dev;
	uint64_t host_ino;
	int lock_fd;
	struct claude_lock config_lock;
	int parent_lock_fd; /* of the directory that will hold the root, while there is none */
};

/* Where events and sums go. */
struct sink {
	struct commit *commit; /* NULL: nothing is prepared by key */
	commit_event_fn *event;
	void *arg;
	struct commit_result *result;
	size_t count;
	bool is_recovered;
};

/* Tells of an entry that was not, or could not be, begun. */
void sink_reject(struct sink *sink, const char *path, enum plan_action action,
		 enum commit_status status, const char *reason);

/* The seal of a receipt of this session. */
struct receipt_seal commit_seal(const struct commit *commit, uint64_t number);

/* Writes the intent (its head is filled in here) and carries it out; or removes the receipt's
 * directory, if the intent is empty or r (what became of its preparation) is an error.
 * Returns r or -errno. */
int commit_begin(struct commit *commit, struct intent *intent, int receipt_fd, uint64_t number,
		 int r, struct sink *sink);

#endif
