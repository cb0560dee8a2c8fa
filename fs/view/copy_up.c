/* SPDX-License-Identifier: MIT */
#include "fs/view/copy_up.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/journal/sample.h"
#include "fs/view/facts.h"
#include "fs/view/host_entry.h"
#include "fs/view/seal.h"
#include "fs/view/secret_file.h"

/* The content as shown: the host's bytes, or the filter's. */
static int shown_fd(const struct content *content)
{
	return content->source == CONTENT_FILTERED ? content->data_fd : content->host_fd;
}

/* Copies exactly len bytes of fd to a new object. */
static int copy_to_object(struct view *view, int fd, uint64_t len, uint64_t *ret_object,
			  int *ret_fd)
{
	cleanup_fd int to = -1;
	uint64_t object;
	off_t n = 0;
	int r = content_store_create(view->options.store, &object, &to);

	if (r < 0)
		return r;
	atomic_store(&view->is_store_dirty, true);
	if (len > 0)
		n = fd_copy(fd, 0, to, 0, (off_t)len);
	if (n < 0 || (uint64_t)n != len) {
		(void)content_store_remove(view->options.store, object);
		return n < 0 ? (int)n : -EAGAIN;
	}
	*ret_object = object;
	*ret_fd = steal_fd(&to);
	return 0;
}

static void drop_base_object(struct view *view, struct base_fact *base)
{
	if (base->object == 0)
		return;
	(void)content_store_remove(view->options.store, base->object);
	quota_give(&view->quota, base->size, 0);
	base->object = 0;
}

/* What the entry is, as shown, before its first change. Three-way merges by key, and everything
 * whose shown form the host cannot give again, need the content itself. */
static int describe_base(struct view *view, struct node *node, const struct entry_verdict *verdict,
			 struct base_fact *ret)
{
	struct content *content = &node->content;
	cleanup_fd int fd = -1;
	int r;

	r = content_refresh(view, node, NULL);
	if (r < 0)
		return r;
	memset(ret, 0, sizeof(*ret));
	ret->identity = content->source == CONTENT_FILTERED
				? content->scratch_of
				: journal_identity_of(&content->host_st);
	ret->size = content_size(view, content);
	r = journal_hash_content(shown_fd(content), ret->size, &ret->hash, &ret->is_sampled);
	if (r < 0)
		return r == -ENODATA ? -EAGAIN : r; /* the host cut it while it was read */
	if (content->source != CONTENT_FILTERED && verdict->merge != RULE_MERGE_JSON_KEYS)
		return 0;
	r = quota_take(&view->quota, ret->size, 0);
	if (r < 0)
		return r;
	r = copy_to_object(view, shown_fd(content), ret->size, &ret->object, &fd);
	if (r < 0)
		quota_give(&view->quota, ret->size, 0);
	return r;
}

/* A file that the host is writing at this moment is tried again a few times. */
static int describe_base_patiently(struct view *view, struct node *node,
				   const struct entry_verdict *verdict, struct base_fact *ret)
{
	int r = -EAGAIN;

	for (int tries = 0; tries < 4 && r == -EAGAIN; tries++)
		r = describe_base(view, node, verdict, ret);
	return r == -EAGAIN ? -EIO : r;
}

struct standing {
	bool is_named;
	bool has_base;
	struct entry_verdict verdict;
};

static void ask_standing(struct view *view, struct node *node, struct standing *ret)
{
	memset(ret, 0, sizeof(*ret));
	view_lock(view);
	if (node->entry) {
		ret->is_named = true;
		ret->has_base = node->entry->has_base;
		ret->verdict = *host_entry_verdict(view, node->entry);
	}
	view_unlock(view);
}

/* Namespace lock held. */
static int append_base(struct view *view, uint64_t process, struct entry *entry, const char *path,
		       const struct base_fact *base)
{
	int r;

	if (entry->has_base)
		return 0;
	r = facts_base(view, process, path, base);
	if (r == 0)
		entry->has_base = true;
	return r;
}

int copy_up_base_file(struct view *view, struct node *node, uint64_t process)
{
	struct content *content = &node->content;
	struct base_fact base = { 0 };
	struct standing standing;
	bool is_used = false;
	int r = 0;

	(void)pthread_mutex_lock(&content->lock);
	ask_standing(view, node, &standing);
	/* Nothing is written of the credentials, not even a hash. */
	if (!node->is_own && standing.is_named && !standing.has_base &&
	    content->source != CONTENT_SYNTHETIC) {
		r = content_open(view, node, false);
		if (r == 0) {
			r = describe_base_patiently(view, node, &standing.verdict, &base);
			content_close(view, node, false);
		}
		if (r == 0) {
			cleanup_free char *path = NULL;

			view_lock(view);
			r = node_path(view, node, &path);
			if (r == 0) {
				is_used = !node->entry->has_base;
				r = append_base(view, process, node->entry, path, &base);
			}
			view_unlock(view);
		}
		if (r < 0 || !is_used)
			drop_base_object(view, &base);
	}
	(void)pthread_mutex_unlock(&content->lock);
	return r;
}

