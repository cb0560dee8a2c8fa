/* SPDX-License-Identifier: MIT */
#include "fs/view/listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/view/host_entry.h"

void listing_done(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->items[i].name);
	free(listing->items);
	memset(listing, 0, sizeof(*listing));
}

ANALYZER_LOSES_OWNERS
static int add(struct listing *listing, const char *name, uint64_t ino, mode_t type)
{
	struct listing_item *item;

	if (listing->count == listing->slots) {
		size_t slots = listing->slots ? listing->slots * 2 : 64;
		struct listing_item *grown = realloc(listing->items, slots * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		listing->items = grown;
		listing->slots = slots;
	}
	item = &listing->items[listing->count];
	item->name = strdup(name);
	if (!item->name)
		return -ENOMEM;
	item->ino = ino;
	item->type = type;
	listing->count++;
	return 0;
}
ANALYZER_KNOWS_OWNERS

struct reading {
	struct view *view;
	const struct node *dir;
	const char *path;
	struct listing *listing;
};

static int add_host_entry(const char *name, mode_t type, void *arg)
{
	struct reading *reading = arg;
	const struct entry *entry = entry_find(reading->view, reading->dir, name);
	cleanup_free char *path = NULL;
	uint64_t ino;

	if (entry && entry->node) {
		ino = entry->node->ino;
	} else {
		/* A path too long to be looked up is not listed either. */
		if (path_join(reading->path, name, &path) < 0)
			return 0;
		ino = node_ino_of_path(&reading->view->table, path);
	}
	return add(reading->listing, name, ino, type);
}

int listing_read(struct view *view, const struct node *dir, struct listing *ret)
{
	cleanup_listing struct listing listing = { 0 };
	cleanup_free char *path = NULL;
	struct reading reading = { .view = view, .dir = dir, .listing = &listing };
	int r = node_path(view, dir, &path);

	if (r == -ENOENT)
		return 0; /* removed, but still open: nothing is in it */
	for (const struct entry *at = dir->first; at && r == 0; at = at->next)
		if (at->node && at->node->is_own)
			r = add(&listing, at->name, at->node->ino,
				at->node->kind == NODE_DIR ? S_IFDIR : S_IFREG);
	reading.path = path;
	if (r == 0 && dir->is_merged)
		r = host_entry_list(view, dir, path, add_host_entry, &reading);
	if (r < 0)
		return r;
	*ret = listing;
	memset(&listing, 0, sizeof(listing));
	return 0;
}

static int find_one(const char *name, mode_t type, void *arg)
{
	(void)name;
	(void)type;
	(void)arg;
	return 1;
}

int listing_is_empty(struct view *view, const struct node *dir)
{
	cleanup_free char *path = NULL;
	int r;

	for (const struct entry *at = dir->first; at; at = at->next)
		if (at->node && at->node->is_own)
			return 0;
	if (!dir->is_merged)
		return 1;
	r = node_path(view, dir, &path);
	if (r == 0)
		r = host_entry_list(view, dir, path, find_one, NULL);
	return r < 0 ? r : r == 0;
}

struct view_dir {
	struct view *view;
	struct node *node; /* pinned */
	uint64_t parent_ino;
	struct listing listing;
	bool is_read;
};

int view_opendir(struct view *view, uint64_t ino, struct view_dir **ret)
{
	cleanup_free struct view_dir *dir = calloc(1, sizeof(*dir));
	struct node *node;
	int r = 0;

	if (!dir)
		return -ENOMEM;
	view_lock(view);
	node = node_find(view, ino);
	if (!node)
		r = -ENOENT;
	else if (node->kind != NODE_DIR)
		r = -ENOTDIR;
	else
		node_pin(node);
	view_unlock(view);
	if (r < 0)
		return r;
	dir->view = view;
	dir->node = node;
	*ret = steal_ptr(&dir);
	return 0;
}

static int read_afresh(struct view_dir *dir)
{
	int r;

	listing_done(&dir->listing);
	view_lock(dir->view);
	r = listing_read(dir->view, dir->node, &dir->listing);
	dir->parent_ino = dir->node->entry ? dir->node->entry->dir->ino : VIEW_ROOT;
	view_unlock(dir->view);
	dir->is_read = r == 0;
	return r;
}

static void fill_type(uint64_t ino, mode_t type, uint64_t *ret_ino, mode_t *ret_type,
		      struct view_attr *ret_attr)
{
	*ret_ino = ino;
	*ret_type = type;
	if (ret_attr) {
		memset(ret_attr, 0, sizeof(*ret_attr));
		ret_attr->st.st_ino = ino;
		ret_attr->st.st_mode = type;
	}
}

int view_readdir(struct view_dir *dir, uint64_t *cursor, const char **ret_name, uint64_t *ret_ino,
		 mode_t *ret_type, struct view_attr *ret_attr, bool want_attr)
{
	int r = 0;

	if (*cursor == 0 || !dir->is_read)
		r = read_afresh(dir);
	if (r < 0)
		return r;
	if (*cursor < 2) {
		*ret_name = *cursor == 0 ? "." : "..";
		fill_type(*cursor == 0 ? dir->node->ino : dir->parent_ino, S_IFDIR, ret_ino,
			  ret_type, ret_attr);
		(*cursor)++;
		return 1;
	}
	while (*cursor - 2 < dir->listing.count) {
		const struct listing_item *item = &dir->listing.items[*cursor - 2];

		(*cursor)++;
		*ret_name = item->name;
		fill_type(item->ino, item->type, ret_ino, ret_type, want_attr ? NULL : ret_attr);
		if (!want_attr)
			return 1;
		r = view_lookup(dir->view, dir->node->ino, item->name, ret_attr);
		if (r == 0) {
			*ret_ino = ret_attr->st.st_ino;
			return 1;
		}
		/* Gone since it was listed: as if it had not been there. */
		if (r != -ENOENT && r != -EACCES && r != -ESTALE)
			return r;
	}
	return 0;
}

void view_closedir(struct view_dir *dir)
{
	struct view *view = dir->view;

	view_lock(view);
	node_unpin(view, dir->node);
	view_unlock(view);
	listing_done(&dir->listing);
	free(dir);
}
