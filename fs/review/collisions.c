/* SPDX-License-Identifier: MIT */
#include "fs/review/collisions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/review/hash_index.h"

/* A spelling that was seen first for its folded form. */
struct spelling {
	struct hash_link link;
	char *folded;
	char *path;
	struct change *change; /* NULL: the host has it */
};

struct spellings {
	struct review *review;
	struct hash_index index;
	struct hash_index listed; /* host directories whose entries are in index */
};

static void free_spellings(struct hash_index *index)
{
	for (size_t i = 0; i < index->size; i++) {
		struct hash_link *link = index->buckets[i];

		while (link) {
			struct spelling *spelling = (struct spelling *)link;

			link = link->next;
			free(spelling->folded);
			free(spelling->path);
			free(spelling);
		}
	}
	hash_index_done(index);
}

/* The spelling that path collides with. *ret_is_known: path itself is among the spellings of the
 * host, so that nothing new would be made. NULL: none. */
static struct spelling *find_other(const struct hash_index *index, const char *folded,
				   const char *path, bool *ret_is_known)
{
	struct hash_link *link = hash_index_find(index, hash_index_key(folded, strlen(folded)));
	struct spelling *other = NULL;

	*ret_is_known = false;
	for (; link; link = hash_index_find_next(link)) {
		struct spelling *spelling = (struct spelling *)link;

		if (strcmp(spelling->folded, folded) != 0)
			continue;
		if (strcmp(spelling->path, path) == 0)
			*ret_is_known = true;
		else
			other = spelling;
		if (*ret_is_known && !spelling->change)
			return NULL;
	}
	return other;
}

static int add(struct hash_index *index, const char *folded, const char *path,
	       struct change *change)
{
	struct spelling *spelling = calloc(1, sizeof(*spelling));

	if (!spelling)
		return -ENOMEM;
	spelling->folded = strdup(folded);
	spelling->path = strdup(path);
	spelling->change = change;
	if (!spelling->folded || !spelling->path ||
	    hash_index_add(index, &spelling->link, hash_index_key(folded, strlen(folded))) < 0) {
		free(spelling->folded);
		free(spelling->path);
		free(spelling);
		return -ENOMEM;
	}
	return 0;
}

ANALYZER_LOSES_OWNERS
static void mark(struct change *change, const char *path, bool is_host)
{
	cleanup_text struct text text = { 0 };

	text_append(&text,
		    is_host ? "the host has another spelling of this name: "
			    : "another change has a name that some hosts take for this one: ");
	text_append_safe(&text, path, strlen(path), false);
	change->group = REVIEW_CONFLICT;
	(void)snprintf(change->reason, sizeof(change->reason), "%s", text.data ? text.data : "");
}
ANALYZER_KNOWS_OWNERS

struct listing {
	struct spellings *all;
	const char *directory;
};

static int add_host_name(const char *name, void *arg)
{
	struct listing *listing = arg;
	cleanup_free char *path = NULL;
	cleanup_free char *folded = NULL;
	int r = path_join(listing->directory, name, &path);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = fold_name(path, &folded);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return add(&listing->all->index, folded, path, NULL);
}

/* The entries of a host directory become known, once. */
static int list_host(struct spellings *all, const char *directory)
{
	struct listing listing = { .all = all, .directory = directory };
	bool is_listed = false;
	int r;

	(void)find_other(&all->listed, directory, directory, &is_listed);
	if (is_listed)
		return 0;
	r = add(&all->listed, directory, directory, NULL);
	if (r < 0)
		return r;
	r = host_tree_list(all->review->options.host, directory, add_host_name, &listing);
	return r == -ENOMEM ? r : 0;
}

/* One prefix of a change's path. Returns 1 if it collides. */
static int check_prefix(struct spellings *all, struct change *change, const char *prefix)
{
	cleanup_free char *folded = NULL;
	cleanup_free char *parent = NULL;
	struct spelling *other;
	bool is_known = false;
	int r;

	parent = path_parent(prefix);
	if (!parent)
		return -ENOMEM;
	r = list_host(all, parent);
	if (r == 0)
		r = fold_name(prefix, &folded);
	if (r < 0)
		return r == -EILSEQ ? 0 : r;
	if (!folded)
		return -ENOMEM;
	other = find_other(&all->index, folded, prefix, &is_known);
	if (!other)
		return is_known ? 0 : add(&all->index, folded, prefix, change);
	mark(change, other->path, !other->change);
	if (other->change)
		mark(other->change, change->path, false);
	return 1;
}

ANALYZER_LOSES_OWNERS
static int check_change(struct spellings *all, struct change *change)
{
	cleanup_free char *prefix = strdup(change->path);
	size_t len;
	int r = 0;

	if (!prefix)
		return -ENOMEM;
	len = strlen(prefix);
	for (size_t i = 1; r == 0 && i <= len; i++) {
		if (change->path[i] != '/' && change->path[i] != '\0')
			continue;
		prefix[i] = '\0';
		r = check_prefix(all, change, prefix);
		prefix[i] = change->path[i];
	}
	return r < 0 ? r : 0;
}
ANALYZER_KNOWS_OWNERS

int collisions_mark(struct review *review)
{
	struct spellings all = { .review = review };
	int r;

	r = hash_index_init(&all.index);
	if (r == 0)
		r = hash_index_init(&all.listed);
	for (size_t i = 0; r == 0 && i < review->count; i++) {
		struct change *change = &review->changes[i];

		if (change->group == REVIEW_NEVER_LEAVES || change->kind == CHANGE_DELETE ||
		    change->kind == CHANGE_RMDIR)
			continue;
		r = check_change(&all, change);
	}
	free_spellings(&all.index);
	free_spellings(&all.listed);
	return r;
}
