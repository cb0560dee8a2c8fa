/* SPDX-License-Identifier: MIT */
#include "fs/review/decided.h"

#include <errno.h>

#include "fs/review/change_digest.h"
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

static int join(struct review *review, struct change *change)
{
	const struct decision *decision =
		decisions_find(review->decisions, change->path, DECISION_WHOLE, NULL);

	return decision ? join_whole(review, change, decision) : 0;
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
