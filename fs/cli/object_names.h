/* SPDX-License-Identifier: MIT */
/* Which name an object had last, for journal records that name only the object. For people: a
 * journal that lies gets wrong names in its own log, nothing more.
 *
 * A rename costs the same however many objects there are: the names that exist form a tree. */
#ifndef CLAUDEFS_CLI_OBJECT_NAMES_H
#define CLAUDEFS_CLI_OBJECT_NAMES_H

#include "fs/base/text.h"
#include "fs/journal/record.h"
#include "fs/review/entry_tree.h"

#define OBJECT_NAMES_MAX  (1u << 20) /* objects with higher numbers stay nameless */
#define OBJECT_NAMES_GONE 4096u      /* objects without a name whose last one is remembered */

struct object_names {
	struct entry_tree tree;
	/* By object number: where it is in the tree, or what it was called at last. */
	struct object_name {
		struct entry_node *node;
		char *path;
	} * names;
	size_t size;
	uint64_t gone[OBJECT_NAMES_GONE]; /* a ring of those with a path; 0: free */
	size_t gone_at;
	struct text path; /* the one that was got last */
	bool has_tree;
};

/* A zeroed one is empty. */
void object_names_done(struct object_names *names);
#define cleanup_object_names __attribute__((cleanup(object_names_done)))

/* Learns from a record. Out of memory forgets names, no more. */
void object_names_follow(struct object_names *names, const struct journal_record *record);

/* Borrowed until the next call of any function here; NULL: unknown. */
const char *object_names_get(struct object_names *names, uint64_t object);

#endif
