/* SPDX-License-Identifier: MIT */
/* New names: mkdir, create, O_TMPFILE and its link. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/view/attr.h"
#include "fs/view/facts.h"
#include "fs/view/host_entry.h"
#include "fs/view/open_file.h"
#include "fs/view/secret_file.h"

/* May name come into being in parent? Namespace lock held. Returns 0 (*ret_dir, *ret_path (ret_)),
 * -EEXIST or why not. */
static int check_new(struct view *view, uint64_t process, const char *operation, uint64_t parent,
		     const char *name, struct node **ret_dir, char **ret_path)
{
	struct entry_verdict verdict;
	struct node *existing;
	int r = tree_resolve_at(view, parent, name, ret_dir, &existing);

	if (r == 0)
		node_drop(view, existing);
	if (r != -ENOENT)
		return r == 0 ? -EEXIST : r;
	/* The parent may be what is missing. */
	r = tree_find_dir(view, parent, ret_dir);
	if (r == 0)
		r = node_child_path(view, *ret_dir, name, ret_path);
	if (r < 0)
		return r;
	if (!view->has_refuse_rules)
		return 0;
	host_entry_decide(view, *ret_path, &verdict);
	if (verdict.write == RULE_WRITE_REFUSE)
		return facts_refuse(view, process, operation, *ret_path, NULL, EROFS);
	return 0;
}

static void set_owner(struct view *view, const struct view_caller *caller, mode_t mode,
		      struct node *node)
{
	bool is_foreign = view->options.has_foreign_owners && caller;

	node->mode = mode & 01777;
	node->uid = is_foreign ? caller->uid : view->options.uid;
	node->gid = is_foreign ? caller->gid : view->options.gid;
	node->ctime = tree_now();
	if (node->kind == NODE_DIR) {
		node->atime = node->ctime;
		node->mtime = node->ctime;
		node->has_times = true;
	}
	node->is_own = true;
}

/* A node and an entry for it, not yet joined. Namespace lock held. */
static int prepare(struct view *view, struct node *dir, const char *name, enum node_kind kind,
		   struct entry **ret_entry, struct node **ret_node)
{
	struct node *node = NULL;
	struct entry *entry = NULL;
	int r = quota_take(&view->quota, 0, 1);

	if (r < 0)
		return r;
	node = node_new(view, kind, NULL);
	if (node && name)
		entry = entry_get(view, dir, name);
	if (!node || (name && !entry)) {
		if (node)
			node_drop(view, node);
		quota_give(&view->quota, 0, 1);
		return -ENOMEM;
	}
	*ret_entry = entry;
	*ret_node = node;
	return 0;
}

static void undo_prepare(struct view *view, struct entry *entry, struct node *node)
{
	if (entry)
		entry_drop(view, entry);
	node_drop(view, node);
	quota_give(&view->quota, 0, 1);
}

/* The answer to the kernel: attributes, and one lookup counted. The node is pinned and unpinned. */
static int finish(struct view *view, struct node *node, struct view_attr *ret)
{
	int r = attr_fill(view, node, NULL, ret);

	view_lock(view);
	if (r == 0)
		node->lookups++;
	node_unpin(view, node);
	view_unlock(view);
	return r;
}

static int refuse_set_id(struct view *view, uint64_t process, const char *operation,
			 uint64_t parent, const char *name)
{
	cleanup_free char *path = NULL;
	struct node *dir;

	view_lock(view);
	if (tree_find_dir(view, parent, &dir) == 0)
		(void)node_child_path(view, dir, name, &path);
	view_unlock(view);
	return facts_refuse(view, process, operation, path, NULL, EPERM);
}

