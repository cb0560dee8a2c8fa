/* SPDX-License-Identifier: MIT */
/* The tree of names in a session's view, as far as its journal mentions them. A node is the
 * session's own, or stands for a host directory on the way to one. */
#ifndef CLAUDEFS_REVIEW_ENTRY_TREE_H
#define CLAUDEFS_REVIEW_ENTRY_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/text.h"
#include "fs/review/hash_index.h"

struct replay_object;

struct entry_node {
	struct hash_link link;
	struct entry_node *parent; /* NULL: the root */
	struct entry_node *first_child;
	struct entry_node *next;
	struct entry_node *previous;
	struct replay_object *object; /* NULL: a directory */
	uint64_t seq;
	uint64_t time_ns;
	uint64_t process;
	uint32_t mode;
	bool is_own;
	bool is_host_backed; /* a directory: names that have no node here may be the host's */
	uint64_t number;     /* for the tree's owner */
	uint64_t id;         /* what children are found by */
	char *name;
};

struct entry_tree {
	struct hash_index names; /* by parent and name */
	struct entry_node *root; /* host-backed */
	uint64_t last_id;
	size_t count;
};

/* Returns 0 or -errno. */
int entry_tree_init(struct entry_tree *tree);
void entry_tree_done(struct entry_tree *tree);

/* NULL: no node. name is not NUL-terminated. */
struct entry_node *entry_tree_find(const struct entry_tree *tree, const struct entry_node *parent,
				   const char *name, size_t len);
/* NULL: no node at path. */
struct entry_node *entry_tree_find_path(const struct entry_tree *tree, const char *path);

/* A new node, an empty directory that is not the session's own. NULL: out of memory. */
struct entry_node *entry_tree_add(struct entry_tree *tree, struct entry_node *parent,
				  const char *name, size_t len);
/* node must have no children. */
void entry_tree_remove(struct entry_tree *tree, struct entry_node *node);
/* Moves node, with what is below it, to a free name. Returns 0 or -ENOMEM (nothing moved). */
int entry_tree_move(struct entry_tree *tree, struct entry_node *node, struct entry_node *parent,
		    const char *name);

bool entry_tree_is_beneath(const struct entry_node *node, const struct entry_node *ancestor);

/* Steps through a subtree, parents first, without recursion (names are as deep as an untrusted
 * session made them): the node after node, NULL at the end. path (may be NULL) starts as the path
 * of top ("" for the root) and follows. */
struct entry_node *entry_tree_next(struct entry_node *node, const struct entry_node *top,
				   struct text *path);

#endif
