/* SPDX-License-Identifier: MIT */
#include "fs/view/write.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/view/copy_up.h"
#include "fs/view/facts.h"
#include "fs/view/open_file.h"
#include "fs/view/seal.h"
#include "fs/view/secret_file.h"

/* Content lock held for everything static here. */

/* Shown credentials become a secret file with the first write. */
static bool is_secret(const struct content *content)
{
	return content->secret || content->source == CONTENT_SYNTHETIC;
}

/* The bytes from offset on are about to be other ones than the journal's last seal says. */
static void note_change(struct content *content, uint64_t offset)
{
	if (offset > content->size)
		offset = content->size; /* the gap becomes zeros */
	if (offset < content->low_water)
		content->low_water = offset;
	seal_invalidate(content, offset);
	content->is_dirty = true;
}

/* The first change by an open file names who does it, and the first one after a seal says that the
 * seal no longer holds; the next seal tells the sum. */
static int journal_first_write(struct view_file *file, uint64_t process, uint64_t offset,
			       uint64_t size)
{
	int r;

	if (file->has_written && file->node->content.is_dirty)
		return 0;
	r = facts_write(file->view, process, file->node, offset, size);
	if (r == 0)
		file->has_written = true;
	return r;
}

static int cut_object(struct content *content, uint64_t size)
{
	static const struct timespec now[2] = { { .tv_nsec = UTIME_OMIT },
						{ .tv_nsec = UTIME_NOW } };

	if (ftruncate(content->data_fd, (off_t)(size - content->prefix)) < 0)
		return -errno;
	/* A copy-up that kept only so much has cut it already, and its times are the host's. */
	return futimens(content->data_fd, now) < 0 ? -errno : 0;
}

int write_truncate(struct view *view, struct node *node, uint64_t process, uint64_t size)
{
	struct content *content = &node->content;
	uint64_t before;
	uint64_t growth;
	int r;

	if (size > INT64_MAX || (is_secret(content) && size > SECRET_MAX))
		return -EFBIG;
	before = content_size(view, content);
	r = copy_up_file(view, node, process, size);
	if (r == 0 && size < content->prefix)
		r = copy_up_materialise(view, node, process, size);
	if (r < 0)
		return r;
	growth = size > content->size ? size - content->size : 0;
	r = quota_take(&view->quota, growth, 0);
	if (r < 0)
		return r;
	if (size != before)
		r = facts_truncate(view, process, node, size);
	if (r == 0)
		r = cut_object(content, size);
	if (r < 0) {
		quota_give(&view->quota, growth, 0);
		return r;
	}
	if (size < content->size)
		quota_give(&view->quota, content->size - size, 0);
	if (size != content->size)
		note_change(content, size);
	/* Cut by the copy-up itself: the seal must not call it "only appended to". */
	if (size < before && size < content->low_water)
		content->low_water = size;
	content->size = size;
	return 0;
}

static int refused_access(struct view_file *file)
{
	int r = atomic_load(&file->view->sticky_error);

	if (r < 0)
		return r;
	return file->is_writer ? 0 : -EBADF;
}

static ssize_t write_locked(struct view_file *file, uint64_t process, const char *buf, size_t size,
			    off_t offset, bool is_append)
{
	struct view *view = file->view;
	struct content *content = &file->node->content;
	uint64_t at;
	uint64_t growth;
	int r = copy_up_file(view, file->node, process, COPY_UP_ALL);

	if (r < 0)
		return r;
	at = is_append ? content->size : (uint64_t)offset;
	if (at > (uint64_t)INT64_MAX - size ||
	    (is_secret(content) && (at > SECRET_MAX || size > SECRET_MAX - at)))
		return -EFBIG;
	if (at < content->prefix)
		r = copy_up_materialise(view, file->node, process, COPY_UP_ALL);
	if (r < 0)
		return r;
	growth = at + size > content->size ? at + size - content->size : 0;
	r = quota_take(&view->quota, growth, 0);
	if (r < 0)
		return r;
	r = journal_first_write(file, process, at, size);
	if (r == 0) {
		note_change(content, at);
		r = fd_pwrite_all(content->data_fd, buf, size, (off_t)(at - content->prefix));
		/* A part that was written beyond the old end must not be there. */
		if (r < 0 && growth > 0 &&
		    ftruncate(content->data_fd, (off_t)(content->size - content->prefix)) < 0)
			atomic_store(&view->sticky_error, -EIO);
	}
	if (r < 0) {
		quota_give(&view->quota, growth, 0);
		return r == -EDQUOT ? -ENOSPC : r;
	}
	content->size += growth;
	if (content->secret)
		secret_file_lock(content);
	return (ssize_t)size;
}