/* Everything that a copy-up needs before the namespace hears of it. */
struct plan {
	struct base_fact base;
	uint64_t object;
	int fd;
	uint64_t prefix; /* bytes that stay the host's */
	uint64_t copied; /* bytes in the object */
	mode_t mode;
	bool has_pin;
	bool is_secret;
	struct secret_file secret;
};

static void drop_plan(struct view *view, struct plan *plan)
{
	if (plan->is_secret)
		secret_file_close(view, &plan->secret);
	if (plan->fd >= 0) {
		cleanup_close_fd(&plan->fd);
		(void)content_store_remove(view->options.store, plan->object);
	}
	if (plan->has_pin)
		(void)atomic_fetch_sub(&view->host_pins, 1);
	quota_give(&view->quota, plan->copied, 1);
	drop_base_object(view, &plan->base);
}

static bool take_pin(struct view *view)
{
	if (atomic_fetch_add(&view->host_pins, 1) < COPY_UP_PINS_MAX)
		return true;
	(void)atomic_fetch_sub(&view->host_pins, 1);
	return false;
}

/* Fills plan->object. plan->prefix and ->copied are decided here. */
static int store_content(struct view *view, struct node *node, uint64_t want, struct plan *plan)
{
	struct content *content = &node->content;
	struct timespec times[2] = { content->host_st.st_atim, content->host_st.st_mtim };
	int r;

	if (content->source == CONTENT_HOST && want > COPY_UP_WHOLE_MAX && take_pin(view)) {
		plan->has_pin = true;
		plan->prefix = want;
	}
	plan->copied = want - plan->prefix;
	r = quota_take(&view->quota, plan->copied, 1);
	if (r < 0) {
		if (plan->has_pin)
			(void)atomic_fetch_sub(&view->host_pins, 1);
		return r;
	}
	r = copy_to_object(view, shown_fd(content), plan->copied, &plan->object, &plan->fd);
	if (r == 0 && futimens(plan->fd, times) < 0)
		r = -errno;
	if (r < 0) {
		drop_base_object(view, &plan->base);
		drop_plan(view, plan);
	}
	return r;
}

/* Namespace and content locks held. */
static void become_own(struct view *view, struct node *node, struct plan *plan)
{
	struct content *content = &node->content;
	struct journal_identity shown = plan->base.identity;

	/* Pages of an older state of the host's file must not outlive the copy-up. */
	if (content->has_seen && !journal_identity_is_equal(&shown, &content->seen))
		content->has_seen = false;
	if (content->source == CONTENT_FILTERED && content->data_fd >= 0) {
		(void)atomic_fetch_sub(&view->scratch_kept, 1);
		content_retire(content, content->data_fd);
	}
	if (plan->prefix == 0) {
		content_retire(content, content->host_fd);
		content->host_fd = -1;
	}
	if (plan->is_secret) {
		secret_file_give(&plan->secret, content);
	} else {
		content->source = CONTENT_OWN;
		content->data_fd = steal_fd(&plan->fd);
		content->object = plan->object;
		content->prefix = plan->prefix;
		content->size = plan->prefix + plan->copied;
	}
	content->low_water = content->size;
	/* A copy of the login that is shown is no news. */
	content->is_dirty = !plan->is_secret;
	node->mode = plan->mode;
	node->uid = view->options.uid;
	node->gid = view->options.gid;
	node->is_own = true;
}

/* Journals the copy-up under the name that the node has now, and makes it so. */
static int publish(struct view *view, struct node *node, uint64_t process, struct plan *plan)
{
	cleanup_free char *path = NULL;
	int r;

	view_lock(view);
	r = node_path(view, node, &path);
	if (node->content.source == CONTENT_SYNTHETIC) {
		r = 0;
	} else if (r == -ENOENT) {
		/* Removed while open: what is written now has no name and no base. */
		r = facts_create(view, process, NULL, plan->object, plan->mode);
	} else if (r == 0) {
		if (host_entry_verdict(view, node->entry)->write == RULE_WRITE_REFUSE)
			r = facts_refuse(view, process, "write", path, NULL, EROFS);
		if (r == 0 && !node->entry->has_base) {
			r = append_base(view, process, node->entry, path, &plan->base);
			if (r == 0)
				plan->base.object = 0; /* the journal's now */
		}
		if (r == 0)
			r = facts_copy_up_file(view, process, path, plan->mode, plan->object,
					       plan->prefix, plan->prefix + plan->copied);
	}
	if (r == 0) {
		if (node->entry)
			entry_cover(node->entry);
		become_own(view, node, plan);
	}
	view_unlock(view);
	return r;
}

