/* SPDX-License-Identifier: MIT */
/* Commits of a push: what each of them changed. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "fs/base/path_name.h"
#include "fs/git/push_check.h"
#include "fs/git/push_look.h"

#define HINT "~/.config/claudefs/push.json"

/* Names that git and others read: as a link they lead elsewhere. */
static bool is_read_by_git(const char *name)
{
	return strncmp(name, ".git", 4) == 0 || strcmp(name, ".mailmap") == 0;
}

/* target, taken from a link in the directory of path, stays in the tree. */
static bool stays_inside(const char *path, const char *target)
{
	long depth = 0;
	size_t len;

	if (target[0] == '/' || target[0] == '\0' || strpbrk(target, "\\:"))
		return false;
	for (const char *c = path; *c; c++)
		depth += *c == '/';
	for (; *target; target += len + (target[len] == '/')) {
		len = strcspn(target, "/");
		if (len == 2 && memcmp(target, "..", 2) == 0)
			depth--;
		else if (len > 0 && !(len == 1 && target[0] == '.'))
			depth++;
		if (depth < 0)
			return false;
	}
	return true;
}

static int look_at_link(struct push_look *look, const char *commit, const char *path,
			git_blob *blob)
{
	char target[4097];
	size_t len = (size_t)git_blob_rawsize(blob);

	if (is_read_by_git(path_base(path)))
		return push_problem_set(look->problem, -EBADMSG,
					"commit %.12s: %s is a symbolic link, and git would follow "
					"it; make it a file",
					commit, path);
	if (push_rules_allow_outward_links(look->rules))
		return 0;
	if (len >= sizeof(target))
		return push_problem_set(
			look->problem, -EBADMSG,
			"commit %.12s: %s is a symbolic link with too long a target", commit, path);
	memcpy(target, git_blob_rawcontent(blob), len);
	target[len] = '\0';
	if (strlen(target) == len && stays_inside(path, target))
		return 0;
	return push_problem_set(look->problem, -EPERM,
				"commit %.12s: %s is a symbolic link that leads out of the "
				"repository; remove it, or set \"outward_links\": true in " HINT,
				commit, path);
}

static int look_at_blob(struct push_look *look, const char *commit, const char *path,
			const git_oid *id, bool is_link)
{
	uint64_t most = push_rules_limits(look->rules)->object_bytes;
	git_blob *blob = NULL;
	int r = oid_set_add(&look->blobs, id);

	/* A link's meaning depends on where it lies. */
	if (r < 0 || (r == 0 && !is_link))
		return r;
	if (git_blob_lookup(&blob, look->repository, id) != 0)
		return push_problem_set(look->problem, -EBADMSG,
					"commit %.12s: %s cannot be read; make the commit again",
					commit, path);
	r = 0;
	if ((uint64_t)git_blob_rawsize(blob) > most)
		r = push_problem_set(look->problem, -EPERM,
				     "commit %.12s: %s is larger than %llu bytes "
				     "(limits.object_bytes in " HINT ")",
				     commit, path, (unsigned long long)most);
	else if (is_link)
		r = look_at_link(look, commit, path, blob);
	/* A link's target too: the same blob may lie elsewhere as a file. */
	if (r == 0)
		r = push_look_for_secret(look, "commit", commit, path, git_blob_rawcontent(blob),
					 (size_t)git_blob_rawsize(blob));
	git_blob_free(blob);
	return r;
}

