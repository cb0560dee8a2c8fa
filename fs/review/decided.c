/* SPDX-License-Identifier: MIT */
#include "fs/review/decided.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/base/cleanup.h"
#include "fs/review/change_digest.h"
#include "fs/review/hunks.h"
#include "fs/review/parts.h"
#include "fs/review/review_state.h"

static bool may_be_decided(const struct change *change)
{
	return change->group == REVIEW_WILL_COMMIT || change->group == REVIEW_NEEDS_APPROVAL;
}

static int join_whole(struct review *review, struct change *change, const struct decision *decision)
{
	int r;

	change->decision = CHANGE_LAPSED;
	if (!may_be_decided(change))
		return 0;
	r = change_digest(review, change, &change->digest);
	/* Being written, or the host's file is another one: not what was shown. */
	if (r == -EBADMSG || r == -ESTALE)
		return 0;
	if (r < 0)
		return r;
	if (digest_is_equal(&change->digest, &decision->digest))
		change->decision = decision->verdict == DECISION_APPROVED ? CHANGE_APPROVED
									  : CHANGE_REJECTED;
	return 0;
}

/* The verdict on one edit: it must be the same edit of the same change. */
static int judge_hunk(const struct review *review, const struct change *change,
		      const struct hunks *hunks, size_t index, enum decision_verdict *ret)
{
	const struct decision *decision;
	struct digest digest;
	char part[24];
	int r;

	*ret = DECISION_NONE;
	(void)snprintf(part, sizeof(part), "%zu", index);
	decision = decisions_find(review->decisions, change->path, DECISION_HUNK, part);
	if (!decision)
		return 0;
	r = hunks_digest(hunks, index, &change->digest, &digest);
	if (r == 0 && digest_is_equal(&digest, &decision->digest))
		*ret = decision->verdict;
	return r;
}

static enum change_decision sum_up(const struct change *change)
{
	size_t counts[3] = { 0 };

	for (size_t i = 0; i < change->hunk_count; i++)
		counts[change->hunks[i]]++;
	if (counts[DECISION_APPROVED] == change->hunk_count)
		return CHANGE_APPROVED;
	if (counts[DECISION_REJECTED] == change->hunk_count)
		return CHANGE_REJECTED;
	return counts[DECISION_NONE] == change->hunk_count ? CHANGE_LAPSED : CHANGE_PARTLY;
}

ANALYZER_LOSES_OWNERS
static int join_hunks(struct review *review, struct change *change)
{
	cleanup_hunks struct hunks *hunks = NULL;
	int r;

	change->decision = CHANGE_LAPSED;
	if (!may_be_decided(change))
		return 0;
	r = hunks_of_change(review, change, &hunks);
	if (r == 0)
		r = change_digest(review, change, &change->digest);
	if (r == -ENOTSUP || r == -EBADMSG || r == -ESTALE)
		return 0;
	if (r < 0)
		return r;
	change->hunk_count = hunks_count(hunks);
	change->hunks = calloc(change->hunk_count + 1, sizeof(*change->hunks));
	if (!change->hunks)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < change->hunk_count; i++)
		r = judge_hunk(review, change, hunks, i, &change->hunks[i]);
	if (r == 0)
		change->decision = sum_up(change);
	return r;
}
ANALYZER_KNOWS_OWNERS

static enum change_decision sum_up_parts(const struct change_parts *parts)
{
	if (parts->approved + parts->rejected == 0)
		return parts->lapsed > 0 ? CHANGE_LAPSED : CHANGE_UNDECIDED;
	if (parts->rejected == parts->total)
		return CHANGE_REJECTED;
	return parts->approved == parts->total ? CHANGE_APPROVED : CHANGE_PARTLY;
}

/* Each key, or record, by itself. */
static int join_parts(struct review *review, struct change *change)
{
	cleanup_parts struct parts *parts = NULL;
	int r;

	change->decision = CHANGE_LAPSED;
	if (!may_be_decided(change))
		return 0;
	r = parts_of_change(review, change, review->decisions, false, &parts);
	if (r == -ENOMEM || r == -EIO)
		return r;
	/* No parts any more, or being written: not what was shown. */
	if (r < 0)
		return 0;
	parts_sum(parts, &change->parts);
	change->decision = sum_up_parts(&change->parts);
	if (change->decision == CHANGE_UNDECIDED)
		change->parts.scope = DECISION_WHOLE;
	return 0;
}

static int join(struct review *review, struct change *change)
{
	const struct decision *decision =
		decisions_find(review->decisions, change->path, DECISION_WHOLE, NULL);

	if (decision)
		return join_whole(review, change, decision);
	if (decisions_has(review->decisions, change->path, DECISION_HUNK))
		return join_hunks(review, change);
	if (decisions_has(review->decisions, change->path, DECISION_KEY) ||
	    decisions_has(review->decisions, change->path, DECISION_RECORD))
		return join_parts(review, change);
	return 0;
}

int decided_join(struct review *review)
{
	const struct review_options *options = &review->options;
	int r;

	if (!options->key)
		return 0;
	r = decisions_read(options->session_fd, options->manifest->id, options->key,
			   &review->decisions, &review->forged);
	if (r < 0 || decisions_count(review->decisions) == 0)
		return r;
	for (size_t i = 0; r == 0 && i < review->count; i++)
		r = join(review, &review->changes[i]);
	return r;
}
