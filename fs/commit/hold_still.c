/* SPDX-License-Identifier: MIT */
#include "fs/commit/hold_still.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/fd.h"
#include "fs/review/verdicts.h"

bool hold_still_is_needed(const struct review *review)
{
	return replay_state(review_replay(review), NULL, NULL) != JOURNAL_COMPLETE;
}

/* Where the copy begins, as an offset in the content. */
static uint64_t copy_from(const struct plan_entry *planned, const struct content *content)
{
	const struct change *change = planned->change;
	size_t len = strlen(change->path);
	/* Others are parsed as a whole, also where lines are appended to them. */
	bool is_by_line = len >= 6 && strcmp(change->path + len - 6, ".jsonl") == 0;

	if (planned->action != PLAN_APPEND || !change->is_append_only || !is_by_line ||
	    change->base.size < content->prefix)
		return content->prefix;
	return change->base.size;
}

static int open_nameless(int dir_fd)
{
	cleanup_fd int fd =
		openat(dir_fd, "still", O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0 || unlinkat(dir_fd, "still", 0) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* The object's bytes before the copy, and the copy. */
static int digest_both(const struct content *content, uint64_t before, int copy_fd,
		       struct hash *ret)
{
	cleanup_hash_stream struct hash_stream *stream = hash_stream_new();
	off_t n;

	if (!stream)
		return -ENOMEM;
	n = hash_stream_update_fd(stream, content->tail_fd, (off_t)content->tail_offset,
				  (off_t)before);
	if (n < 0 || (uint64_t)n < before)
		return n < 0 ? (int)n : -EBADMSG;
	n = hash_stream_update_fd(stream, copy_fd, 0, -1);
	if (n < 0)
		return (int)n;
	*ret = hash_stream_digest(stream);
	return 0;
}

static int copy_object(const struct plan_entry *planned, int receipt_fd, struct content *content,
		       struct hash *ret_object_hash)
{
	uint64_t from = copy_from(planned, content);
	cleanup_fd int fd = open_nameless(receipt_fd);
	int r;

	if (fd < 0)
		return fd;
	r = content_copy(content, from, fd);
	if (r == 0)
		r = digest_both(content, from - content->prefix, fd, ret_object_hash);
	if (r < 0)
		return r;
	if (from > content->prefix)
		cleanup_close_fd(&content->prefix_fd);
	cleanup_close_fd(&content->tail_fd);
	content->tail_fd = steal_fd(&fd);
	content->tail_offset = 0;
	content->prefix = from;
	return 0;
}

/* what: said before the reason, with the status, if it may not go. */
static int judge(const struct review *review, const struct plan_entry *planned,
		 const struct prepare_hooks *hooks, const struct content *content,
		 enum commit_status status, const char *what)
{
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

	r = verdicts_judge_content(review, change, content, &group, reason, sizeof(reason));
	/* In the order of the groups the first lets most through. */
	if (r < 0 || group <= allowed)
		return r;
	if (group == REVIEW_CONFLICT && planned->drops_conflicts)
		return 0;
	if (group == REVIEW_CONFLICT) {
		hooks->reject(planned, COMMIT_CONFLICT, reason, hooks->arg);
		return -ENODATA;
	}
	(void)snprintf(told, sizeof(told), "%s: %s", what, reason);
	hooks->reject(planned, status, told, hooks->arg);
	return -ENODATA;
}

int hold_still_judge_part(const struct review *review, const struct plan_entry *planned,
			  const struct prepare_hooks *hooks, int fd, uint64_t size)
{
	const struct content content = { .prefix_fd = -1, .tail_fd = fd, .size = size };

	return judge(review, planned, hooks, &content, COMMIT_SKIPPED,
		     "with the approved hunks alone");
}

int hold_still(const struct review *review, const struct plan_entry *planned, int receipt_fd,
	       const struct prepare_hooks *hooks, struct content *content,
	       struct hash *ret_object_hash)
{
	int r = copy_object(planned, receipt_fd, content, ret_object_hash);

	return r < 0 ? r
		     : judge(review, planned, hooks, content, COMMIT_LAPSED,
			     "the session wrote to it while it was committed");
}
