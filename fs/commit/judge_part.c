/* SPDX-License-Identifier: MIT */
#include "fs/commit/judge_part.h"

#include <errno.h>
#include <stdio.h>

#include "fs/review/content.h"
#include "fs/review/verdicts.h"

int judge_part(const struct review *review, const struct plan_entry *planned,
	       const struct prepare_hooks *hooks, int fd, uint64_t size)
{
	const struct content content = { .prefix_fd = -1, .tail_fd = fd, .size = size };
	const struct change *change = planned->change;
	/* What the person settles for the session's side was in conflict; settled for the host's,
	 * only what needs no word goes with it. */
	enum review_group allowed = change->group == REVIEW_WILL_COMMIT || planned->drops_conflicts
					    ? REVIEW_WILL_COMMIT
					    : REVIEW_NEEDS_APPROVAL;
	enum review_group group = REVIEW_HELD;
	char reason[sizeof(change->reason)];
	char told[sizeof(reason) + 64];
	int r;

	r = verdicts_judge_content(review, change, &content, &group, reason, sizeof(reason));
	/* In the order of the groups the first lets most through. */
	if (r < 0 || group <= allowed)
		return r;
	if (group == REVIEW_CONFLICT && planned->drops_conflicts)
		return 0;
	if (group == REVIEW_CONFLICT) {
		hooks->reject(planned, COMMIT_CONFLICT, reason, hooks->arg);
		return -ENODATA;
	}
	(void)snprintf(told, sizeof(told), "with the approved hunks alone: %s", reason);
	hooks->reject(planned, COMMIT_SKIPPED, told, hooks->arg);
	return -ENODATA;
}
