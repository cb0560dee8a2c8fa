/* SPDX-License-Identifier: MIT */
#include "fs/view/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/hash.h"
#include "fs/base/path_name.h"
#include "fs/view/tree.h"

#define TABLE_SLOTS_MIN 256u
#define HOST_INO_BIT    (1ull << 47)
#define SHRUNK_MIN      8192u /* nodes: about 6 MB */

static uint64_t first_word(const struct hash *hash)
{
	uint64_t word;

	memcpy(&word, hash->bytes, sizeof(word));
	return word;
}

static size_t node_slot(const struct node_table *table, uint64_t ino)
{
	return (size_t)((ino * 0x9e3779b97f4a7c15ull) >> 20) & (table->node_slots - 1);
}

int node_table_init(struct node_table *table)
{
	memset(table, 0, sizeof(*table));
	table->next_ino = VIEW_ROOT;
	table->nodes = calloc(TABLE_SLOTS_MIN, sizeof(*table->nodes));
	table->entries = calloc(TABLE_SLOTS_MIN, sizeof(*table->entries));
	if (!table->nodes || !table->entries)
		return -ENOMEM;
	table->node_slots = TABLE_SLOTS_MIN;
	table->entry_slots = TABLE_SLOTS_MIN;
	return fd_random_bytes(table->ino_key, sizeof(table->ino_key));
}

void node_table_done(struct view *view)
{
	struct node_table *table = &view->table;

	for (size_t i = 0; i < table->node_slots; i++) {
		while (table->nodes[i]) {
			struct node *node = table->nodes[i];

			table->nodes[i] = node->hash_next;
			if (node->kind == NODE_FILE)
				content_done(view, node);
			free(node);
		}
	}
	for (size_t i = 0; i < table->entry_slots; i++) {
		while (table->entries[i]) {
			struct entry *entry = table->entries[i];

			table->entries[i] = entry->hash_next;
			free(entry);
		}
	}
	cleanup_free_ptr(&table->nodes);
	cleanup_free_ptr(&table->entries);
}

uint64_t node_ino_of_path(const struct node_table *table, const char *path)
{
	/* Two rounds keep the key out of a single linear-looking input; nothing secret hangs on it
	 * but numbers of names that the session can see anyway. */
	struct {
		uint8_t key[16];
		struct hash name;
	} input;
	struct hash hash;

	memcpy(input.key, table->ino_key, sizeof(input.key));
	input.name = hash_bytes(path, strlen(path));
	hash = hash_bytes(&input, sizeof(input));
	return (first_word(&hash) & (HOST_INO_BIT - 1)) | HOST_INO_BIT;
}

/* A table that cannot grow only becomes slower. */
static void grow_nodes(struct node_table *table)
{
	size_t old_slots = table->node_slots;
	struct node **old = table->nodes;
	struct node **grown;

	if (table->node_count < old_slots)
		return;
	grown = calloc(old_slots * 2, sizeof(struct node *));
	if (!grown)
		return;
	table->nodes = grown;
	table->node_slots = old_slots * 2;
	for (size_t i = 0; i < old_slots; i++) {
		while (old[i]) {
			struct node *node = old[i];
			size_t slot = node_slot(table, node->ino);

			old[i] = node->hash_next;
			node->hash_next = table->nodes[slot];
			table->nodes[slot] = node;
		}
	}
	free(old);
}

static void grow_entries(struct node_table *table)
{
	size_t old_slots = table->entry_slots;
	struct entry **old = table->entries;
	struct entry **grown;

	if (table->entry_count < old_slots)
		return;
	grown = calloc(old_slots * 2, sizeof(struct entry *));
	if (!grown)
		return;
	table->entries = grown;
	table->entry_slots = old_slots * 2;
	for (size_t i = 0; i < old_slots; i++) {
		while (old[i]) {
			struct entry *entry = old[i];
			size_t slot = (size_t)entry->hash & (table->entry_slots - 1);

			old[i] = entry->hash_next;
			entry->hash_next = table->entries[slot];
			table->entries[slot] = entry;
		}
	}
	free(old);
}

struct node *node_find(struct view *view, uint64_t ino)
{
	struct node_table *table = &view->table;
	struct node *node = table->nodes[node_slot(table, ino)];

	while (node && node->ino != ino)
		node = node->hash_next;
	return node;
}

struct node *node_new(struct view *view, enum node_kind kind, const char *host_path)
{
	struct node_table *table = &view->table;
	cleanup_free struct node *node = calloc(1, sizeof(*node));
	size_t slot;

	if (!node)
		return NULL;
	if (kind == NODE_FILE && content_init(&node->content) < 0)
		return NULL;
	node->kind = kind;
	if (host_path) {
		node->ino = node_ino_of_path(table, host_path);
		/* Taken: a removed file of that name that is still open, or one chance in 2^47. */
		while (node_find(view, node->ino))
			node->ino = ((node->ino + 1) & (HOST_INO_BIT - 1)) | HOST_INO_BIT;
	} else {
		node->ino = table->next_ino++;
	}
	grow_nodes(table);
	slot = node_slot(table, node->ino);
	node->hash_next = table->nodes[slot];
	table->nodes[slot] = node;
	table->node_count++;
	if (table->node_count > table->peak)
		table->peak = table->node_count;
	return steal_ptr(&node);
}

static void node_free(struct view *view, struct node *node)
{
	struct node_table *table = &view->table;
	struct node **at = &table->nodes[node_slot(table, node->ino)];

	while (*at != node)
		at = &(*at)->hash_next;
	*at = node->hash_next;
	table->node_count--;
	if (node->kind == NODE_FILE)
		content_done(view, node);
	if (node->is_own)
		quota_give(&view->quota, 0, 1);
	free(node);
}