int view_mkdir(struct view *view, const struct view_caller *caller, uint64_t parent,
	       const char *name, mode_t mode, struct view_attr *ret)
{
	uint64_t process = attribution_of(view->attribution, caller);
	cleanup_free char *path = NULL;
	struct node *dir;
	struct node *node = NULL;
	struct entry *entry = NULL;
	int r;

	if (mode & VIEW_SET_ID)
		return refuse_set_id(view, process, "mkdir", parent, name);
	view_lock(view);
	r = check_new(view, process, "mkdir", parent, name, &dir, &path);
	if (r == 0)
		r = prepare(view, dir, name, NODE_DIR, &entry, &node);
	if (r == 0) {
		r = facts_mkdir(view, process, path, mode & 01777);
		if (r < 0)
			undo_prepare(view, entry, node);
	}
	if (r == 0) {
		set_owner(view, caller, mode, node);
		entry_attach(entry, node);
		tree_touch_dir(view, dir);
		node_pin(node);
	}
	view_unlock(view);
	return r < 0 ? r : finish(view, node, ret);
}

/* Gives the node its object. Takes fd. */
/* Where a new file's bytes will be. */
struct store {
	uint64_t object; /* 0: in memory */
	int fd;
	struct secret_file secret;
};

static int store_open(struct view *view, uint64_t parent, const char *name, struct store *ret)
{
	int r;

	*ret = (struct store){ .fd = -1, .secret = { .fd = -1 } };
	if (name && parent == VIEW_ROOT && secret_file_is_path(name))
		return secret_file_new(view, 0, &ret->secret);
	r = content_store_create(view->options.store, &ret->object, &ret->fd);
	if (r == 0)
		atomic_store(&view->is_store_dirty, true);
	return r;
}

static void store_drop(struct view *view, struct store *store)
{
	if (store->object == 0) {
		secret_file_close(view, &store->secret);
		return;
	}
	cleanup_close_fd(&store->fd);
	(void)content_store_remove(view->options.store, store->object);
}

static void store_give(struct store *store, struct content *content)
{
	if (store->object == 0) {
		secret_file_give(&store->secret, content);
		return;
	}
	content->source = CONTENT_OWN;
	content->object = store->object;
	content->data_fd = steal_fd(&store->fd);
	content->has_seen = true;
}

/* Under the namespace lock: the file with its object under name (NULL: nameless). Takes what store
 * holds on success; *ret_node is pinned. */
static int make_file(struct view *view, const struct view_caller *caller, uint64_t process,
		     uint64_t parent, const char *name, mode_t mode, struct store *store,
		     struct node **ret_node)
{
	cleanup_free char *path = NULL;
	struct node *dir;
	struct node *node;
	struct entry *entry;
	int r;

	if (name)
		r = check_new(view, process, "create", parent, name, &dir, &path);
	else
		r = tree_find_dir(view, parent, &dir);
	if (r == 0)
		r = prepare(view, dir, name, NODE_FILE, &entry, &node);
	if (r < 0)
		return r;
	r = store->object == 0 ? 0 : facts_create(view, process, path, store->object, mode & 01777);
	if (r < 0) {
		undo_prepare(view, entry, node);
		return r;
	}
	store_give(store, &node->content);
	set_owner(view, caller, mode, node);
	if (entry) {
		entry_attach(entry, node);
		tree_touch_dir(view, dir);
		tree_note_name(view, path);
	}
	node_pin(node);
	*ret_node = node;
	return 0;
}

/* The object comes first and outside the namespace's lock: it costs a file. */
static int create_node(struct view *view, const struct view_caller *caller, uint64_t process,
		       uint64_t parent, const char *name, mode_t mode, struct node **ret_node)
{
	struct store store;
	int r = quota_take(&view->quota, 0, 0);

	if (r == 0)
		r = store_open(view, parent, name, &store);
	if (r < 0)
		return r;
	view_lock(view);
	r = make_file(view, caller, process, parent, name, mode, &store, ret_node);
	view_unlock(view);
	if (r < 0)
		store_drop(view, &store);
	return r;
}

/* The file that is there already, pinned; -ENOENT if there is none. */
static int find_existing(struct view *view, uint64_t parent, const char *name,
			 struct node **ret_node)
{
	struct node *dir;
	int r;

	view_lock(view);
	r = tree_resolve_at(view, parent, name, &dir, ret_node);
	if (r == 0)
		node_pin(*ret_node);
	view_unlock(view);
	return r;
}

