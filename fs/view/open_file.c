/* SPDX-License-Identifier: MIT */
#include "fs/view/open_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/view/facts.h"
#include "fs/view/host_entry.h"
#include "fs/view/seal.h"
#include "fs/view/secret_file.h"
#include "fs/view/write.h"

/* Are the kernel's pages of this file still good? Content lock held; called once per open. */
static bool note_seen(struct view *view, struct content *content)
{
	struct journal_identity now;
	bool is_good = content->has_seen;

	/* Own content changes only through the kernel, which keeps its pages in step. */
	if (content->source == CONTENT_HOST || content->source == CONTENT_FILTERED) {
		now = journal_identity_of(&content->host_st);
		is_good = is_good && journal_identity_is_equal(&now, &content->seen);
		content->seen = now;
	}
	if (content->source == CONTENT_SYNTHETIC) {
		uint32_t epoch;

		(void)secret_file_lock_shown(view);
		epoch = view->credentials_epoch;
		secret_file_unlock_shown(view);
		is_good = is_good && content->seen_epoch == epoch;
		content->seen_epoch = epoch;
	}
	content->has_seen = true;
	return is_good;
}

static int check_writable(struct view *view, struct node *node, uint64_t process)
{
	cleanup_free char *path = NULL;
	int r = 0;

	view_lock(view);
	if (node->entry && host_entry_verdict(view, node->entry)->write == RULE_WRITE_REFUSE) {
		(void)node_path(view, node, &path);
		r = facts_refuse(view, process, "open", path, NULL, EROFS);
	}
	view_unlock(view);
	return r;
}

static int open_content(struct view *view, struct node *node, uint64_t process, int flags,
			bool is_writer, bool *ret_may_keep_cache)
{
	struct content *content = &node->content;
	int r;

	(void)pthread_mutex_lock(&content->lock);
	r = content_open(view, node, is_writer);
	if (r == 0) {
		if (flags & O_TRUNC)
			r = write_truncate(view, node, process, 0);
		if (r < 0)
			content_close(view, node, is_writer);
		else
			*ret_may_keep_cache = note_seen(view, content);
	}
	(void)pthread_mutex_unlock(&content->lock);
	return r;
}

int open_file_new(struct view *view, const struct view_caller *caller, struct node *node, int flags,
		  struct view_file **ret, bool *ret_may_keep_cache)
{
	cleanup_free struct view_file *file = calloc(1, sizeof(*file));
	uint64_t process = 0;
	int r = 0;

	if (!file)
		return -ENOMEM;
	if (node->kind != NODE_FILE)
		return -EISDIR;
	file->view = view;
	file->node = node;
	file->is_writer = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
	if (flags & O_TRUNC)
		process = attribution_of(view->attribution, caller);
	if (file->is_writer)
		r = check_writable(view, node, process);
	if (r == 0)
		r = open_content(view, node, process, flags, file->is_writer, ret_may_keep_cache);
	if (r < 0)
		return r;
	view_lock(view);
	node_pin(node);
	file->next = view->files;
	if (view->files)
		view->files->previous = file;
	view->files = file;
	view->file_count++;
	view_unlock(view);
	*ret = steal_ptr(&file);
	return 0;
}

int view_open(struct view *view, const struct view_caller *caller, uint64_t ino, int flags,
	      struct view_file **ret_file, bool *ret_may_keep_cache)
{
	struct node *node;
	int r;

	view_lock(view);
	node = node_find(view, ino);
	if (node)
		node_pin(node);
	view_unlock(view);
	if (!node)
		return -ENOENT;
	r = open_file_new(view, caller, node, flags, ret_file, ret_may_keep_cache);
	view_lock(view);
	node_unpin(view, node);
	view_unlock(view);
	return r;
}

ssize_t view_read(struct view_file *file, char *buf, size_t size, off_t offset, int *ret_fd,
		  off_t *ret_fd_offset)
{
	struct content *content = &file->node->content;
	ssize_t n;

	(void)pthread_mutex_lock(&content->lock);
	n = content_read(file->view, content, buf, size, offset, ret_fd, ret_fd_offset);
	(void)pthread_mutex_unlock(&content->lock);
	return n;
}

off_t view_lseek(struct view_file *file, off_t offset, int whence)
{
	struct content *content = &file->node->content;
	off_t at;

	(void)pthread_mutex_lock(&content->lock);
	at = content_refresh(file->view, file->node, NULL);
	if (at == 0)
		at = content_seek(file->view, content, offset, whence);
	(void)pthread_mutex_unlock(&content->lock);
	return at;
}

int view_flush(struct view_file *file)
{
	return file->is_writer ? atomic_load(&file->view->sticky_error) : 0;
}

/* Bytes first, then the directory that lists them, then what the journal says of them. Content lock
 * held, so that the seal is of what was synced. */
static int sync_own(struct view *view, struct node *node, bool is_data_only)
{
	struct content *content = &node->content;
	int r;

	r = is_data_only ? fd_sync_data(content->data_fd) : fd_sync(content->data_fd);
	if (r == 0 && atomic_exchange(&view->is_store_dirty, false)) {
		r = content_store_sync(view->options.store);
		if (r < 0)
			atomic_store(&view->is_store_dirty, true);
	}
	/* Whether the bytes are on disk is not known any more, and asking again would say yes. */
	if (r < 0) {
		atomic_store(&view->sticky_error, r);
		return r;
	}
	return seal_content(view, node);
}

int view_fsync(struct view_file *file, bool is_data_only)
{
	struct view *view = file->view;
	struct content *content = &file->node->content;
	int r = atomic_load(&view->sticky_error);

	if (r < 0)
		return r;
	(void)pthread_mutex_lock(&content->lock);
	if (content->source == CONTENT_OWN)
		r = sync_own(view, file->node, is_data_only);
	(void)pthread_mutex_unlock(&content->lock);
	if (r < 0)
		return r;
	r = journal_sync(view->options.journal);
	if (r < 0)
		atomic_store(&view->sticky_error, r);
	return r;
}

void view_release(struct view_file *file)
{
	struct view *view = file->view;
	struct node *node = file->node;
	struct content *content = &node->content;

	(void)pthread_mutex_lock(&content->lock);
	content_close(view, node, file->is_writer);
	(void)pthread_mutex_unlock(&content->lock);
	view_lock(view);
	if (file->previous)
		file->previous->next = file->next;
	else
		view->files = file->next;
	if (file->next)
		file->next->previous = file->previous;
	view->file_count--;
	node_unpin(view, node);
	view_unlock(view);
	free(file);
}

uint64_t view_file_ino(const struct view_file *file)
{
	return file->node->ino;
}
