/* SPDX-License-Identifier: MIT */
/* A push as a whole: what a branch has now, and what it would have. Commit by commit a merge may
 * take a file over from any of its parents; made for it, with an old commit of the remote's for a
 * parent, it brings back what somebody has mended since, and no commit changes anything. */
#include <errno.h>
#include <stdbool.h>

#include "fs/git/push_look.h"

#define HINT "~/.config/claudefs/push.json"

/* Has the commit path just as file is? file NULL: not at all. */
static bool has_as(git_repository *repository, const git_oid *commit_id, const char *path,
		   const git_diff_file *file)
{
	git_commit *commit = NULL;
	git_tree *tree = NULL;
	git_tree_entry *entry = NULL;
	bool is_same = false;

	if (git_commit_lookup(&commit, repository, commit_id) == 0 &&
	    git_commit_tree(&tree, commit) == 0) {
		int r = git_tree_entry_bypath(&entry, tree, path);

		is_same = file ? r == 0 && git_oid_equal(git_tree_entry_id(entry), &file->id) &&
					  (int)git_tree_entry_filemode(entry) == (int)file->mode
			       : r == GIT_ENOTFOUND;
	}
	git_tree_entry_free(entry);
	git_tree_free(tree);
	git_commit_free(commit);
	return is_same;
}

/* Would a merge with another ref of the remote have brought this? It is like that there, and the
 * branch had not changed it since the two parted. */
static bool is_merged(const struct push_look *look, const git_oid *old_id,
		      const git_diff_delta *delta, const struct push_refs *remote)
{
	const git_diff_file *before = delta->status == GIT_DELTA_ADDED ? NULL : &delta->old_file;
	const git_diff_file *after = delta->status == GIT_DELTA_DELETED ? NULL : &delta->new_file;
	const char *path = delta->new_file.path;
	git_oid id;
	git_oid base;

	for (size_t i = 0; i < remote->count; i++) {
		if (git_oid_fromstr(&id, remote->items[i].id) == 0 &&
		    has_as(look->repository, &id, path, after) &&
		    git_merge_base(&base, look->repository, old_id, &id) == 0 &&
		    has_as(look->repository, &base, path, before))
			return true;
	}
	return false;
}

static int look_at_diff(struct push_look *look, const char *ref, const git_oid *old_id,
			git_diff *diff, const struct push_refs *remote)
{
	for (size_t i = 0; i < git_diff_num_deltas(diff); i++) {
		const git_diff_delta *delta = git_diff_get_delta(diff, i);
		const char *why = push_rules_deny_path(look->rules, delta->new_file.path);

		if (why && !is_merged(look, old_id, delta, remote))
			return push_problem_set(
				look->problem, -EPERM,
				"%s: %s may not change (%s); leave it as the branch has it, merge "
				"what the remote has today, or add it to \"allow_paths\" in " HINT,
				ref, delta->new_file.path, why);
	}
	return 0;
}

int push_look_at_branch(struct push_look *look, git_commit *commit, const char *ref,
			const struct push_refs *remote)
{
	git_diff_options options = GIT_DIFF_OPTIONS_INIT;
	const char *at_remote = push_refs_find(remote, ref);
	git_tree *before = NULL;
	git_tree *after = NULL;
	git_diff *diff = NULL;
	git_oid old_id;
	int r = 0;

	/* A new branch may begin at any commit that the remote has. */
	if (!at_remote)
		return 0;
	options.flags = GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_SKIP_BINARY_CHECK;
	before = push_base_tree(look->repository, git_commit_id(commit), at_remote, remote);
	if (!before || git_oid_fromstr(&old_id, at_remote) != 0 ||
	    git_commit_tree(&after, commit) != 0 ||
	    git_diff_tree_to_tree(&diff, look->repository, before, after, &options) != 0)
		r = push_problem_set(look->problem, -EBADMSG,
				     "%s: cannot be compared with what the remote has; push again",
				     ref);
	else
		r = look_at_diff(look, ref, &old_id, diff, remote);
	git_diff_free(diff);
	git_tree_free(after);
	git_tree_free(before);
	return r;
}
