/* SPDX-License-Identifier: MIT */
#include "fs/review/entry_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/base/path_name.h"

static uint64_t key_of(const struct entry_node *parent, const char *name, size_t len)
{
	return hash_index_key(name, len) ^ hash_index_key_number(parent->id);
}

static void free_node(struct entry_node *node)
{
	if (!node)
		return;
	free(node->name);
	free(node);
}

static struct entry_node *new_node(struct entry_tree *tree, const char *name, size_t len)
{
	struct entry_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->name = strndup(name, len);
	if (!node->name) {
		free(node);
		return NULL;
	}
	node->id = ++tree->last_id;
	node->mode = S_IFDIR;
	return node;
}

int entry_tree_init(struct entry_tree *tree)
{
	int r;

	*tree = (struct entry_tree){ 0 };
	r = hash_index_init(&tree->names);
	if (r < 0)
		return r;
	tree->root = new_node(tree, "", 0);
	if (!tree->root)
		return -ENOMEM;
	tree->root->is_host_backed = true;
	return 0;
}

void entry_tree_done(struct entry_tree *tree)
{
	for (size_t i = 0; i < tree->names.size; i++) {
		struct hash_link *link = tree->names.buckets[i];

		while (link) {
			struct hash_link *next = link->next;

			free_node((struct entry_node *)link);
			link = next;
		}
	}
	hash_index_done(&tree->names);
	free_node(tree->root);
	tree->root = NULL;
}

struct entry_node *entry_tree_find(const struct entry_tree *tree, const struct entry_node *parent,
				   const char *name, size_t len)
{
	struct hash_link *link = hash_index_find(&tree->names, key_of(parent, name, len));

	for (; link; link = hash_index_find_next(link)) {
		struct entry_node *node = (struct entry_node *)link;

		if (node->parent == parent && strncmp(node->name, name, len) == 0 &&
		    node->name[len] == '\0')
			return node;
	}
	return NULL;
}

struct entry_node *entry_tree_find_path(const struct entry_tree *tree, const char *path)
{
	struct entry_node *node = tree->root;
	const char *name;
	size_t len = 0;

	while (node && (name = path_next(&path, &len)) != NULL)
		node = entry_tree_find(tree, node, name, len);
	return node;
}

static void attach(struct entry_node *node, struct entry_node *parent)
{
	node->parent = parent;
	node->previous = NULL;
	node->next = parent->first_child;
	if (node->next)
		node->next->previous = node;
	parent->first_child = node;
}

static void detach(struct entry_node *node)
{
	if (node->previous)
		node->previous->next = node->next;
	else
		node->parent->first_child = node->next;
	if (node->next)
		node->next->previous = node->previous;
}

struct entry_node *entry_tree_add(struct entry_tree *tree, struct entry_node *parent,
				  const char *name, size_t len)
{
	struct entry_node *node = new_node(tree, name, len);

	if (!node)
		return NULL;
	if (hash_index_add(&tree->names, &node->link, key_of(parent, name, len)) < 0) {
		free_node(node);
		return NULL;
	}
	attach(node, parent);
	tree->count++;
	return node;
}

void entry_tree_remove(struct entry_tree *tree, struct entry_node *node)
{
	hash_index_remove(&tree->names, &node->link);
	detach(node);
	free_node(node);
	tree->count--;
}

int entry_tree_move(struct entry_tree *tree, struct entry_node *node, struct entry_node *parent,
		    const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	hash_index_remove(&tree->names, &node->link);
	detach(node);
	free(node->name);
	node->name = copy;
	attach(node, parent);
	/* Cannot fail: the table just held as many. */
	return hash_index_add(&tree->names, &node->link, key_of(parent, copy, strlen(copy)));
}

bool entry_tree_is_beneath(const struct entry_node *node, const struct entry_node *ancestor)
{
	while (node && node != ancestor)
		node = node->parent;
	return node != NULL;
}

static void path_push(struct text *path, const char *name)
{
	if (!path)
		return;
	if (path->len > 0)
		text_append(path, "/");
	text_append(path, name);
}

static void path_pop(struct text *path)
{
	char *slash;

	if (!path || !path->data)
		return;
	slash = strrchr(path->data, '/');
	path->len = slash ? (size_t)(slash - path->data) : 0;
	path->data[path->len] = '\0';
}

struct entry_node *entry_tree_next(struct entry_node *node, const struct entry_node *top,
				   struct text *path)
{
	if (node->first_child) {
		path_push(path, node->first_child->name);
		return node->first_child;
	}
	while (node != top) {
		path_pop(path);
		if (node->next) {
			path_push(path, node->next->name);
			return node->next;
		}
		node = node->parent;
	}
	return NULL;
}
