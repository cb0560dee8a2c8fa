/* SPDX-License-Identifier: MIT */
#include "fs/review/change_digest.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/base/cleanup.h"
#include "fs/review/content.h"

#define CHUNK_SIZE (256u << 10) /* bytes read at a time */
#define DOMAIN     "claudefs change 1"

uint64_t change_digest_offset(const struct change *change)
{
	return change->is_append_only && change->merge != RULE_MERGE_REPLACE ? change->base.size
									     : 0;
}

int change_digest_content(const struct review *review, const struct change *change,
			  struct digest *ret)
{
	cleanup_content struct content content = CONTENT_NONE;
	cleanup_digest_stream struct digest_stream *stream = NULL;
	cleanup_free char *buf = NULL;
	uint64_t offset = change_digest_offset(change);
	ssize_t n;
	int r;

	*ret = (struct digest){ { 0 } };
	r = content_open(review, change, &content);
	if (r == -ENODATA || r == -EISDIR)
		return 0;
	if (r < 0)
		return r;
	stream = digest_stream_new();
	buf = malloc(CHUNK_SIZE);
	if (!stream || !buf)
		return -ENOMEM;
	while ((n = content_read(&content, buf, CHUNK_SIZE, offset)) > 0) {
		digest_stream_update(stream, buf, (size_t)n);
		offset += (uint64_t)n;
	}
	if (n < 0)
		return (int)n;
	/* Cut short while it was read. */
	return offset < content.size ? -EBADMSG : digest_stream_finish(stream, ret);
}

/* Not the change time: a rename or a backup moves it, and the bytes are the same. */
static void add_identity(struct digest_stream *stream, const struct journal_identity *identity)
{
	digest_stream_number(stream, identity->dev);
	digest_stream_number(stream, identity->ino);
	digest_stream_number(stream, identity->size);
	digest_stream_number(stream, identity->mtime_ns);
	digest_stream_number(stream, identity->mode);
}

int change_digest_with(const struct change *change, const struct digest *content,
		       struct digest *ret)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	const struct change_base *base = &change->base;

	if (!stream)
		return -ENOMEM;
	digest_stream_text(stream, DOMAIN);
	digest_stream_text(stream, change->path);
	digest_stream_text(stream, change_kind_name(change->kind));
	/* What the rules say, whatever became of the person's earlier word. */
	digest_stream_text(
		stream, review_group_name(change->asks_again ? REVIEW_WILL_COMMIT : change->group));
	digest_stream_text(stream, rule_merge_name(change->merge));
	digest_stream_text(stream, rule_write_name(change->verdict.write));
	digest_stream_number(stream, change->mode);
	digest_stream_number(stream, change->is_append_only);
	digest_stream_number(stream, change->size);
	digest_stream_field(stream, content->bytes, DIGEST_SIZE);
	digest_stream_number(stream, base->exists);
	digest_stream_number(stream, base->is_directory);
	digest_stream_number(stream, base->size);
	digest_stream_field(stream, base->hash.bytes, HASH_SIZE);
	digest_stream_field(stream, base->host_hash.bytes, HASH_SIZE);
	add_identity(stream, &base->identity);
	digest_stream_number(stream, change->has_host_entry);
	add_identity(stream, &change->host_identity);
	return digest_stream_finish(stream, ret);
}

int change_digest(const struct review *review, const struct change *change, struct digest *ret)
{
	struct digest content;
	int r = change_digest_content(review, change, &content);

	return r < 0 ? r : change_digest_with(change, &content, ret);
}