bool node_table_has_shrunk(struct node_table *table)
{
	if (table->peak < SHRUNK_MIN || table->node_count > table->peak / 2)
		return false;
	table->peak = table->node_count;
	return true;
}

static bool is_needed(const struct view *view, const struct node *node)
{
	if (node == view->root || node->lookups > 0 || node->pins > 0 || node->first)
		return true;
	return node->entry && (node->is_own || node->has_times);
}

void node_drop(struct view *view, struct node *node)
{
	while (node && !is_needed(view, node)) {
		struct entry *entry = node->entry;
		struct node *dir = entry ? entry->dir : NULL;

		if (entry)
			entry_detach(view, entry, false);
		node_free(view, node);
		node = dir;
	}
}

void node_pin(struct node *node)
{
	node->pins++;
}

void node_unpin(struct view *view, struct node *node)
{
	node->pins--;
	node_drop(view, node);
}

bool node_is_gone(const struct view *view, const struct node *node)
{
	return node != view->root && !node->entry;
}

int node_path(const struct view *view, const struct node *node, char **ret)
{
	const struct node *at = node;
	size_t len = 0;
	char *path;

	for (; at->entry; at = at->entry->dir)
		len += strlen(at->entry->name) + 1;
	if (at != view->root)
		return -ENOENT;
	path = malloc(len + 1);
	if (!path)
		return -ENOMEM;
	path[len ? len - 1 : 0] = '\0';
	for (at = node; at->entry; at = at->entry->dir) {
		size_t part = strlen(at->entry->name);

		len -= part + 1;
		memcpy(path + len, at->entry->name, part);
		if (len > 0)
			path[len - 1] = '/';
	}
	*ret = path;
	return 0;
}

int node_child_path(const struct view *view, const struct node *dir, const char *name, char **ret)
{
	cleanup_free char *path = NULL;
	int r = node_path(view, dir, &path);

	return r < 0 ? r : path_join(path, name, ret);
}

static uint64_t entry_hash(const struct node *dir, const char *name)
{
	char key[sizeof(uint64_t) + PATH_NAME_MAX];
	size_t len = strlen(name);
	struct hash hash;

	if (len > PATH_NAME_MAX)
		len = PATH_NAME_MAX;
	memcpy(key, &dir->ino, sizeof(dir->ino));
	memcpy(key + sizeof(dir->ino), name, len);
	hash = hash_bytes(key, sizeof(dir->ino) + len);
	return first_word(&hash);
}

static struct entry *find_hashed(const struct view *view, const struct node *dir, const char *name,
				 uint64_t hash)
{
	const struct node_table *table = &view->table;
	struct entry *entry = table->entries[(size_t)hash & (table->entry_slots - 1)];

	while (entry &&
	       (entry->hash != hash || entry->dir != dir || strcmp(entry->name, name) != 0))
		entry = entry->hash_next;
	return entry;
}

struct entry *entry_find(const struct view *view, const struct node *dir, const char *name)
{
	return find_hashed(view, dir, name, entry_hash(dir, name));
}

struct entry *entry_get(struct view *view, struct node *dir, const char *name)
{
	struct node_table *table = &view->table;
	uint64_t hash = entry_hash(dir, name);
	struct entry *entry = find_hashed(view, dir, name, hash);
	size_t len = strlen(name);
	size_t slot;

	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry) + len + 1);
	if (!entry)
		return NULL;
	memcpy(entry->name, name, len + 1);
	entry->hash = hash;
	entry->dir = dir;
	grow_entries(table);
	slot = (size_t)hash & (table->entry_slots - 1);
	entry->hash_next = table->entries[slot];
	table->entries[slot] = entry;
	table->entry_count++;
	entry->next = dir->first;
	if (dir->first)
		dir->first->previous = entry;
	dir->first = entry;
	return entry;
}

void entry_drop(struct view *view, struct entry *entry)
{
	struct node_table *table = &view->table;
	struct entry **at = &table->entries[(size_t)entry->hash & (table->entry_slots - 1)];

	if (entry->node || entry->has_base || entry->covers_host)
		return;
	while (*at != entry)
		at = &(*at)->hash_next;
	*at = entry->hash_next;
	table->entry_count--;
	if (entry->previous)
		entry->previous->next = entry->next;
	else
		entry->dir->first = entry->next;
	if (entry->next)
		entry->next->previous = entry->previous;
	free(entry);
}

void entry_cover(struct entry *entry)
{
	if (!entry->covers_host)
		entry->dir->covers++;
	entry->covers_host = true;
}

void entry_attach(struct entry *entry, struct node *node)
{
	entry->node = node;
	node->entry = entry;
	if (node->kind == NODE_DIR && node->is_own) {
		entry->dir->own_subdirs++;
		entry->dir->covers++;
	}
}

void entry_vacate(struct entry *entry)
{
	struct node *node = entry->node;

	entry->node = NULL;
	node->entry = NULL;
	if (node->kind == NODE_DIR && node->is_own) {
		entry->dir->own_subdirs--;
		entry->dir->covers++;
	}
}

void entry_detach(struct view *view, struct entry *entry, bool is_displaced)
{
	entry_vacate(entry);
	if (is_displaced)
		entry_cover(entry);
	entry_drop(view, entry);
}

struct entry *entry_next_below(const struct node *root, struct entry *at)
{
	if (!at)
		return root->first;
	if (at->node && at->node->first)
		return at->node->first;
	while (at && !at->next)
		at = at->dir == root ? NULL : at->dir->entry;
	return at ? at->next : NULL;
}