/* Opens the pinned node and answers. */
static int open_new(struct view *view, const struct view_caller *caller, struct node *node,
		    int flags, struct view_attr *ret, struct view_file **ret_file)
{
	bool may_keep_cache;
	int r = open_file_new(view, caller, node, flags, ret_file, &may_keep_cache);

	if (r < 0) {
		view_lock(view);
		node_unpin(view, node);
		view_unlock(view);
		return r;
	}
	r = finish(view, node, ret);
	if (r < 0)
		view_release(*ret_file);
	return r;
}

int view_create(struct view *view, const struct view_caller *caller, uint64_t parent,
		const char *name, mode_t mode, int flags, struct view_attr *ret,
		struct view_file **ret_file)
{
	uint64_t process = attribution_of(view->attribution, caller);
	struct node *node = NULL;
	int r;

	if (mode & VIEW_SET_ID)
		return refuse_set_id(view, process, "create", parent, name);
	/* The kernel creates only what it has just looked up in vain, so making comes first. */
	for (int tries = 0; tries < VIEW_RETRIES; tries++) {
		r = create_node(view, caller, process, parent, name, mode, &node);
		if (r == 0)
			return open_new(view, caller, node, flags & ~O_TRUNC, ret, ret_file);
		if (r != -EEXIST || (flags & O_EXCL))
			return r;
		r = find_existing(view, parent, name, &node);
		if (r == 0)
			return open_new(view, caller, node, flags, ret, ret_file);
		if (r != -ENOENT)
			return r;
	}
	return -EBUSY;
}

int view_tmpfile(struct view *view, const struct view_caller *caller, uint64_t parent, mode_t mode,
		 int flags, struct view_attr *ret, struct view_file **ret_file)
{
	uint64_t process = attribution_of(view->attribution, caller);
	struct node *node = NULL;
	int r;

	if (mode & VIEW_SET_ID)
		return facts_refuse(view, process, "tmpfile", NULL, NULL, EPERM);
	r = create_node(view, caller, process, parent, NULL, mode, &node);
	if (r < 0)
		return r;
	view_lock(view);
	node->is_linkable = !(flags & O_EXCL);
	view_unlock(view);
	return open_new(view, caller, node, flags & ~O_TRUNC, ret, ret_file);
}

/* Namespace lock held. */
static int link_node(struct view *view, uint64_t process, struct node *node, uint64_t new_parent,
		     const char *new_name)
{
	cleanup_free char *path = NULL;
	struct entry *entry;
	struct node *dir;
	int r = check_new(view, process, "link", new_parent, new_name, &dir, &path);

	if (r < 0)
		return r;
	if (!node->is_linkable)
		return facts_refuse(view, process, "link", NULL, path, EPERM);
	/* What was written is in an object already. */
	if (secret_file_is_path(path))
		return facts_refuse(view, process, "link", NULL, path, EROFS);
	entry = entry_get(view, dir, new_name);
	if (!entry)
		return -ENOMEM;
	r = facts_link(view, process, path, node->content.object);
	if (r < 0) {
		entry_drop(view, entry);
		return r;
	}
	node->is_linkable = false;
	node->ctime = tree_now();
	entry_attach(entry, node);
	tree_touch_dir(view, dir);
	tree_note_name(view, path);
	return 0;
}

int view_link(struct view *view, const struct view_caller *caller, uint64_t ino,
	      uint64_t new_parent, const char *new_name, struct view_attr *ret)
{
	uint64_t process = attribution_of(view->attribution, caller);
	struct node *node;
	int r;

	view_lock(view);
	node = node_find(view, ino);
	r = node ? link_node(view, process, node, new_parent, new_name) : -ENOENT;
	if (r == 0)
		node_pin(node);
	view_unlock(view);
	return r < 0 ? r : finish(view, node, ret);
}

int view_refuse(struct view *view, const struct view_caller *caller, const char *operation,
		uint64_t parent, const char *name, int error)
{
	uint64_t process = attribution_of(view->attribution, caller);
	cleanup_free char *path = NULL;
	struct node *node;

	view_lock(view);
	node = node_find(view, parent);
	if (node && name)
		(void)node_child_path(view, node, name, &path);
	else if (node)
		(void)node_path(view, node, &path);
	view_unlock(view);
	return facts_refuse(view, process, operation, path, NULL, error);
}
