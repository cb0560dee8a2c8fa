/* SPDX-License-Identifier: MIT */
#include "fs/review/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/fd.h"
#include "fs/journal/sample.h"
#include "fs/review/host_look.h"
#include "fs/review/review_state.h"

void content_done(struct content *content)
{
	cleanup_close_fd(&content->prefix_fd);
	cleanup_close_fd(&content->tail_fd);
	*content = CONTENT_NONE;
}

int content_open_object(const struct review *review, uint64_t object, uint64_t size,
			struct content *ret)
{
	uint64_t offset = 0;
	int fd = -1;
	int r;

	if (!review->store)
		return -EBADMSG;
	if (review->still) {
		r = still_open(review->still, object, size, &fd, &offset);
		if (r == 0) {
			fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
			r = fd < 0 ? -errno : 0;
		}
	} else {
		fd = content_store_open_object(review->store, object, O_RDONLY);
		r = fd < 0 ? fd : 0;
	}
	if (r < 0)
		return r == -ENOENT ? -EBADMSG : r;
	*ret = CONTENT_NONE;
	ret->tail_fd = fd;
	ret->tail_offset = offset;
	ret->size = size;
	return 0;
}

/* The object, and whether it is what its seal says. */
static int open_sealed(const struct review *review, uint64_t number, uint64_t prefix, uint64_t size,
		       struct content *ret)
{
	const struct replay_object *object = replay_object(review->replay, number);
	uint64_t len = size - prefix;
	int r = content_open_object(review, number, len, ret);

	if (r < 0)
		return r;
	/* What was written since the last seal, or while the session runs, is vouched for by
	 * nothing. */
	if (object && object->is_sealed && object->seal_size == size) {
		r = host_has_content_at(ret->tail_fd, ret->tail_offset, len, &object->seal_hash,
					object->is_sampled);
		if (r < 0)
			return r;
		if (r == 0)
			return -EBADMSG;
	}
	return 0;
}

/* The host's file that a prefix is of, if its first bytes are what the session saw. */
static int open_prefix(const struct review *review, const char *path, uint64_t prefix)
{
	const struct replay_base *base = replay_base(review->replay, path);
	const struct committed *committed = receipts_find(review->receipts, path);
	struct journal_identity identity;
	cleanup_fd int fd = -1;
	struct stat st;
	int r;

	if (!base)
		return -EBADMSG;
	fd = host_tree_open_file(review->options.host, path, &st);
	if (fd < 0)
		return fd == -ENOENT ? -ESTALE : fd;
	identity = journal_identity_of(&st);
	if (journal_identity_is_equal(&identity, &base->identity) ||
	    (committed && committed->exists && committed->prefix == prefix &&
	     journal_identity_is_equal(&identity, &committed->identity)))
		return steal_fd(&fd);
	if (prefix != base->size)
		return -ESTALE;
	r = host_has_content(fd, prefix, &base->hash, base->is_sampled);
	if (r < 0)
		return r;
	return r == 1 ? steal_fd(&fd) : -ESTALE;
}

static int open_pieces(const struct review *review, uint64_t object, const char *prefix_path,
		       uint64_t prefix, uint64_t size, struct content *ret)
{
	cleanup_content struct content content = CONTENT_NONE;
	int r = open_sealed(review, object, prefix, size, &content);

	if (r < 0)
		return r;
	if (prefix > 0) {
		content.prefix_fd = open_prefix(review, prefix_path, prefix);
		if (content.prefix_fd < 0)
			return content.prefix_fd;
	}
	content.prefix = prefix;
	content.size = size;
	*ret = content;
	content = CONTENT_NONE;
	return 0;
}

int content_open(const struct review *review, const struct change *change, struct content *ret)
{
	if (change->object == 0)
		return S_ISDIR(change->mode) ? -EISDIR : -ENODATA;
	if (change->is_damaged)
		return -EBADMSG;
	return open_pieces(review, change->object, change->prefix_path, change->prefix,
			   change->size, ret);
}

static int open_host(const struct review *review, const char *path, struct content *ret)
{
	struct stat st;
	int fd = host_tree_open_file(review->options.host, path, &st);

	if (fd < 0)
		return fd;
	*ret = CONTENT_NONE;
	ret->tail_fd = fd;
	ret->size = (uint64_t)st.st_size;
	return 0;
}

/* What a commit that took only a part wrote down. */
static int open_base_file(const struct review *review, const struct change_base *base,
			  struct content *ret)
{
	cleanup_fd int dir_fd = receipt_dir_open(review->options.session_fd, base->receipt);
	cleanup_fd int fd = -1;
	char name[32];
	int r;

