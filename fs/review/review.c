/* SPDX-License-Identifier: MIT */
#include "fs/review/review.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/review/change_set.h"
#include "fs/review/collisions.h"
#include "fs/review/decided.h"
#include "fs/review/own_sessions.h"
#include "fs/review/review_state.h"
#include "fs/review/verdicts.h"

#ifndef O_PATH
#define O_PATH O_RDONLY
#endif

const char *change_kind_name(enum change_kind kind)
{
	switch (kind) {
	case CHANGE_CREATE: return "create";
	case CHANGE_MODIFY: return "modify";
	case CHANGE_DELETE: return "delete";
	case CHANGE_MKDIR: return "mkdir";
	case CHANGE_RMDIR: return "rmdir";
	case CHANGE_TYPE_CHANGE: return "type-change";
	}
	return "unknown";
}

const char *review_group_name(enum review_group group)
{
	switch (group) {
	case REVIEW_WILL_COMMIT: return "commit";
	case REVIEW_NEEDS_APPROVAL: return "approval";
	case REVIEW_NEVER_LEAVES: return "never";
	case REVIEW_HELD: return "held";
	case REVIEW_CONFLICT: return "conflict";
	}
	return "unknown";
}

const char *change_decision_name(enum change_decision decision)
{
	switch (decision) {
	case CHANGE_UNDECIDED: return "none";
	case CHANGE_APPROVED: return "approved";
	case CHANGE_REJECTED: return "rejected";
	case CHANGE_PARTLY: return "partly";
	case CHANGE_LAPSED: return "lapsed";
	}
	return "unknown";
}

bool change_has_hunk(const struct change *change, enum decision_verdict verdict)
{
	for (size_t i = 0; i < change->hunk_count; i++) {
		if (change->hunks[i] == verdict)
			return true;
	}
	return false;
}

bool change_is_open(const struct change *change)
{
	switch (change->decision) {
	case CHANGE_UNDECIDED:
	case CHANGE_LAPSED: return true;
	case CHANGE_APPROVED:
	case CHANGE_REJECTED: return false;
	case CHANGE_PARTLY:
		return change->parts.scope == DECISION_WHOLE
			       ? change_has_hunk(change, DECISION_NONE)
			       : change->parts.open > 0;
	}
	return true;
}

static bool is_alarming(const struct change *change)
{
	return change->kind == CHANGE_DELETE || change->kind == CHANGE_RMDIR ||
	       change->kind == CHANGE_TYPE_CHANGE;
}

static int compare_for_display(const void *a, const void *b)
{
	const struct change *x = a;
	const struct change *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (is_alarming(x) != is_alarming(y))
		return is_alarming(x) ? -1 : 1;
	return strcmp(x->path, y->path);
}

static void drop_moot_changes(struct review *review)
{
	size_t kept = 0;

	for (size_t i = 0; i < review->count; i++) {
		struct change *change = &review->changes[i];

		if (change->is_moot) {
			free(change->path);
			free(change->prefix_path);
		} else {
			review->changes[kept++] = *change;
		}
	}
	review->count = kept;
}

/* The host's root as commit will see it: by its own path, followed once. */
static int open_root(struct review *review)
{
	review->root_fd =
		open(review->options.manifest->host_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (review->root_fd < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static int hold_objects(struct review *review)
{
	if (!review->store || !review_may_be_written(review))
		return 0;
	return still_new(review->store, &review->still);
}

static int load(struct review *review)
{
	const struct review_options *options = &review->options;
	int r;

	r = replay_new(options->session_fd, options->manifest->id, &review->replay);
	if (r == 0)
		r = receipts_read(options->session_fd, &review->receipts, NULL);
	if (r < 0)
		return r;
	r = content_store_open(options->session_fd, 0, &review->store);
	if (r < 0 && r != -ENOENT)
		return r;
	r = hold_objects(review);
	if (r == 0)
		r = open_root(review);
	if (r == 0)
		r = change_set_build(review);
	if (r == 0)
		r = own_sessions_collect(review);
	if (r == 0)
		r = verdicts_join(review);
	if (r == 0)
		drop_moot_changes(review);
	if (r == 0)
		r = collisions_mark(review);
	if (r == 0)
		r = decided_join(review);
	if (r == 0 && review->count > 0)
		qsort(review->changes, review->count, sizeof(struct change), compare_for_display);
	return r;
}

int review_open(const struct review_options *options, struct review **ret)
{
	cleanup_review struct review *review = calloc(1, sizeof(*review));
	int r;

	if (!review)
		return -ENOMEM;
	review->options = *options;
	review->root_fd = -1;
	r = load(review);
	if (r < 0)
		return r;
	*ret = steal_ptr(&review);
	return 0;
}

void review_free(struct review *review)
{
	if (!review)
		return;
	change_set_done(review);
	cleanup_close_fd(&review->root_fd);
	still_free(review->still);
	content_store_close(review->store);
	decisions_free(review->decisions);
	receipts_free(review->receipts);
	replay_free(review->replay);
	free(review);
}

void cleanup_review_free(struct review **review)
{
	review_free(*review);
}

size_t review_count(const struct review *review)
{
	return review->count;
}

const struct change *review_get(const struct review *review, size_t index)
{
	return index < review->count ? &review->changes[index] : NULL;
}

const struct change *review_find(const struct review *review, const char *path)
{
	for (size_t i = 0; i < review->count; i++) {
		if (strcmp(review->changes[i].path, path) == 0)
			return &review->changes[i];
	}
	return NULL;
}

size_t review_count_group(const struct review *review, enum review_group group)
{
	size_t count = 0;

	for (size_t i = 0; i < review->count; i++)
		count += review->changes[i].group == group;
	return count;
}

const struct decisions *review_decisions(const struct review *review)
{
	return review->decisions;
}

size_t review_count_forged(const struct review *review)
{
	return review->forged;
}

size_t review_count_decision(const struct review *review, enum change_decision decision)
{
	size_t count = 0;

	for (size_t i = 0; i < review->count; i++)
		count += review->changes[i].decision == decision;
	return count;
}

size_t review_count_ready(const struct review *review)
{
	size_t count = 0;

	for (size_t i = 0; i < review->count; i++) {
		const struct change *change = &review->changes[i];

		count += change->decision != CHANGE_REJECTED &&
			 (change->group == REVIEW_WILL_COMMIT ||
			  (change->group == REVIEW_NEEDS_APPROVAL &&
			   (change->decision == CHANGE_APPROVED || change->parts.approved > 0 ||
			    change_has_hunk(change, DECISION_APPROVED))));
	}
	return count;
}

size_t review_count_open(const struct review *review)
{
	size_t count = 0;

	for (size_t i = 0; i < review->count; i++) {
		const struct change *change = &review->changes[i];

		count += change->group == REVIEW_NEEDS_APPROVAL && change_is_open(change);
	}
	return count;
}

size_t review_count_committed(const struct review *review)
{
	return review->committed;
}

bool review_is_settled(const struct review *review)
{
	return receipts_unfinished(review->receipts) == 0;
}

bool review_may_be_written(const struct review *review)
{
	return replay_state(review->replay, NULL, NULL) != JOURNAL_COMPLETE;
}

const struct replay *review_replay(const struct review *review)
{
	return review->replay;
}

const struct review_options *review_options(const struct review *review)
{
	return &review->options;
}
