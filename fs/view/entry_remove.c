/* SPDX-License-Identifier: MIT */
/* Removing names: unlink and rmdir. */
#include <errno.h>

#include "fs/base/cleanup.h"
#include "fs/view/copy_up.h"
#include "fs/view/facts.h"
#include "fs/view/host_entry.h"
#include "fs/view/listing.h"

/* Namespace lock held. */
static int check_refused(struct view *view, uint64_t process, const char *operation,
			 struct entry *entry)
{
	cleanup_free char *path = NULL;

	if (host_entry_verdict(view, entry)->write != RULE_WRITE_REFUSE)
		return 0;
	(void)node_child_path(view, entry->dir, entry->name, &path);
	return facts_refuse(view, process, operation, path, NULL, EROFS);
}

/* Namespace lock held; the host entry's BASE is in the journal. */
static int remove_node(struct view *view, uint64_t process, enum journal_type type,
		       struct node *node)
{
	struct node *dir = node->entry->dir;
	cleanup_free char *path = NULL;
	int r = node_path(view, node, &path);

	/* Of the credentials the journal knows nothing, so not that they went either. */
	if (r == 0 && !(node->kind == NODE_FILE && node->content.secret) &&
	    (node->is_own || node->kind == NODE_DIR || node->content.source != CONTENT_SYNTHETIC))
		r = facts_remove(view, process, type, path);
	if (r < 0)
		return r;
	if (node->kind == NODE_DIR) {
		tree_take_times(view,
				node); /* it may still be open, and is nobody's then but ours */
		tree_forget_below(view, node);
		node->is_merged = false;
	}
	node->ctime = tree_now();
	entry_detach(view, node->entry, !node->is_own);
	tree_touch_dir(view, dir);
	node_drop(view, node);
	return 0;
}

/* Namespace lock held. *ret_needs_base: nothing was done; journal the pinned node's base without
 * the lock, and call again. */
static int try_unlink(struct view *view, uint64_t process, uint64_t parent, const char *name,
		      struct node **ret_needs_base)
{
	struct node *dir;
	struct node *node;
	int r = tree_resolve_at(view, parent, name, &dir, &node);

	if (r < 0)
		return r;
	if (node->kind == NODE_DIR)
		r = -EISDIR;
	if (r == 0)
		r = check_refused(view, process, "unlink", node->entry);
	if (r < 0) {
		node_drop(view, node);
		return r;
	}
	if (!node->is_own && !node->entry->has_base && node->content.source != CONTENT_SYNTHETIC) {
		node_pin(node);
		*ret_needs_base = node;
		return 0;
	}
	r = remove_node(view, process, JOURNAL_UNLINK, node);
	if (r < 0)
		node_drop(view, node);
	return r;
}

int view_unlink(struct view *view, const struct view_caller *caller, uint64_t parent,
		const char *name)
{
	uint64_t process = attribution_of(view->attribution, caller);

	for (int tries = 0; tries < VIEW_RETRIES; tries++) {
		struct node *needs_base = NULL;
		int r;

		view_lock(view);
		r = try_unlink(view, process, parent, name, &needs_base);
		view_unlock(view);
		if (!needs_base)
			return r;
		r = copy_up_base_file(view, needs_base, process);
		view_lock(view);
		node_unpin(view, needs_base);
		view_unlock(view);
		/* Gone or replaced by the host: look again. */
		if (r < 0 && r != -ENOENT && r != -ESTALE)
			return r;
	}
	return -EBUSY;
}

int view_rmdir(struct view *view, const struct view_caller *caller, uint64_t parent,
	       const char *name)
{
	uint64_t process = attribution_of(view->attribution, caller);
	struct node *dir;
	struct node *node = NULL;
	int r;

	view_lock(view);
	r = tree_resolve_at(view, parent, name, &dir, &node);
	if (r < 0) {
		view_unlock(view);
		return r;
	}
	node_pin(node);
	if (node->kind != NODE_DIR)
		r = -ENOTDIR;
	if (r == 0)
		r = check_refused(view, process, "rmdir", node->entry);
	if (r == 0) {
		r = listing_is_empty(view, node);
		r = r == 0 ? -ENOTEMPTY : r;
	}
	if (r > 0)
		r = copy_up_base_dir(view, node, process);
	if (r == 0)
		r = remove_node(view, process, JOURNAL_RMDIR, node);
	node_unpin(view, node);
	view_unlock(view);
	return r;
}
