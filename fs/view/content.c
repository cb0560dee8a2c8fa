/* SPDX-License-Identifier: MIT */
#include "fs/view/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/filter/filter.h"
#include "fs/view/seal.h"
#include "fs/view/secret_file.h"
#include "fs/view/tree.h"

int content_init(struct content *content)
{
	memset(content, 0, sizeof(*content));
	content->host_fd = -1;
	content->data_fd = -1;
	return -pthread_mutex_init(&content->lock, NULL);
}

static void drop_retired(struct content *content)
{
	for (unsigned int i = 0; i < content->retired_count; i++)
		cleanup_close_fd(&content->retired[i]);
	free(content->retired);
	content->retired = NULL;
	content->retired_count = 0;
}

void content_done(struct view *view, struct node *node)
{
	struct content *content = &node->content;

	if (content->source == CONTENT_FILTERED && content->data_fd >= 0)
		(void)atomic_fetch_sub(&view->scratch_kept, 1);
	if (content->secret) {
		/* Seen last by who could not be told before. */
		secret_file_end(view, content);
		content->source = CONTENT_SYNTHETIC;
		quota_give(&view->quota, content->size, 0);
	}
	cleanup_close_fd(&content->host_fd);
	cleanup_close_fd(&content->data_fd);
	drop_retired(content);
	if (content->source == CONTENT_OWN) {
		if (content->prefix > 0)
			(void)atomic_fetch_sub(&view->host_pins, 1);
		if (!node->entry) {
			(void)content_store_remove(view->options.store, content->object);
			quota_give(&view->quota, content->size - content->prefix, 0);
		}
	}
	hash_stream_free(content->stream);
	(void)pthread_mutex_destroy(&content->lock);
}

void content_retire(struct content *content, int fd)
{
	int *grown;

	if (fd < 0)
		return;
	if (content->opens == 0) {
		(void)close(fd);
		return;
	}
	grown = realloc(content->retired, (content->retired_count + 1) * sizeof(*grown));
	/* Out of memory: leaking one fd is better than closing one that a reply is using. */
	if (!grown)
		return;
	content->retired = grown;
	content->retired[content->retired_count++] = fd;
}

/* A host file without a name was replaced or removed there: a new lookup finds what there is now.
 */
static int path_of(struct view *view, struct node *node, char **ret)
{
	int r;

	view_lock(view);
	r = node_path(view, node, ret);
	view_unlock(view);
	return r == -ENOENT ? -ESTALE : r;
}

/* The filtered copy of what host_fd holds now. What a filter cannot understand is shown as empty:
 * it must not be shown, and the name must stay replaceable. */
static int make_scratch(struct view *view, struct content *content, int host_fd,
			const struct stat *st)
{
	cleanup_fd int fd = content_store_scratch(view->options.store);
	struct stat scratch;
	int r;

	if (fd < 0)
		return fd;
	r = filter_apply(content->filter, view->options.scope, host_fd, fd);
	if (r == -EBADMSG || r == -EFBIG)
		r = ftruncate(fd, 0) < 0 ? -errno : 0;
	if (r < 0)
		return r;
	if (fstat(fd, &scratch) < 0)
		return -errno;
	if (content->data_fd >= 0) {
		content_retire(content, content->data_fd);
		(void)atomic_fetch_sub(&view->scratch_kept, 1);
	}
	content->data_fd = steal_fd(&fd);
	(void)atomic_fetch_add(&view->scratch_kept, 1);
	content->size = (uint64_t)scratch.st_size;
	content->scratch_of = journal_identity_of(st);
	content->has_scratch = true;
	return 0;
}

static void trim_scratch(struct view *view, struct content *content)
{
	if (content->source != CONTENT_FILTERED || content->opens > 0 || content->data_fd < 0 ||
	    atomic_load(&view->scratch_kept) <= CONTENT_SCRATCH_KEPT)
		return;
	cleanup_close_fd(&content->data_fd);
	content->data_fd = -1;
	(void)atomic_fetch_sub(&view->scratch_kept, 1);
}

/* Sees to it that size, and if the file is open data_fd, belong to the host's file of now. */
static int refresh_scratch(struct view *view, struct node *node)
{
	struct content *content = &node->content;
	struct journal_identity now = journal_identity_of(&content->host_st);
	cleanup_free char *path = NULL;
	cleanup_fd int fd = -1;
	int r;

	if (content->has_scratch && journal_identity_is_equal(&now, &content->scratch_of) &&
	    (content->data_fd >= 0 || content->opens == 0))
		return 0;
	/* A host that changes the file without end shows one open file a copy that is a little old.
	 */
	if (content->retired_count >= CONTENT_RETIRED_MAX && content->data_fd >= 0)
		return 0;
	if (content->host_fd >= 0) {
		if (lseek(content->host_fd, 0, SEEK_SET) < 0)
			return -errno;
		return make_scratch(view, content, content->host_fd, &content->host_st);
	}
	r = path_of(view, node, &path);
	if (r < 0)
		return r;
	fd = host_tree_open_file(view->options.host, path, &content->host_st);
	if (fd < 0)
		return fd;
	r = make_scratch(view, content, fd, &content->host_st);
	trim_scratch(view, content);
	return r;
}

