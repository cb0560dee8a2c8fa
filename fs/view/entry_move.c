/* SPDX-License-Identifier: MIT */
/* rename(2). What it moves is made the session's own first, so that the journal's RENAME never
 * speaks of host entries; it is judged at both ends, and for everything below. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/view/copy_up.h"
#include "fs/view/facts.h"
#include "fs/view/host_entry.h"
#include "fs/view/listing.h"
#include "fs/view/secret_file.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1u
#endif

struct move {
	struct view *view;
	uint64_t process;
	uint64_t parent;
	const char *name;
	uint64_t new_parent;
	const char *new_name;
	bool is_noreplace;

	/* Found anew by each try. */
	struct node *dir;
	struct node *node;
	struct node *new_dir;
	struct node *target; /* what is at the destination, or NULL */
	char *path;
	char *to;

	struct node *copied_tree; /* the directory (pinned) that was copied up by an earlier try */
	struct node *todo; /* pinned: to be copied up, or its base journaled, before the next */
	bool is_todo_base;
	struct node *moved_secret; /* pinned: renamed to the credentials' name */
};

static void forget_findings(struct move *move)
{
	cleanup_free_ptr(&move->path);
	cleanup_free_ptr(&move->to);
	move->path = NULL;
	move->to = NULL;
	move->node = NULL;
	move->target = NULL;
}

static int find_ends(struct move *move)
{
	struct view *view = move->view;
	int r = tree_resolve_at(view, move->parent, move->name, &move->dir, &move->node);

	if (r < 0)
		return r;
	node_pin(move->node);
	r = tree_find_dir(view, move->new_parent, &move->new_dir);
	if (r == 0)
		r = tree_resolve(view, move->new_dir, move->new_name, &move->target, NULL);
	if (r == -ENOENT && !node_is_gone(view, move->new_dir))
		r = 0;
	if (move->target)
		node_pin(move->target);
	/* The second look at the host may have shown that the first entry is gone. */
	if (r == 0 && node_is_gone(view, move->node))
		r = -ENOENT;
	if (r == 0)
		r = node_path(view, move->node, &move->path);
	if (r == 0)
		r = node_child_path(view, move->new_dir, move->new_name, &move->to);
	return r;
}

static int check_types(const struct move *move)
{
	const struct node *target = move->target;
	int r;

	if (move->node->kind == NODE_DIR && path_is_beneath(move->to, move->path))
		return -EINVAL;
	if (!target)
		return 0;
	if (move->is_noreplace)
		return -EEXIST;
	if (target->kind == NODE_DIR && move->node->kind == NODE_FILE)
		return path_is_beneath(move->path, move->to) ? -ENOTEMPTY : -EISDIR;
	if (target->kind == NODE_FILE && move->node->kind == NODE_DIR)
		return -ENOTDIR;
	if (target->kind == NODE_FILE)
		return 0;
	r = listing_is_empty(move->view, target);
	return r == 0 ? -ENOTEMPTY : (r < 0 ? r : 0);
}

static bool is_refused(struct view *view, const char *path)
{
	struct entry_verdict verdict;

	host_entry_decide(view, path, &verdict);
	return verdict.write == RULE_WRITE_REFUSE;
}

static int refuse(const struct move *move, int error)
{
	return facts_refuse(move->view, move->process, "rename", move->path, move->to, error);
}

static bool is_secret(const struct node *node)
{
	return node->kind == NODE_FILE &&
	       (node->content.secret || node->content.source == CONTENT_SYNTHETIC);
}

static int check_ends(const struct move *move)
{
	/* Neither does a login get into the store by a rename, nor a stored file to a login's name:
	 * its bytes would be on disk. */
	if (move->node->kind == NODE_FILE && is_secret(move->node) != secret_file_is_path(move->to))
		return refuse(move, EROFS);
	if (!move->view->has_refuse_rules)
		return 0;
	if (is_refused(move->view, move->path) || is_refused(move->view, move->to))
		return refuse(move, EROFS);
	return 0;
}

/* Each name below, where it is and where it would be: by the rules, and by length. All of them are
 * in memory, since the tree was copied up. */
static int check_below(const struct move *move)
{
	struct view *view = move->view;
	size_t old_len = strlen(move->path);
	struct entry *at = NULL;

	if (!view->has_refuse_rules && strlen(move->to) <= old_len)
		return 0;
	while ((at = entry_next_below(move->node, at)) != NULL) {
		cleanup_free char *path = NULL;
		cleanup_free char *to = NULL;
		int r;

		if (!at->node)
			continue;
		r = node_path(view, at->node, &path);
		if (r < 0)
			return r;
		if (strlen(path) - old_len + strlen(move->to) > PATH_BYTES_MAX)
			return -ENAMETOOLONG;
		if (asprintf(&to, "%s%s", move->to, path + old_len) < 0) {
			to = NULL;
			return -ENOMEM;
		}
		if (view->has_refuse_rules && (is_refused(view, path) || is_refused(view, to)))
			return refuse(move, EROFS);
	}
	return 0;
}

/* What has to be done without the namespace's lock before the names can change, if anything. */
static struct node *find_todo(struct move *move)
{
	struct node *node = move->node;
	struct node *target = move->target;

	move->is_todo_base = false;
	if (node->kind == NODE_FILE && !node->is_own)
		return node;
	if (node->kind == NODE_DIR && node->is_merged && node != move->copied_tree)
		return node;
	if (target && target->kind == NODE_FILE && !target->is_own && !target->entry->has_base &&
	    target->content.source != CONTENT_SYNTHETIC) {
		move->is_todo_base = true;
		return target;
	}
	return NULL;
}