/* The credentials never reach the disk: the session's own are in memory, too. */
static int prepare_synthetic(struct view *view, uint64_t keep, struct plan *plan)
{
	uint64_t growth;
	int r = secret_file_new(view, keep, &plan->secret);

	if (r < 0)
		return r;
	growth = plan->secret.size;
	r = quota_take(&view->quota, growth, 1);
	if (r < 0) {
		secret_file_close(view, &plan->secret);
		return r;
	}
	plan->is_secret = true;
	plan->copied = growth;
	plan->mode = 0600;
	return 0;
}

static int prepare(struct view *view, struct node *node, uint64_t keep, struct plan *plan)
{
	struct content *content = &node->content;
	struct standing standing;
	uint64_t size;
	int r;

	r = content_refresh(view, node, NULL);
	if (r < 0)
		return r;
	ask_standing(view, node, &standing);
	plan->base.identity = journal_identity_of(&content->host_st);
	if (standing.is_named && !standing.has_base) {
		r = describe_base_patiently(view, node, &standing.verdict, &plan->base);
		if (r < 0)
			return r;
	}
	plan->mode = content->host_st.st_mode & 0777;
	size = content_size(view, content);
	r = store_content(view, node, keep < size ? keep : size, plan);
	if (r < 0)
		drop_base_object(view, &plan->base);
	return r;
}

int copy_up_file(struct view *view, struct node *node, uint64_t process, uint64_t keep)
{
	struct plan plan = { .fd = -1, .secret = { .fd = -1 } };
	int r;

	if (node->is_own)
		return 0;
	if (node->content.source == CONTENT_SYNTHETIC)
		r = prepare_synthetic(view, keep, &plan);
	else
		r = prepare(view, node, keep, &plan);
	if (r == -EAGAIN)
		r = -EIO; /* the host cuts the file faster than it can be copied */
	if (r < 0)
		return r;
	r = publish(view, node, process, &plan);
	if (r < 0)
		drop_plan(view, &plan);
	else
		drop_base_object(view, &plan.base); /* the name had its BASE by then */
	return r;
}

int copy_up_closed_file(struct view *view, struct node *node, uint64_t process)
{
	struct content *content = &node->content;
	int r;

	(void)pthread_mutex_lock(&content->lock);
	r = content_open(view, node, true);
	if (r == 0) {
		r = copy_up_file(view, node, process, COPY_UP_ALL);
		content_close(view, node, true);
	}
	(void)pthread_mutex_unlock(&content->lock);
	return r;
}

/* The bytes that the new object gets: of the prefix, then of the tail. */
static int copy_parts(struct view *view, const struct content *content, uint64_t want,
		      uint64_t *ret_object, int *ret_fd)
{
	uint64_t head = want < content->prefix ? want : content->prefix;
	struct timespec times[2];
	struct stat st;
	off_t n = 0;
	int r;

	if (fstat(content->data_fd, &st) < 0)
		return -errno;
	r = copy_to_object(view, content->host_fd, head, ret_object, ret_fd);
	if (r < 0)
		return r == -EAGAIN ? -EIO : r;
	if (want > head)
		n = fd_copy(content->data_fd, 0, *ret_fd, (off_t)head, (off_t)(want - head));
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (n < 0)
		r = (int)n;
	else if ((uint64_t)n != want - head)
		r = -EIO;
	else if (futimens(*ret_fd, times) < 0)
		r = -errno;
	if (r < 0) {
		cleanup_close_fd(ret_fd);
		(void)content_store_remove(view->options.store, *ret_object);
	}
	return r;
}

int copy_up_materialise(struct view *view, struct node *node, uint64_t process, uint64_t keep)
{
	struct content *content = &node->content;
	uint64_t want = keep < content->size ? keep : content->size;
	uint64_t before = content->object;
	uint64_t object;
	int fd = -1;
	int r;

	if (content->prefix == 0)
		return 0;
	r = quota_take(&view->quota, want, 0);
	if (r < 0)
		return r;
	r = copy_parts(view, content, want, &object, &fd);
	if (r == 0) {
		r = facts_materialise(view, process, before, object, want);
		if (r < 0) {
			(void)close(fd);
			(void)content_store_remove(view->options.store, object);
		}
	}
	if (r < 0) {
		quota_give(&view->quota, want, 0);
		return r;
	}
	quota_give(&view->quota, content->size - content->prefix, 0);
	(void)atomic_fetch_sub(&view->host_pins, 1);
	seal_invalidate(content, 0);
	content_retire(content, content->data_fd);
	content_retire(content, content->host_fd);
	content->data_fd = fd;
	content->host_fd = -1;
	content->object = object;
	content->prefix = 0;
	if (want < content->size && want < content->low_water)
		content->low_water = want;
	content->size = want;
	content->is_dirty = true;
	(void)content_store_remove(view->options.store, before);
	return 0;
}