	if (dir_fd < 0)
		return dir_fd == -ENOENT ? -ESTALE : dir_fd;
	(void)snprintf(name, sizeof(name), "base-%zu", base->receipt_entry);
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESTALE : -errno;
	r = host_has_content(fd, base->size, &base->hash, base->is_sampled);
	if (r <= 0)
		return r < 0 ? r : -ESTALE;
	*ret = CONTENT_NONE;
	ret->tail_fd = steal_fd(&fd);
	ret->size = base->size;
	return 0;
}

int content_open_base(const struct review *review, const struct change *change, struct content *ret)
{
	const struct change_base *base = &change->base;
	int r;

	if (!base->exists || base->is_directory)
		return -ENODATA;
	if (base->receipt != 0)
		return open_base_file(review, base, ret);
	if (base->object != 0)
		return content_open_object(review, base->object, base->size, ret);
	if (change->is_append_only) {
		r = content_open(review, change, ret);
		if (r == 0)
			ret->size = base->size;
		return r;
	}
	/* Through a filter the session saw less than the host has. */
	if (change->verdict.read == RULE_READ_FILTER)
		return -ESTALE;
	r = open_host(review, change->path, ret);
	return r == -ENOENT ? -ESTALE : r;
}

/* Of an object, as this review has read it, or else as it is now. */
static int find_length(const struct review *review, uint64_t object, uint64_t *ret)
{
	struct stat st;
	int r;

	if (!review->store)
		return -EBADMSG;
	if (review->still && still_find_size(review->still, object, ret))
		return 0;
	r = content_store_stat(review->store, object, &st);
	if (r < 0)
		return r == -ENOENT ? -EBADMSG : r;
	*ret = (uint64_t)st.st_size;
	return 0;
}

int content_open_path(const struct review *review, const char *path, struct content *ret)
{
	const struct replay_base *base = replay_base(review->replay, path);
	struct replay_entry entry;
	struct verdict verdict;

	if (replay_find_entry(review->replay, path, &entry)) {
		const struct replay_object *object = entry.object;
		uint64_t len = 0;
		int r;

		if (!object)
			return -EISDIR;
		r = find_length(review, object->number, &len);
		return r < 0 ? r
			     : open_pieces(review, object->number, object->prefix_path,
					   object->prefix, object->prefix + len, ret);
	}
	if (base && base->is_displaced)
		return -ENOENT;
	policy_decide(review->options.rules, review->options.scope, path, &verdict);
	if (verdict.read != RULE_READ_SHOW)
		return -EACCES;
	return open_host(review, path, ret);
}

ssize_t content_read(const struct content *content, void *buf, size_t len, uint64_t offset)
{
	size_t done = 0;
	ssize_t n;

	if (offset >= content->size)
		return 0;
	if (len > content->size - offset)
		len = (size_t)(content->size - offset);
	if (offset < content->prefix) {
		uint64_t rest = content->prefix - offset;

		done = rest < len ? (size_t)rest : len;
		n = fd_pread_all(content->prefix_fd, buf, done, (off_t)offset);
		if (n < 0 || (size_t)n < done)
			return n < 0 ? n : -ESTALE;
	}
	if (done == len)
		return (ssize_t)len;
	n = fd_pread_all(content->tail_fd, (char *)buf + done, len - done,
			 (off_t)(offset + done - content->prefix + content->tail_offset));
	if (n < 0)
		return n;
	/* What is judged, merged and written must be all of it. */
	return (size_t)n < len - done ? -EBADMSG : (ssize_t)len;
}

int content_copy(const struct content *content, uint64_t offset, int out_fd)
{
	uint64_t out = 0;
	off_t n;

	if (offset < content->prefix) {
		off_t len = (off_t)(content->prefix - offset);

		n = fd_copy(content->prefix_fd, (off_t)offset, out_fd, 0, len);
		if (n != len)
			return n < 0 ? (int)n : -ESTALE;
		out = (uint64_t)len;
		offset = content->prefix;
	}
	if (offset < content->size) {
		off_t len = (off_t)(content->size - offset);

		n = fd_copy(content->tail_fd,
			    (off_t)(offset - content->prefix + content->tail_offset), out_fd,
			    (off_t)out, len);
		if (n != len)
			return n < 0 ? (int)n : -EBADMSG;
	}
	return 0;
}

int content_load(const struct content *content, uint64_t offset, size_t max, char **ret,
		 size_t *ret_len)
{
	cleanup_free char *data = NULL;
	uint64_t len = offset < content->size ? content->size - offset : 0;
	ssize_t n;

	if (len > max)
		return -EFBIG;
	data = malloc((size_t)len + 1);
	if (!data)
		return -ENOMEM;
	n = content_read(content, data, (size_t)len, offset);
	if (n < 0)
		return (int)n;
	data[n] = '\0';
	*ret = steal_ptr(&data);
	*ret_len = (size_t)n;
	return 0;
}