static int look_at_change(struct push_look *look, const char *commit, const git_diff_delta *delta)
{
	bool is_gone = delta->status == GIT_DELTA_DELETED;
	const git_diff_file *file = is_gone ? &delta->old_file : &delta->new_file;
	const char *why = push_rules_deny_path(look->rules, file->path);
	int r;

	if (why)
		return push_problem_set(look->problem, -EPERM,
					"commit %.12s: %s may not change (%s); leave it out, or "
					"add it to \"allow_paths\" in " HINT,
					commit, file->path, why);
	if (is_gone)
		return 0;
	r = push_look_for_secret(look, "commit", commit, "the name of a file", file->path,
				 strlen(file->path));
	if (r < 0)
		return r;
	if (file->mode == GIT_FILEMODE_COMMIT)
		return push_rules_allow_submodules(look->rules)
			       ? 0
			       : push_problem_set(look->problem, -EPERM,
						  "commit %.12s: %s is a submodule; leave it out, "
						  "or set \"submodules\": true in " HINT,
						  commit, file->path);
	return look_at_blob(look, commit, file->path, &file->id, file->mode == GIT_FILEMODE_LINK);
}

/* Does one of the other parents have it like that already? Then the merge only took it over. */
static int is_in_other_parent(git_commit *commit, const git_diff_delta *delta)
{
	bool is_gone = delta->status == GIT_DELTA_DELETED;
	const git_diff_file *file = is_gone ? &delta->old_file : &delta->new_file;

	for (unsigned int i = 1; i < git_commit_parentcount(commit); i++) {
		git_commit *parent = NULL;
		git_tree *tree = NULL;
		git_tree_entry *entry = NULL;
		bool is_same;
		int r;

		if (git_commit_parent(&parent, commit, i) != 0 ||
		    git_commit_tree(&tree, parent) != 0) {
			git_commit_free(parent);
			return -EBADMSG;
		}
		r = git_tree_entry_bypath(&entry, tree, file->path);
		is_same = is_gone ? r == GIT_ENOTFOUND
				  : r == 0 && git_oid_equal(git_tree_entry_id(entry), &file->id) &&
					    (int)git_tree_entry_filemode(entry) == (int)file->mode;
		git_tree_entry_free(entry);
		git_tree_free(tree);
		git_commit_free(parent);
		if (is_same)
			return 1;
	}
	return 0;
}

static int look_at_changes(struct push_look *look, git_commit *commit, const char *id,
			   git_diff *diff)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < git_diff_num_deltas(diff); i++) {
		const git_diff_delta *delta = git_diff_get_delta(diff, i);
		int is_old = git_commit_parentcount(commit) > 1 ? is_in_other_parent(commit, delta)
								: 0;

		if (is_old < 0)
			r = push_problem_set(look->problem, is_old,
					     "commit %.12s: a parent cannot be read", id);
		else if (is_old == 0)
			r = look_at_change(look, id, delta);
	}
	return r;
}

int push_look_at_commit(struct push_look *look, git_commit *commit)
{
	git_diff_options options = GIT_DIFF_OPTIONS_INIT;
	char id[OBJECT_ID_HEX_SIZE];
	git_commit *parent = NULL;
	git_tree *old_tree = NULL;
	git_tree *tree = NULL;
	git_diff *diff = NULL;
	int r;

	(void)git_oid_tostr(id, sizeof(id), git_commit_id(commit));
	options.flags = GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_SKIP_BINARY_CHECK;
	/* Header, names and message, as they lie in the object. */
	r = push_look_at_text(look, git_commit_id(commit), "commit");
	if (r == 0)
		r = push_look_at_tree(look, git_commit_tree_id(commit));
	if (r == 0 &&
	    (git_commit_tree(&tree, commit) != 0 ||
	     (git_commit_parentcount(commit) > 0 && (git_commit_parent(&parent, commit, 0) != 0 ||
						     git_commit_tree(&old_tree, parent) != 0)) ||
	     git_diff_tree_to_tree(&diff, look->repository, old_tree, tree, &options) != 0))
		r = push_problem_set(look->problem, -EBADMSG,
				     "commit %.12s cannot be compared with its parent; make it "
				     "again",
				     id);
	if (r == 0)
		r = look_at_changes(look, commit, id, diff);
	git_diff_free(diff);
	git_tree_free(tree);
	git_tree_free(old_tree);
	git_commit_free(parent);
	return r;
}
