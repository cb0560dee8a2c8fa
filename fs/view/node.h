/* SPDX-License-Identifier: MIT */
/* Nodes (files and directories that the kernel or the session knows) and entries (their names), and
 * the tables that find them. Memory is bounded by what the kernel remembers and what the session
 * touched, never by the size of ~/.claude.
 *
 * Every function here wants the namespace lock (tree.h) held.
 */
#ifndef CLAUDEFS_VIEW_NODE_H
#define CLAUDEFS_VIEW_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "fs/policy/decide.h"
#include "fs/view/content.h"

struct node;
struct view;

/* What the rules say of a name, remembered: deciding costs a walk through all rules. */
struct entry_verdict {
	enum rule_read read;
	enum rule_write write;
	enum rule_merge merge;
	const char *filter; /* borrowed from the rules; NULL: none */
	uint32_t epoch;     /* view->policy_epoch it was asked in; 0: never */
};

/* A name in a directory. Without a node it is a whiteout (covers_host), or only remembers that the
 * name's BASE is in the journal. */
struct entry {
	struct entry *hash_next;
	struct entry *previous; /* in the directory's list */
	struct entry *next;
	struct node *dir;
	struct node *node;
	uint64_t hash;
	struct entry_verdict verdict;
	bool has_base;    /* BASE is in the journal for this path */
	bool covers_host; /* what the host has under this name never shows again */
	char name[];
};

enum node_kind {
	NODE_DIR,
	NODE_FILE,
};

struct node {
	struct node *hash_next;
	uint64_t ino;
	uint64_t lookups;  /* as FUSE counts them */
	unsigned int pins; /* operations, open files and open directories that use it right now */
	enum node_kind kind;
	struct entry *entry; /* its name; NULL: the root, removed, or not named yet (O_TMPFILE) */
	/* The session's own: the host no longer decides on it. For a file it changes under both the
	 * namespace and the content lock, so either is enough to read it. */
	bool is_own;
	bool is_linkable; /* made by O_TMPFILE and not named yet */
	dev_t host_dev;   /* not own: which file of the host the number was given to */
	ino_t host_ino;

	/* Own nodes only. */
	mode_t mode; /* permission bits */
	uid_t uid;
	gid_t gid;

	struct timespec ctime; /* at least; the object's or the host's own counts if it is later */

	/* Directories. */
	struct entry *first;  /* entries known, whiteouts included */
	uint32_t own_subdirs; /* entries that are directories which the host does not have */
	bool is_merged;       /* the host's entries show through */
	bool has_times;       /* atime, mtime and ctime here count, not the host's */
	struct timespec atime;
	struct timespec mtime;
	uint32_t covers; /* changes of covers_host in it so far */
	struct {
		struct timespec mtime;
		struct timespec ctime;
		uint32_t epoch;
		uint32_t covers;
		uint32_t count;
		bool is_valid;
	} host_subdirs; /* visible subdirectories on the host, counted when it looked like this */

	struct {
		struct timespec mtime; /* the host's, when it was looked at */
		struct timespec ctime;
		struct timespec shown;
		uint64_t names; /* that the session saw then */
		uint32_t epoch;
		uint32_t covers;
		bool is_closed;
		bool is_known;
		bool is_settled;
	} closed; /* closed_dir.h */

	/* Files. */
	struct content content;
};

struct node_table {
	struct node **nodes;
	struct entry **entries;
	size_t node_slots; /* powers of two */
	size_t entry_slots;
	size_t node_count;
	size_t entry_count;
	size_t peak;       /* the most nodes since memory was last given back */
	uint64_t next_ino; /* of the session's own nodes */
	uint8_t ino_key[16];
};

int node_table_init(struct node_table *table);
/* Frees every node and entry. */
void node_table_done(struct view *view);

/* An inode number for a name of the host: secret-keyed, so that it is the same each time (programs
 * compare d_ino and st_ino) and says nothing of the host. Below 2^48, exact in a double. */
uint64_t node_ino_of_path(const struct node_table *table, const char *path);

/* A node without a name. host_path: the number comes from it; NULL: from the counter. NULL: out of
 * memory. */
struct node *node_new(struct view *view, enum node_kind kind, const char *host_path);
struct node *node_find(struct view *view, uint64_t ino);

/* True, once, when so many nodes have gone that their memory is worth giving back. */
bool node_table_has_shrunk(struct node_table *table);

/* Frees the node, and clean directories above it that only it kept, unless something still needs
 * it. An own file that has no name loses its object here. */
void node_drop(struct view *view, struct node *node);

void node_pin(struct node *node);
void node_unpin(struct view *view, struct node *node);

/* True for a directory or file that was removed, or vanished from the host. */
bool node_is_gone(const struct view *view, const struct node *node);

/* The state path (ret_). Returns 0, -ENOENT (no name) or -ENOMEM. */
int node_path(const struct view *view, const struct node *node, char **ret);
int node_child_path(const struct view *view, const struct node *dir, const char *name, char **ret);

struct entry *entry_find(const struct view *view, const struct node *dir, const char *name);
/* Finds or makes it. NULL: out of memory. */
struct entry *entry_get(struct view *view, struct node *dir, const char *name);
/* Frees an entry that has no node and nothing to remember. */
void entry_drop(struct view *view, struct entry *entry);
/* Gives the (nameless) node to the (nodeless) entry. */
void entry_attach(struct entry *entry, struct node *node);
/* Takes the node from the entry, which stays as it is. */
void entry_vacate(struct entry *entry);
/* Takes the node from the entry; with is_displaced, or if the session had covered it before, the
 * entry stays as a whiteout. The node is not dropped. */
void entry_detach(struct view *view, struct entry *entry, bool is_displaced);
void entry_cover(struct entry *entry);

/* The next entry in preorder below root after at (NULL: the first); NULL at the end. */
struct entry *entry_next_below(const struct node *root, struct entry *at);

#endif
