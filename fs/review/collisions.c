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
	struct hash_index listed;    /* host directories whose entries are in index */
	struct hash_index contested; /* where two spellings met */
	struct hash_index live;      /* what the session has, changed or not */
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
	change->may_keep_ours = false;
	change->may_take_theirs = false;
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
	r = add(&all->contested, folded, change->path, change);
	return r < 0 ? r : 1;
}

static int add_live_entry(const struct replay_entry *entry, void *arg)
{
	struct spellings *all = arg;
	cleanup_free char *folded = NULL;
	int r = fold_name(entry->path, &folded);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return add(&all->live, folded, entry->path, NULL);
}

/* What the session has under another spelling of prefix, unless the host has it too: then it is one
 * that tells them apart. */
static struct spelling *find_live(const struct spellings *all, const char *folded,
				  const char *prefix)
{
	bool is_known = false;
	struct spelling *other = find_other(&all->live, folded, prefix, &is_known);

	if (!other)
		return NULL;
	(void)find_other(&all->index, folded, other->path, &is_known);
	return is_known ? NULL : other;
}

/* One prefix of what is to be removed. On a host that folds, the name may reach an entry of another
 * spelling, or the very file that a change of another spelling is about. Returns 1 if so. */
static int check_removed_prefix(struct spellings *all, struct change *change, const char *prefix)
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
	other = find_other(&all->contested, folded, prefix, &is_known);
	if (!other)
		other = find_other(&all->index, folded, prefix, &is_known);
	if (!other)
		other = find_live(all, folded, prefix);
	if (!other)
		return 0;
	mark(change, other->path, !other->change);
	return 1;
}

ANALYZER_LOSES_OWNERS
static int check_change(struct spellings *all, struct change *change,
			int (*check)(struct spellings *all, struct change *change,
				     const char *prefix))
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
		r = check(all, change, prefix);
		prefix[i] = change->path[i];
	}
	return r < 0 ? r : 0;
}
ANALYZER_KNOWS_OWNERS

static bool removes(const struct change *change)
{
	return change->kind == CHANGE_DELETE || change->kind == CHANGE_RMDIR;
}

static int check_all(struct spellings *all, bool is_removal)
{
	struct review *review = all->review;
	int r = 0;

	for (size_t i = 0; r == 0 && i < review->count; i++) {
		struct change *change = &review->changes[i];

		if (change->group == REVIEW_NEVER_LEAVES || removes(change) != is_removal)
			continue;
		r = check_change(all, change, is_removal ? check_removed_prefix : check_prefix);
	}
	return r;
}

static bool has_removals(const struct review *review)
{
	for (size_t i = 0; i < review->count; i++) {
		if (removes(&review->changes[i]) && review->changes[i].group != REVIEW_NEVER_LEAVES)
			return true;
	}
	return false;
}

int collisions_mark(struct review *review)
{
	struct spellings all = { .review = review };
	struct hash_index *const indexes[] = { &all.index, &all.listed, &all.contested, &all.live };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(indexes) / sizeof(indexes[0]); i++)
		r = hash_index_init(indexes[i]);
	if (r == 0)
		r = check_all(&all, false);
	/* What is removed comes second: it must know what the others met. */
	if (r == 0 && has_removals(review)) {
		r = replay_each_entry(review->replay, add_live_entry, &all);
		if (r == 0)
			r = check_all(&all, true);
	}
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
		free_spellings(indexes[i]);
	return r;
}
