/* SPDX-License-Identifier: MIT */
/* A session as a person sees it: its net changes, each with the verdict of today's rules on this
 * host. Changes nothing, takes no lock, and works while the session runs, after a crash, and on the
 * good prefix of a damaged journal. While the session may still write, each object is read once
 * into a file without a name (still.h): all that one review says of it is of the same bytes. */
#ifndef CLAUDEFS_REVIEW_REVIEW_H
#define CLAUDEFS_REVIEW_REVIEW_H

#include "fs/host/host_tree.h"
#include "fs/policy/rules.h"
#include "fs/review/change.h"
#include "fs/review/decision.h"
#include "fs/review/replay.h"
#include "fs/session/manifest.h"

struct review;

/* All borrowed for the life of the review. */
struct review_options {
	int session_fd;
	const struct manifest *manifest;
	const struct rules *rules;   /* today's, on the host; never the session's */
	struct project_scope *scope; /* of manifest->project; the project's Claude sessions are
					added to it */
	struct host_tree *host;      /* of manifest->host_root and ->host_config */
	const struct state_key *key; /* NULL: no decision of the person's counts */
};

/* Returns 0; -ENOENT (no journal), -EPROTONOSUPPORT (newer format), -EBADMSG (nothing of the
 * journal, a receipt or the decisions can be used), -ENOMEM or another -errno. */
int review_open(const struct review_options *options, struct review **ret);
void review_free(struct review *review);
void cleanup_review_free(struct review **review);
#define cleanup_review __attribute__((cleanup(cleanup_review_free)))

/* The changes that are pending, in the order in which they should be shown: by group, deletions and
 * type changes first, then by path. What was committed and has not changed since is not among them.
 * Borrowed. */
size_t review_count(const struct review *review);
const struct change *review_get(const struct review *review, size_t index);
/* NULL: no pending change of this name. */
const struct change *review_find(const struct review *review, const char *path);
size_t review_count_group(const struct review *review, enum review_group group);

/* Names that commits of this session have applied so far. */
size_t review_count_committed(const struct review *review);
/* False if a commit was cut short: the next one finishes it first. */
bool review_is_settled(const struct review *review);

/* The decisions as they were read; NULL without a key. Borrowed. */
const struct decisions *review_decisions(const struct review *review);
/* Decisions in the file that were not made here, or not for this session: they do not count. */
size_t review_count_forged(const struct review *review);
size_t review_count_decision(const struct review *review, enum change_decision decision);
/* Changes that the next commit applies without a question: by rule or approved, and not rejected.
 */
size_t review_count_ready(const struct review *review);
/* Changes that need approval and that nobody has decided about as they are. */
size_t review_count_open(const struct review *review);

/* True if the journal has no end: the session may write to its objects while they are read. */
bool review_may_be_written(const struct review *review);

/* The replay beneath (processes, refused operations, state of the journal). Borrowed. */
const struct replay *review_replay(const struct review *review);
const struct review_options *review_options(const struct review *review);

#endif
