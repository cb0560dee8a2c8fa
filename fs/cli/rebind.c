/* SPDX-License-Identifier: MIT */
#include "fs/cli/rebind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/cli/deciding.h"
#include "fs/review/change_digest.h"
#include "fs/review/hunks.h"

static bool has_parts(const struct commit_plan *plan)
{
	for (size_t i = 0; i < commit_plan_count(plan); i++) {
		if (commit_plan_get(plan, i)->chosen)
			return true;
	}
	return false;
}

static bool was_rejected(const struct deciding *deciding, const char *path, size_t index)
{
	const struct decision *decision;
	char part[24];

	(void)snprintf(part, sizeof(part), "%zu", index);
	decision = decisions_find(deciding->decisions, path, DECISION_HUNK, part);
	return decision && decision->verdict == DECISION_REJECTED;
}

/* Those that stayed, in their order, are the edits that are left. */
static int bind_edits(struct deciding *deciding, const struct review *review,
		      const struct change *now, const struct hunks *hunks, const bool *rejected)
{
	struct digest change;
	struct digest digest;
	char part[24];
	int r;

	r = change_digest(review, now, &change);
	for (size_t i = 0; r == 0 && i < hunks_count(hunks); i++) {
		if (!rejected[i])
			continue;
		(void)snprintf(part, sizeof(part), "%zu", i);
		r = hunks_digest(hunks, i, &change, &digest);
		if (r == 0)
			r = decisions_set(deciding->decisions, now->path, DECISION_HUNK, part,
					  DECISION_REJECTED, &digest);
	}
	return r;
}

static int rebind(struct deciding *deciding, const struct review *review,
		  const struct plan_entry *planned)
{
	const struct change *now = review_find(review, planned->change->path);
	cleanup_hunks struct hunks *hunks = NULL;
	cleanup_free bool *rejected = calloc(planned->chosen_count + 1, sizeof(*rejected));
	size_t left = 0;
	int r;

	if (!rejected)
		return -ENOMEM;
	for (size_t i = 0; i < planned->chosen_count; i++) {
		if (!planned->chosen[i])
			rejected[left++] = was_rejected(deciding, planned->change->path, i);
	}
	decisions_set_aside(deciding->decisions, planned->change->path, DECISION_HUNK);
	/* The session has written since, or it was not applied: then it is asked again. */
	if (!now || now->seq != planned->change->seq || now->size != planned->change->size)
		return 0;
	r = hunks_of_change(review, now, &hunks);
	if (r == 0 && hunks_count(hunks) == left)
		r = bind_edits(deciding, review, now, hunks, rejected);
	return r == -ENOTSUP || r == -EBADMSG || r == -ESTALE ? 0 : r;
}

int rebind_rejected(const struct chosen_session *session, const struct rules *rules,
		    const struct commit_plan *plan)
{
	cleanup_deciding struct deciding deciding = { .lock_fd = -1 };
	cleanup_open_review struct open_review open = { 0 };
	int r;

	if (!has_parts(plan))
		return EXIT_OK;
	r = open_review_quietly(rules, session, &open);
	if (r < 0)
		return say_journal_failure(session, r);
	r = deciding_open(session, &deciding);
	if (r != EXIT_OK)
		return r;
	for (size_t i = 0; r == 0 && i < commit_plan_count(plan); i++) {
		if (commit_plan_get(plan, i)->chosen)
			r = rebind(&deciding, open.review, commit_plan_get(plan, i));
	}
	if (r == 0)
		return deciding_save(&deciding);
	message_error("session %s: decisions.json: %s; what was rejected is asked again",
		      session->id, strerror(-r));
	return message_exit_code(r);
}