ssize_t view_write(struct view_file *file, const struct view_caller *caller, const char *buf,
		   size_t size, off_t offset, bool is_append, bool kill_priv)
{
	struct content *content = &file->node->content;
	uint64_t process;
	ssize_t n = refused_access(file);

	(void)kill_priv; /* no file of the view ever has a set-id bit */
	if (n < 0)
		return n;
	if (size == 0)
		return 0;
	if (offset < 0 && !is_append)
		return -EINVAL;
	/* /proc is slow, and is asked before the lock is taken. */
	process = atomic_load(&file->process);
	if (process == 0) {
		process = attribution_of(file->view->attribution, caller);
		atomic_store(&file->process, process);
	}
	(void)pthread_mutex_lock(&content->lock);
	n = write_locked(file, process, buf, size, offset, is_append);
	(void)pthread_mutex_unlock(&content->lock);
	return n;
}

#ifdef __linux__
#define ALLOCATE_KEEP_SIZE  FALLOC_FL_KEEP_SIZE
#define ALLOCATE_PUNCH_HOLE FALLOC_FL_PUNCH_HOLE
#define ALLOCATE_ZERO_RANGE FALLOC_FL_ZERO_RANGE

struct range {
	int mode;
	uint64_t offset;
	uint64_t end;
};

static int allocate_own(struct view_file *file, uint64_t process, struct range range)
{
	struct content *content = &file->node->content;
	bool is_erasing = range.mode & (ALLOCATE_PUNCH_HOLE | ALLOCATE_ZERO_RANGE);
	bool may_grow = !(range.mode & ALLOCATE_KEEP_SIZE);
	uint64_t growth = may_grow && range.end > content->size ? range.end - content->size : 0;
	uint64_t old_size = content->size;
	int r;

	/* Space behind the end that no size shows would escape the quota. */
	if (!may_grow && range.end > content->size)
		range.end = content->size;
	/* The prefix is there already. */
	if (range.offset < content->prefix)
		range.offset = content->prefix;
	if (range.offset >= range.end)
		return 0;
	r = quota_take(&file->view->quota, growth, 0);
	if (r < 0)
		return r;
	if (growth > 0)
		r = facts_truncate(file->view, process, file->node, range.end);
	else if (is_erasing)
		r = journal_first_write(file, process, range.offset, range.end - range.offset);
	if (r == 0 &&
	    fallocate(content->data_fd, range.mode, (off_t)(range.offset - content->prefix),
		      (off_t)(range.end - range.offset)) < 0)
		r = -errno;
	if (r < 0) {
		quota_give(&file->view->quota, growth, 0);
		return r;
	}
	if (is_erasing || growth > 0)
		note_change(content, is_erasing ? range.offset : old_size);
	content->size += growth;
	return 0;
}

int view_fallocate(struct view_file *file, const struct view_caller *caller, int mode, off_t offset,
		   off_t len)
{
	struct content *content = &file->node->content;
	struct range range = { .mode = mode };
	uint64_t process;
	int r = refused_access(file);

	if (r < 0)
		return r;
	if (offset < 0 || len <= 0)
		return -EINVAL;
	if (offset > INT64_MAX - len)
		return -EFBIG;
	if (mode != 0 && mode != ALLOCATE_KEEP_SIZE && mode != ALLOCATE_ZERO_RANGE &&
	    mode != (ALLOCATE_ZERO_RANGE | ALLOCATE_KEEP_SIZE) &&
	    mode != (ALLOCATE_PUNCH_HOLE | ALLOCATE_KEEP_SIZE))
		return -EOPNOTSUPP;
	range.offset = (uint64_t)offset;
	range.end = (uint64_t)(offset + len);
	process = attribution_of(file->view->attribution, caller);
	(void)pthread_mutex_lock(&content->lock);
	r = copy_up_file(file->view, file->node, process, COPY_UP_ALL);
	if (r == 0 && (mode & (ALLOCATE_PUNCH_HOLE | ALLOCATE_ZERO_RANGE)) &&
	    range.offset < content->prefix)
		r = copy_up_materialise(file->view, file->node, process, COPY_UP_ALL);
	if (r == 0 && content->secret && range.end > SECRET_MAX)
		r = -EFBIG;
	if (r == 0)
		r = allocate_own(file, process, range);
	(void)pthread_mutex_unlock(&content->lock);
	return r;
}
#else
int view_fallocate(struct view_file *file, const struct view_caller *caller, int mode, off_t offset,
		   off_t len)
{
	(void)file;
	(void)caller;
	(void)mode;
	(void)offset;
	(void)len;
	return -EOPNOTSUPP;
}
#endif