/* The moved directory leaves the host's names behind: nothing shows through any more, and what the
 * journal knows of the old names does not concern the new ones. */
static void make_opaque(struct view *view, struct node *root)
{
	struct entry *at = root->first;

	root->is_merged = false;
	while (at) {
		struct node *node = at->node;
		bool is_leftover = !node || !node->is_own;
		struct entry *next;

		if (node && is_leftover)
			tree_forget_below(view, node);
		else if (node)
			node->is_merged = false;
		next = entry_next_below(root, at);
		at->has_base = false;
		at->covers_host = false;
		at->verdict.epoch = 0;
		if (is_leftover && node) {
			entry_detach(view, at, false);
			node_drop(view, node);
		} else if (is_leftover) {
			entry_drop(view, at);
		}
		at = next;
	}
}

/* The names change; nothing can fail any more. */
static void apply(struct move *move, struct entry *to)
{
	struct view *view = move->view;
	struct node *target = move->target;

	if (move->node->kind == NODE_DIR) {
		make_opaque(view, move->node);
		view->policy_epoch++;
	}
	if (target) {
		if (target->kind == NODE_DIR) {
			tree_take_times(view, target);
			tree_forget_below(view, target);
			target->is_merged = false;
		}
		target->ctime = tree_now();
		if (!target->is_own)
			entry_cover(to);
		entry_vacate(to);
	}
	entry_detach(view, move->node->entry, false);
	entry_attach(to, move->node);
	move->node->ctime = tree_now();
	tree_touch_dir(view, move->dir);
	tree_touch_dir(view, move->new_dir);
	tree_note_name(view, move->to);
}

static int commit_move(struct move *move)
{
	struct view *view = move->view;
	struct entry *to;
	int r = 0;

	if (move->target && move->target->kind == NODE_DIR)
		r = copy_up_base_dir(view, move->target, move->process);
	if (r < 0)
		return r;
	to = entry_get(view, move->new_dir, move->new_name);
	if (!to)
		return -ENOMEM;
	r = is_secret(move->node) ? 0 : facts_rename(view, move->process, move->path, move->to);
	if (r < 0) {
		entry_drop(view, to);
		return r;
	}
	apply(move, to);
	return 0;
}

/* One look at both names under the namespace's lock. With move->todo set nothing was done. */
static int try_rename(struct move *move)
{
	struct view *view = move->view;
	int r;

	view_lock(view);
	r = find_ends(move);
	if (r == 0 && move->node != move->target) {
		r = check_types(move);
		if (r == 0)
			r = check_ends(move);
		if (r == 0)
			move->todo = find_todo(move);
		if (r == 0 && !move->todo && move->node->kind == NODE_DIR)
			r = check_below(move);
		if (r == 0 && !move->todo)
			r = commit_move(move);
	}
	if (move->todo)
		node_pin(move->todo);
	if (r == 0 && !move->todo && is_secret(move->node)) {
		move->moved_secret = move->node;
		node_pin(move->node);
	}
	if (move->target)
		node_unpin(view, move->target);
	if (move->node)
		node_unpin(view, move->node);
	view_unlock(view);
	forget_findings(move);
	return r;
}

static int do_todo(struct move *move)
{
	struct view *view = move->view;
	struct node *node = move->todo;
	int r;

	if (move->is_todo_base)
		r = copy_up_base_file(view, node, move->process);
	else if (node->kind == NODE_FILE)
		r = copy_up_closed_file(view, node, move->process);
	else
		r = copy_up_tree(view, node, move->process);
	view_lock(view);
	if (node->kind == NODE_DIR) {
		if (move->copied_tree)
			node_unpin(view, move->copied_tree);
		move->copied_tree = node; /* keeps the pin */
	} else {
		node_unpin(view, node);
	}
	view_unlock(view);
	move->todo = NULL;
	/* Gone or replaced by the host: look again. */
	return r == -ENOENT || r == -ESTALE ? 0 : r;
}

/* This is how Claude saves a login. */
static void offer_moved(const struct move *move)
{
	struct content *content = &move->moved_secret->content;

	(void)pthread_mutex_lock(&content->lock);
	if (content->writers == 0)
		secret_file_offer(move->view, move->moved_secret);
	(void)pthread_mutex_unlock(&content->lock);
	view_lock(move->view);
	node_unpin(move->view, move->moved_secret);
	view_unlock(move->view);
}

int view_rename(struct view *view, const struct view_caller *caller, uint64_t parent,
		const char *name, uint64_t new_parent, const char *new_name, unsigned int flags)
{
	struct move move = {
		.view = view,
		.process = attribution_of(view->attribution, caller),
		.parent = parent,
		.name = name,
		.new_parent = new_parent,
		.new_name = new_name,
		.is_noreplace = (flags & RENAME_NOREPLACE) != 0,
	};
	int r = -EBUSY;

	if (flags & ~RENAME_NOREPLACE)
		return view_refuse(view, caller, "rename", parent, name, EINVAL);
	for (int tries = 0; tries < VIEW_RETRIES; tries++) {
		r = try_rename(&move);
		if (r < 0 || !move.todo)
			break;
		r = do_todo(&move);
		if (r < 0)
			break;
		r = -EBUSY;
	}
	if (move.moved_secret)
		offer_moved(&move);
	if (move.copied_tree) {
		view_lock(view);
		node_unpin(view, move.copied_tree);
		view_unlock(view);
	}
	return r;
}
