/* SPDX-License-Identifier: MIT */
#include "fs/view/seal.h"

#include <errno.h>

#include "fs/base/hash.h"
#include "fs/journal/sample.h"
#include "fs/view/facts.h"

#define STREAM_MIN (64u << 10) /* bytes; below, hashing anew is cheaper than remembering */

void seal_invalidate(struct content *content, uint64_t offset)
{
	uint64_t at = offset > content->prefix ? offset - content->prefix : 0;

	if (content->stream && at < content->stream_len) {
		hash_stream_reset(content->stream);
		content->stream_len = 0;
	}
}

/* The digest of the object, continued from where the last seal left it. */
static int digest_object(struct content *content, struct hash *ret, bool *ret_is_sampled)
{
	uint64_t len = content->size - content->prefix;
	off_t n;

	*ret_is_sampled = false;
	if (len > JOURNAL_SAMPLE_ABOVE)
		return journal_hash_content(content->data_fd, len, ret, ret_is_sampled);
	if (!content->stream) {
		content->stream = hash_stream_new();
		content->stream_len = 0;
	}
	if (!content->stream)
		return -ENOMEM;
	n = hash_stream_update_fd(content->stream, content->data_fd, (off_t)content->stream_len,
				  (off_t)(len - content->stream_len));
	if (n < 0 || (uint64_t)n != len - content->stream_len) {
		hash_stream_reset(content->stream);
		content->stream_len = 0;
		return n < 0 ? (int)n : -EIO;
	}
	content->stream_len = len;
	*ret = hash_stream_digest(content->stream);
	return 0;
}

int seal_content(struct view *view, struct node *node)
{
	struct content *content = &node->content;
	struct hash hash;
	bool is_sampled;
	bool is_named;
	int r;

	if (!content->is_dirty || content->secret)
		return 0;
	/* What has no name cannot come home: its object goes with its last user. */
	view_lock(view);
	is_named = node->entry != NULL;
	view_unlock(view);
	if (!is_named)
		return 0;
	r = digest_object(content, &hash, &is_sampled);
	if (r == 0)
		r = facts_seal(view, content, &hash, is_sampled);
	if (r == 0)
		content->is_dirty = false;
	if (content->stream && content->stream_len < STREAM_MIN) {
		hash_stream_free(content->stream);
		content->stream = NULL;
	}
	return r;
}
