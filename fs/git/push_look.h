/* SPDX-License-Identifier: MIT */
/* The parts of push_check.h that look at objects. Private to fs/git. */
#ifndef CLAUDEFS_GIT_PUSH_LOOK_H
#define CLAUDEFS_GIT_PUSH_LOOK_H

#include <git2.h>

#include "fs/git/push_refs.h"
#include "fs/git/push_rules.h"

/* Objects that were looked at: each once. */
struct oid_set {
	void *root; /* tsearch(3) */
};

/* Returns 1 (it was not in the set, and is now), 0 (it was) or -ENOMEM. */
int oid_set_add(struct oid_set *set, const git_oid *id);
void oid_set_done(struct oid_set *set);

struct push_look {
	git_repository *repository;
	const struct push_rules *rules;
	struct oid_set trees; /* whose names are in order */
	struct oid_set blobs; /* without a secret */
	struct push_problem *problem;
};

/* The tree that a push is compared with (freed by the caller): what its ref has now, or where it
 * leaves what the remote has. NULL: nothing. */
git_tree *push_base_tree(git_repository *repository, const git_oid *new_id, const char *at_remote,
			 const struct push_refs *remote);

/* Names, modes and order of a tree and all below it, as git's own strict fsck wants them and more.
 * Returns 0, -EBADMSG with *problem or -errno. */
int push_look_at_tree(struct push_look *look, const git_oid *id);

/* The commit's text and what it changed against all of its parents: paths, links, submodules,
 * secrets. Returns 0, -EPERM or -EBADMSG with *problem, or -errno. */
int push_look_at_commit(struct push_look *look, git_commit *commit);

/* Secrets in data, which is the place of the object (a hexadecimal id) of that kind ("commit").
 * Returns 0 or -EPERM with *problem. */
int push_look_for_secret(struct push_look *look, const char *kind, const char *object,
			 const char *place, const char *data, size_t len);
/* The same in a commit or a tag as it lies there. Returns 0, -EPERM or -EBADMSG with *problem, or
 * -errno. */
int push_look_at_text(struct push_look *look, const git_oid *id, const char *kind);
/* A ref's name, and the tags that it leads by to its commit. Returns as push_look_at_text(). */
int push_look_at_ref(struct push_look *look, const char *ref, const char *new_id);

/* The branch ref, which commit is for, as a whole: what the rules keep still is as the remote has
 * it there, or as a merge with another of its refs makes it. A ref that it does not have is fine.
 * Returns 0, -EPERM or -EBADMSG with *problem. */
int push_look_at_branch(struct push_look *look, git_commit *commit, const char *ref,
			const struct push_refs *remote);

#endif