int content_refresh(struct view *view, struct node *node, const struct stat *st)
{
	struct content *content = &node->content;
	cleanup_free char *path = NULL;
	int r;

	if (content->source == CONTENT_OWN || content->source == CONTENT_SYNTHETIC)
		return 0;
	if (content->host_fd >= 0) {
		if (fstat(content->host_fd, &content->host_st) < 0)
			return -errno;
	} else if (st) {
		content->host_st = *st;
	} else {
		r = path_of(view, node, &path);
		if (r == 0)
			r = host_tree_stat(view->options.host, path, &content->host_st);
		if (r < 0)
			return r;
	}
	if (!S_ISREG(content->host_st.st_mode))
		return -ENOENT;
	return content->source == CONTENT_FILTERED ? refresh_scratch(view, node) : 0;
}

static uint64_t size_of_shown(struct view *view)
{
	const struct secret *shown = secret_file_lock_shown(view);
	uint64_t size = shown ? shown->len : 0;

	secret_file_unlock_shown(view);
	return size;
}

uint64_t content_size(struct view *view, const struct content *content)
{
	switch (content->source) {
	case CONTENT_HOST: return (uint64_t)content->host_st.st_size;
	case CONTENT_SYNTHETIC: return size_of_shown(view);
	case CONTENT_FILTERED:
	case CONTENT_OWN: return content->size;
	}
	return 0;
}

static int open_host(struct view *view, struct node *node)
{
	struct content *content = &node->content;
	cleanup_free char *path = NULL;
	struct stat st;
	int r = path_of(view, node, &path);

	if (content->opens > 0) {
		/* A second open must not get the old file if the host put a new one in its place,
		 * nor a removed one's: the caller's lookup finds the new one. */
		if (r < 0)
			return content->host_fd >= 0 ? content_refresh(view, node, NULL) : r;
		r = host_tree_stat(view->options.host, path, &st);
		if (r < 0)
			return r == -ENOENT ? -ESTALE : r;
		if (st.st_dev != content->host_st.st_dev || st.st_ino != content->host_st.st_ino)
			return -ESTALE;
		return content_refresh(view, node, NULL);
	}
	if (r < 0)
		return r;
	content->host_fd = host_tree_open_file(view->options.host, path, &st);
	if (content->host_fd < 0)
		return content->host_fd;
	/* From here on it counts as open, so that the filtered copy's fd is kept. */
	content->opens++;
	content->host_st = st;
	r = content->source == CONTENT_FILTERED ? refresh_scratch(view, node) : 0;
	content->opens--;
	if (r < 0) {
		cleanup_close_fd(&content->host_fd);
		content->host_fd = -1;
	}
	return r;
}

int content_open(struct view *view, struct node *node, bool is_writer)
{
	struct content *content = &node->content;
	int r = 0;

	switch (content->source) {
	case CONTENT_HOST:
	case CONTENT_FILTERED: r = open_host(view, node); break;
	case CONTENT_SYNTHETIC: break;
	case CONTENT_OWN:
		if (content->data_fd >= 0)
			break;
		r = content_store_open_object(view->options.store, content->object, O_RDWR);
		if (r >= 0)
			content->data_fd = r;
		break;
	}
	if (r < 0)
		return r;
	content->opens++;
	if (is_writer)
		content->writers++;
	return 0;
}

static int offer_secret(struct view *view, struct node *node)
{
	secret_file_offer(view, node);
	return 0;
}

void content_close(struct view *view, struct node *node, bool is_writer)
{
	struct content *content = &node->content;

	if (is_writer && --content->writers == 0 && content->source == CONTENT_OWN)
		/* There is nobody to tell; it stays dirty and is tried again at the next close and
		 * at the end. */
		(void)(content->secret ? offer_secret(view, node) : seal_content(view, node));
	if (--content->opens > 0)
		return;
	drop_retired(content);
	if (content->source != CONTENT_OWN || content->prefix == 0) {
		cleanup_close_fd(&content->host_fd);
		content->host_fd = -1;
	}
	if (content->source == CONTENT_OWN && !content->secret) {
		cleanup_close_fd(&content->data_fd);
		content->data_fd = -1;
	}
	trim_scratch(view, content);
}

