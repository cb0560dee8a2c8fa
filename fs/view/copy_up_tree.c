/* SPDX-License-Identifier: MIT */
/* Directories of the host become the session's own: alone, or with everything visible below. */
#include "fs/view/copy_up.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/base/cleanup.h"
#include "fs/view/facts.h"
#include "fs/view/listing.h"

int copy_up_base_dir(struct view *view, struct node *dir, uint64_t process)
{
	cleanup_free char *path = NULL;
	struct base_fact base = { .identity = journal_identity_of(&dir->content.host_st) };
	int r;

	if (!dir->entry || dir->is_own || dir->entry->has_base)
		return 0;
	r = node_path(view, dir, &path);
	if (r < 0)
		return r;
	r = facts_base(view, process, path, &base);
	if (r == 0)
		dir->entry->has_base = true;
	return r;
}

int copy_up_dir(struct view *view, struct node *dir, uint64_t process)
{
	const struct stat *st = &dir->content.host_st;
	cleanup_free char *path = NULL;
	int r = 0;

	if (dir->is_own)
		return 0;
	r = quota_take(&view->quota, 0, 1);
	if (r < 0)
		return r;
	if (dir->entry) {
		r = node_path(view, dir, &path);
		if (r == 0)
			r = copy_up_base_dir(view, dir, process);
		if (r == 0)
			r = facts_copy_up_dir(view, process, path, st->st_mode & 01777);
		if (r < 0)
			quota_give(&view->quota, 0, 1);
	}
	if (r < 0)
		return r;
	dir->mode = st->st_mode & 01777;
	dir->uid = view->options.uid;
	dir->gid = view->options.gid;
	tree_take_times(view, dir);
	dir->is_own = true;
	if (dir->entry) {
		entry_cover(dir->entry);
		dir->entry->dir->own_subdirs++;
		dir->entry->dir->covers++;
	}
	return 0;
}

/* A list of pinned directories that are still to be done. */
struct worklist {
	struct node **dirs;
	size_t count;
	size_t slots;
};

/* Namespace lock held. */
static int push_dir(struct worklist *list, struct node *dir)
{
	if (list->count == list->slots) {
		size_t slots = list->slots ? list->slots * 2 : 16;
		struct node **grown = realloc(list->dirs, slots * sizeof(struct node *));

		if (!grown)
			return -ENOMEM;
		list->dirs = grown;
		list->slots = slots;
	}
	node_pin(dir);
	list->dirs[list->count++] = dir;
	return 0;
}

/* One name: files are copied up, directories of the host are put on the list. */
static int copy_up_child(struct view *view, struct node *dir, const char *name, uint64_t process,
			 struct worklist *list)
{
	struct node *node = NULL;
	int r;

	view_lock(view);
	r = tree_resolve(view, dir, name, &node, NULL);
	if (r == 0 && node->kind == NODE_DIR) {
		if (node->is_merged)
			r = push_dir(list, node);
		node_drop(view, node);
		node = NULL;
	} else if (r == 0) {
		node_pin(node);
	}
	view_unlock(view);
	if (r == -ENOENT)
		return 0; /* gone meanwhile */
	if (r < 0 || !node)
		return r;
	r = copy_up_closed_file(view, node, process);
	view_lock(view);
	node_unpin(view, node);
	view_unlock(view);
	return r == -ENOENT || r == -ESTALE ? 0 : r;
}

static int copy_up_one_dir(struct view *view, struct node *dir, uint64_t process,
			   struct worklist *list)
{
	cleanup_listing struct listing listing = { 0 };
	int r;

	view_lock(view);
	r = copy_up_dir(view, dir, process);
	if (r == 0)
		r = listing_read(view, dir, &listing);
	view_unlock(view);
	for (size_t i = 0; i < listing.count && r == 0; i++)
		r = copy_up_child(view, dir, listing.items[i].name, process, list);
	return r;
}

int copy_up_tree(struct view *view, struct node *dir, uint64_t process)
{
	struct worklist list = { 0 };
	int r;

	view_lock(view);
	r = push_dir(&list, dir);
	view_unlock(view);
	/* The list grows while it is walked; the order is top down, as a replay needs it. */
	for (size_t i = 0; i < list.count && r == 0; i++)
		r = copy_up_one_dir(view, list.dirs[i], process, &list);
	view_lock(view);
	for (size_t i = 0; i < list.count; i++)
		node_unpin(view, list.dirs[i]);
	view_unlock(view);
	free(list.dirs);
	return r;
}
