/* SPDX-License-Identifier: MIT */
#include "fs/view/secret_file.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/fold.h"

bool secret_file_is_path(const char *path)
{
	cleanup_free char *folded = NULL;
	int r;

	if (strchr(path, '/'))
		return false;
	r = fold_name(path, &folded);
	if (r == -EILSEQ)
		return false; /* Claude never makes one, and its content came from no login */
	return r < 0 || strncmp(folded, VIEW_CREDENTIALS_NAME, strlen(VIEW_CREDENTIALS_NAME)) == 0;
}

static int make_memory_file(void)
{
#ifdef __linux__
	int fd = memfd_create("claudefs-secret", MFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
#else
	return -ENOSYS;
#endif
}

static int fill_shown(struct view *view, uint64_t keep, struct secret_file *file)
{
	const struct secret *shown = secret_file_lock_shown(view);
	size_t len = shown ? shown->len : 0;
	int r;

	if (keep < len)
		len = (size_t)keep;
	r = len > 0 ? fd_pwrite_all(file->fd, shown->data, len, 0) : 0;
	secret_file_unlock_shown(view);
	file->size = len;
	return r;
}

int secret_file_new(struct view *view, uint64_t keep, struct secret_file *ret)
{
	struct secret_file file = { .fd = -1 };
	int r;

	if (atomic_fetch_add(&view->secret_files, 1) >= SECRET_FILES_MAX) {
		(void)atomic_fetch_sub(&view->secret_files, 1);
		return -ENOSPC;
	}
	file.fd = make_memory_file();
	r = file.fd < 0 ? file.fd : 0;
	if (r == 0) {
		void *pages =
			mmap(NULL, SECRET_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);

		file.pages = pages == MAP_FAILED ? NULL : pages;
		r = file.pages ? 0 : -errno;
	}
#ifdef MADV_DONTDUMP
	if (r == 0 && madvise(file.pages, SECRET_MAX, MADV_DONTDUMP) < 0)
		r = -errno;
#endif
	if (r == 0)
		r = fill_shown(view, keep, &file);
	if (r < 0) {
		secret_file_close(view, &file);
		return r;
	}
	*ret = file;
	return 0;
}

void secret_file_close(struct view *view, struct secret_file *file)
{
	struct stat st;

	/* Beyond the file's end its pages must not be touched. */
	if (file->pages && fstat(file->fd, &st) == 0)
		memset(file->pages, 0, st.st_size < SECRET_MAX ? (size_t)st.st_size : SECRET_MAX);
	if (file->pages)
		(void)munmap(file->pages, SECRET_MAX);
	cleanup_close_fd(&file->fd);
	(void)atomic_fetch_sub(&view->secret_files, 1);
	*file = (struct secret_file){ .fd = -1 };
}

void secret_file_give(struct secret_file *file, struct content *content)
{
	content->source = CONTENT_OWN;
	content->object = 0;
	content->prefix = 0;
	content->data_fd = steal_fd(&file->fd);
	content->secret = steal_ptr(&file->pages);
	content->size = file->size;
	content->has_seen = true;
	secret_file_lock(content);
}

void secret_file_end(struct view *view, struct content *content)
{
	struct secret_file file = { .fd = content->data_fd, .pages = content->secret };

	content->data_fd = -1;
	content->secret = NULL;
	secret_file_close(view, &file);
}

void secret_file_lock(const struct content *content)
{
	if (content->size > 0)
		(void)mlock(content->secret, content->size);
}

const struct secret *secret_file_lock_shown(struct view *view)
{
	(void)pthread_mutex_lock(&view->credentials_lock);
	return view->credentials;
}

void secret_file_unlock_shown(struct view *view)
{
	(void)pthread_mutex_unlock(&view->credentials_lock);
}

static bool has_credentials_name(struct view *view, const struct node *node)
{
	bool has_name;

	view_lock(view);
	has_name = node->entry && node->entry->dir == view->root &&
		   strcmp(node->entry->name, VIEW_CREDENTIALS_NAME) == 0;
	view_unlock(view);
	return has_name;
}

void secret_file_offer(struct view *view, struct node *node)
{
	struct content *content = &node->content;
	cleanup_secret struct secret *copy = NULL;

	if (!content->is_dirty || !view->options.on_credentials ||
	    !has_credentials_name(view, node))
		return;
	/* It cannot be told now, and is offered again at the next close. */
	if (secret_copy(content->secret, content->size, &copy) < 0)
		return;
	content->is_dirty = false;
	view->options.on_credentials(view->options.credentials_arg, copy);
}

void view_set_credentials(struct view *view, const struct secret *credentials)
{
	struct secret *copy = NULL;
	struct secret *old;

	if (credentials && credentials->len > 0 &&
	    secret_copy(credentials->data, credentials->len, &copy) < 0)
		return; /* the old ones stay */
	view_lock(view);
	(void)pthread_mutex_lock(&view->credentials_lock);
	old = view->credentials;
	view->credentials = copy;
	view->credentials_time = tree_now();
	view->credentials_epoch++;
	(void)pthread_mutex_unlock(&view->credentials_lock);
	view_unlock(view);
	secret_free(old);
}