/* A regular file gives less than was asked for only at its end. */
static ssize_t read_once(int fd, char *buf, size_t size, off_t offset)
{
	ssize_t n;

	do {
		n = pread(fd, buf, size, offset);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* From one file: its fd for a large read, else its bytes. */
static ssize_t read_fd(int fd, char *buf, size_t size, off_t offset, int *ret_fd,
		       off_t *ret_fd_offset)
{
	if (size < CONTENT_SPLICE_MIN)
		return fd_pread_all(fd, buf, size, offset);
	*ret_fd = fd;
	*ret_fd_offset = offset;
	return (ssize_t)size;
}

static ssize_t read_own(struct content *content, char *buf, size_t size, off_t offset, int *ret_fd,
			off_t *ret_fd_offset)
{
	off_t prefix = (off_t)content->prefix;
	size_t head;
	ssize_t n;
	struct stat st;

	if (offset >= prefix)
		return read_fd(content->data_fd, buf, size, offset - prefix, ret_fd, ret_fd_offset);
	/* The host cut a file that it only ever appends to: what the session was promised is gone.
	 */
	if (fstat(content->host_fd, &st) < 0 || st.st_size < prefix)
		return -EIO;
	if (offset + (off_t)size <= prefix)
		return read_fd(content->host_fd, buf, size, offset, ret_fd, ret_fd_offset);
	head = (size_t)(prefix - offset);
	n = fd_pread_all(content->host_fd, buf, head, offset);
	if (n < 0)
		return n;
	if ((size_t)n < head)
		return -EIO;
	n = fd_pread_all(content->data_fd, buf + head, size - head, 0);
	return n < 0 ? n : n + (ssize_t)head;
}

/* They may have become others, and shorter, since the size was asked for. */
static ssize_t read_shown(struct view *view, char *buf, size_t size, size_t offset)
{
	const struct secret *shown = secret_file_lock_shown(view);
	size_t len = shown && shown->len > offset ? shown->len - offset : 0;

	if (size > len)
		size = len;
	if (size > 0)
		memcpy(buf, shown->data + offset, size);
	secret_clear_registers();
	secret_file_unlock_shown(view);
	return (ssize_t)size;
}

ssize_t content_read(struct view *view, struct content *content, char *buf, size_t size,
		     off_t offset, int *ret_fd, off_t *ret_fd_offset)
{
	uint64_t end;

	*ret_fd = -1;
	/* What there is, is what the read says: the size need not be asked for. */
	if (content->source == CONTENT_HOST && size < CONTENT_SPLICE_MIN && offset >= 0)
		return read_once(content->host_fd, buf, size, offset);
	if (content->source == CONTENT_HOST && fstat(content->host_fd, &content->host_st) < 0)
		return -errno;
	end = content_size(view, content);
	if (offset < 0)
		return -EINVAL;
	if ((uint64_t)offset >= end || size == 0)
		return 0;
	if (size > end - (uint64_t)offset)
		size = (size_t)(end - (uint64_t)offset);
	switch (content->source) {
	case CONTENT_HOST:
		return read_fd(content->host_fd, buf, size, offset, ret_fd, ret_fd_offset);
	case CONTENT_FILTERED:
		return read_fd(content->data_fd, buf, size, offset, ret_fd, ret_fd_offset);
	case CONTENT_SYNTHETIC: return read_shown(view, buf, size, (size_t)offset);
	case CONTENT_OWN: return read_own(content, buf, size, offset, ret_fd, ret_fd_offset);
	}
	return -EIO;
}

static off_t seek_own(const struct content *content, off_t offset, int whence)
{
	off_t prefix = (off_t)content->prefix;
	off_t at;

	if (offset < prefix) {
		at = lseek(content->host_fd, offset, whence);
		if (at < 0 && errno != ENXIO)
			return -errno;
		if (at >= 0 && at < prefix)
			return at;
		offset = prefix;
	}
	/* An empty tail behind a prefix has no data, and a hole at its end. */
	if ((uint64_t)offset >= content->size)
		return whence == SEEK_HOLE ? (off_t)content->size : -ENXIO;
	at = lseek(content->data_fd, offset - prefix, whence);
	return at < 0 ? -errno : at + prefix;
}

off_t content_seek(struct view *view, struct content *content, off_t offset, int whence)
{
	off_t at = -1;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return -EINVAL;
	if (offset < 0 || (uint64_t)offset >= content_size(view, content))
		return -ENXIO;
	switch (content->source) {
	case CONTENT_HOST: at = lseek(content->host_fd, offset, whence); break;
	case CONTENT_FILTERED: at = lseek(content->data_fd, offset, whence); break;
	case CONTENT_SYNTHETIC:
		return whence == SEEK_DATA ? offset : (off_t)content_size(view, content);
	case CONTENT_OWN: return seek_own(content, offset, whence);
	}
	return at < 0 ? -errno : at;
}
