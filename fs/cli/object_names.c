/* SPDX-License-Identifier: MIT */
#include "fs/cli/object_names.h"

#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"

void object_names_done(struct object_names *names)
{
	for (size_t i = 0; i < names->size; i++)
		free(names->names[i].path);
	free(names->names);
	if (names->has_tree)
		entry_tree_done(&names->tree);
	text_done(&names->path);
	*names = (struct object_names){ 0 };
}

/* Backwards, one name after the other: paths are short. */
static const char *path_of(struct object_names *names, const struct entry_node *node)
{
	size_t len = 0;
	size_t at;

	for (const struct entry_node *up = node; up->parent; up = up->parent)
		len += strlen(up->name) + 1;
	names->path.len = 0;
	for (at = 0; at < len; at++)
		text_append_bytes(&names->path, "/", 1);
	if (names->path.is_failed || len == 0)
		return NULL;
	for (; node->parent; node = node->parent) {
		size_t part = strlen(node->name);

		at -= part + 1;
		memcpy(names->path.data + at + 1, node->name, part);
	}
	return names->path.data + 1;
}

const char *object_names_get(struct object_names *names, uint64_t object)
{
	if (object >= names->size)
		return NULL;
	if (names->names[object].node)
		return path_of(names, names->names[object].node);
	return names->names[object].path;
}

/* NULL: the number is too high, or no memory. */
static struct object_name *slot_of(struct object_names *names, uint64_t object)
{
	size_t size = names->size ? names->size : 64;
	struct object_name *grown;

	if (object == 0 || object >= OBJECT_NAMES_MAX)
		return NULL;
	if (object < names->size)
		return &names->names[object];
	while (size <= object)
		size *= 2;
	grown = realloc(names->names, size * sizeof(*grown));
	if (!grown)
		return NULL;
	memset(grown + names->size, 0, (size - names->size) * sizeof(*grown));
	names->names = grown;
	names->size = size;
	return &names->names[object];
}

ANALYZER_LOSES_OWNERS
/* The object has no name any more. It keeps the one it had until many others have come after it:
 * who has it open may still write to it. */
static void keep_last_name(struct object_names *names, const struct entry_node *node)
{
	struct object_name *name = slot_of(names, node->number);
	uint64_t *ring = &names->gone[names->gone_at];
	const char *path;

	if (!name || name->node != node)
		return;
	path = path_of(names, node);
	name->node = NULL;
	free(name->path);
	name->path = path ? strdup(path) : NULL;
	if (*ring != 0 && *ring != node->number) {
		free(names->names[*ring].path);
		names->names[*ring].path = NULL;
	}
	*ring = node->number;
	names->gone_at = (names->gone_at + 1) % OBJECT_NAMES_GONE;
}
ANALYZER_KNOWS_OWNERS

/* With what a journal that lies has left below it. */
static void remove_node(struct object_names *names, struct entry_node *node)
{
	struct entry_node *leaf = node;

	for (;;) {
		struct entry_node *parent;

		while (leaf->first_child)
			leaf = leaf->first_child;
		parent = leaf->parent;
		keep_last_name(names, leaf);
		entry_tree_remove(&names->tree, leaf);
		if (leaf == node)
			break;
		leaf = parent;
	}
}

static void remove_path(struct object_names *names, const char *path)
{
	struct entry_node *node = entry_tree_find_path(&names->tree, path);

	if (node && node->parent)
		remove_node(names, node);
}

/* The node at path, made if need be, up to its last component if is_parent. */
static struct entry_node *make_node(struct object_names *names, const char *path, bool is_parent)
{
	struct entry_node *node = names->tree.root;
	const char *name;
	size_t len = 0;

	while (node && (name = path_next(&path, &len)) != NULL) {
		struct entry_node *child;

		if (is_parent && *path == '\0')
			break;
		child = entry_tree_find(&names->tree, node, name, len);
		node = child ? child : entry_tree_add(&names->tree, node, name, len);
	}
	return node;
}

static void set_name(struct object_names *names, uint64_t object, const char *path)
{
	struct object_name *name = slot_of(names, object);
	struct entry_node *node = name ? make_node(names, path, false) : NULL;

	if (!node || !node->parent || node->number == object)
		return;
	if (node->number != 0)
		keep_last_name(names, node);
	/* A journal that lies gives one object two names: the later one counts. */
	if (name->node)
		name->node->number = 0;
	node->number = object;
	name->node = node;
}

static void move(struct object_names *names, const char *from, const char *to)
{
	struct entry_node *node = entry_tree_find_path(&names->tree, from);
	struct entry_node *parent;

	if (!node || !node->parent || path_is_beneath(to, from) || path_is_beneath(from, to))
		return;
	remove_path(names, to);
	parent = make_node(names, to, true);
	if (parent)
		(void)entry_tree_move(&names->tree, node, parent, path_base(to));
}

void object_names_follow(struct object_names *names, const struct journal_record *record)
{
	const uint32_t has_both = JOURNAL_HAS_PATH | JOURNAL_HAS_OBJECT;
	struct entry_node *before = NULL;

	if (!names->has_tree && entry_tree_init(&names->tree) < 0)
		return;
	names->has_tree = true;
	if (record->type == JOURNAL_RENAME && (record->has & JOURNAL_HAS_TO)) {
		move(names, record->path, record->to);
	} else if (record->type == JOURNAL_UNLINK || record->type == JOURNAL_RMDIR) {
		remove_path(names, record->path);
	} else if (record->type == JOURNAL_MATERIALISE) {
		const char *path = object_names_get(names, record->object_before);

		if (record->object_before < names->size)
			before = names->names[record->object_before].node;
		if (path && before)
			set_name(names, record->object, path);
	} else if (record->type != JOURNAL_BASE && (record->has & has_both) == has_both) {
		set_name(names, record->object, record->path);
	}
}
