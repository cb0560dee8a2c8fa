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
#include "fs/review/verdicts.h"

static bool may_be_decided(const struct change *change)
{
	return change->group == REVIEW_WILL_COMMIT || change->group == REVIEW_NEEDS_APPROVAL;
}

/* Out of memory ends the review; of what cannot be read otherwise nobody can say whether it is what
 * was decided about. */
static int hold(struct change *change, int error)
{
	if (error == -ENOMEM || error == -EIO)
		return error;
	verdicts_hold_undecidable(change, error);
	return 0;
}

static int join_whole(struct review *review, struct change *change, const struct decision *decision)
{
	int r;

	change->decision = CHANGE_LAPSED;
	if (!may_be_decided(change))
		return 0;
	r = change_digest(review, change, &change->digest);
	if (r < 0)
		return hold(change, r);
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
	/* No text any more: not what was shown. */
	if (r == -ENOTSUP)
		return 0;
	if (r == 0)
		r = change_digest(review, change, &change->digest);
	if (r < 0)
		return hold(change, r);
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

static const char *why_again(const struct review *review, const struct change *change)
{
	uint64_t time_ns;

	return receipts_was_undone(review->receipts, change->path, &time_ns) ? "undone"
									     : "rejected once";
}

/* What was rejected, has changed, and would go by itself. Of a transcript all that is not decided
 * about waits with it. */
static int ask_parts_again(const struct review *review, struct change *change)
{
	struct change_parts *parts = &change->parts;
	int r;

	if (parts->asks_again == 0 || change->group != REVIEW_WILL_COMMIT)
		return 0;
	r = verdicts_ask_again(change, parts->asks_again, why_again(review, change));
	if (r == 0 && parts->scope == DECISION_RECORD)
		parts->open = parts->total - parts->approved - parts->rejected;
	return r;
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
	/* No parts any more: not what was shown. */
	if (r == -ENOTSUP)
		return 0;
	if (r < 0)
		return hold(change, r);
	parts_sum(parts, &change->parts);
	change->decision = sum_up_parts(&change->parts);
	r = ask_parts_again(review, change);
	if (change->decision == CHANGE_UNDECIDED)
		change->parts.scope = DECISION_WHOLE;
	return r;
}

/* How many rejections of that scope stand for what the change is now. */
static size_t count_standing(const struct change *change, enum decision_scope scope)
{
	size_t count = 0;

	if (scope != DECISION_HUNK || change->decision != CHANGE_PARTLY)
		return 0;
	for (size_t i = 0; i < change->hunk_count; i++)
		count += change->hunks[i] == DECISION_REJECTED;
	return count;
}

/* Something was rejected once, of which no rejection stands. Parts with names ask by themselves. */
static bool asks_again(const struct review *review, const struct change *change)
{
	const struct decisions *decisions = review->decisions;

	for (enum decision_scope scope = DECISION_WHOLE; scope <= DECISION_RECORD; scope++) {
		if (change->parts.scope != DECISION_WHOLE && scope == change->parts.scope)
			continue;
		if (decisions_asks(decisions, change->path, scope) ||
		    decisions_count_rejected(decisions, change->path, scope) >
			    count_standing(change, scope))
			return true;
	}
	return false;
}

static int ask_again(const struct review *review, struct change *change)
{
	/* A verdict on all of it, as it is now, is the last word. */
	if (change->group != REVIEW_WILL_COMMIT || change->decision == CHANGE_APPROVED ||
	    change->decision == CHANGE_REJECTED || !asks_again(review, change))
		return 0;
	/* Of the parts, all about which nothing counts. */
	if (change->parts.scope != DECISION_WHOLE)
		change->parts.open =
			change->parts.total - change->parts.approved - change->parts.rejected;
	return verdicts_ask_again(change, change->keys.goes, why_again(review, change));
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

/* What the person took back does not go again on the word from before. */
static int expire_undone(struct review *review, const struct change *change)
{
	uint64_t time_ns = 0;

	if (!receipts_was_undone(review->receipts, change->path, &time_ns))
		return 0;
	return decisions_expire(review->decisions, change->path, time_ns);
}

int decided_join(struct review *review)
{
	const struct review_options *options = &review->options;
	int r;

	if (!options->key)
		return 0;
	r = decisions_read(options->session_fd, options->manifest->id, options->key,
			   &review->decisions, &review->forged);
	for (size_t i = 0; r == 0 && i < review->count; i++)
		r = expire_undone(review, &review->changes[i]);
	if (r < 0 || decisions_count(review->decisions) == 0)
		return r;
	for (size_t i = 0; r == 0 && i < review->count; i++) {
		r = join(review, &review->changes[i]);
		if (r == 0)
			r = ask_again(review, &review->changes[i]);
	}
	return r;
}
