/* SPDX-License-Identifier: MIT */
#include "fs/git/push_check.h"

#include <errno.h>
#include <git2.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fs/git/push_look.h"
#include "fs/git/push_objects.h"

#define HINT "~/.config/claudefs/push.json"

const char *push_facts_text(const struct push_facts *facts, char out[PUSH_FACTS_SIZE])
{
	(void)snprintf(out, PUSH_FACTS_SIZE,
		       "%" PRIu64 " %s, %" PRIu64 " %s, +%" PRIu64 " -%" PRIu64, facts->commits,
		       facts->commits == 1 ? "commit" : "commits", facts->files,
		       facts->files == 1 ? "file" : "files", facts->added, facts->removed);
	return out;
}

static int check_command(const struct push_command *command, const struct push_rules *rules,
			 struct push_problem *problem)
{
	const char *ref = command->ref;

	if (!push_ref_is_plain(ref))
		return push_problem_set(problem, -EPERM,
					"%s: not a branch or tag that may be pushed; rename it",
					ref);
	if (strcmp(command->new_id, PUSH_ID_NONE) == 0)
		return push_problem_set(
			problem, -EPERM,
			"%s: a push may not delete; delete it yourself, on the host", ref);
	if (strncmp(ref, "refs/tags/", 10) == 0)
		return push_rules_allow_tags(rules)
			       ? 0
			       : push_problem_set(problem, -EPERM,
						  "%s: tags are not pushed; push it yourself, or "
						  "set \"tags\": true in " HINT,
						  ref);
	if (!push_rules_allow_branch(rules, ref + strlen("refs/heads/")))
		return push_problem_set(problem, -EPERM,
					"%s: \"branches\" in " HINT " does not have it; push to "
					"another branch, or add it there",
					ref);
	return 0;
}

int push_check_commands(const struct push_command *commands, size_t count,
			const struct push_rules *rules, size_t *ret_bad,
			struct push_problem *problem)
{
	for (size_t i = 0; i < count; i++) {
		int r = check_command(&commands[i], rules, problem);

		*ret_bad = i;
		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++) {
			if (strcmp(commands[i].ref, commands[j].ref) == 0)
				return push_problem_set(problem, -EPERM,
							"%s: asked for twice; push it once",
							commands[i].ref);
		}
	}
	return 0;
}

/* The commit that the command's new id is, or (a tag's) leads to. */
static int find_commit(git_repository *repository, const struct push_command *command,
		       git_commit **ret, struct push_problem *problem)
{
	git_object *object = NULL;
	git_object *peeled = NULL;
	git_oid id;
	int r = 0;

	if (git_oid_fromstr(&id, command->new_id) != 0 ||
	    git_object_lookup(&object, repository, &id, GIT_OBJECT_ANY) != 0)
		return push_problem_set(problem, -EBADMSG,
					"%s: %.12s is not in the pack; push again", command->ref,
					command->new_id);
	if (strncmp(command->ref, "refs/tags/", 10) != 0 &&
	    git_object_type(object) != GIT_OBJECT_COMMIT)
		r = -EBADMSG;
	else if (git_object_peel(&peeled, object, GIT_OBJECT_COMMIT) != 0)
		r = -EBADMSG;
	git_object_free(object);
	if (r < 0)
		return push_problem_set(problem, r, "%s: %.12s is not a commit; push one",
					command->ref, command->new_id);
	*ret = (git_commit *)peeled;
	return 0;
}

/* What the pack leads back to is all there (push_quarantine_index()): a commit of the remote's that
 * is not in the quarantine is not in the history of what is pushed. */
static int check_fast_forward(git_repository *repository, const struct push_command *command,
			      const char *at_remote, struct push_problem *problem)
{
	git_commit *old = NULL;
	git_oid old_id;
	git_oid new_id;
	bool is_there;
	int r;

	if (!at_remote || strcmp(at_remote, command->new_id) == 0)
		return 0;
	if (strncmp(command->ref, "refs/tags/", 10) == 0) {
		r = push_problem_set(problem, -EPERM,
				     "%s: the remote has another; a push may not replace it",
				     command->ref);
		return push_problem_name(problem, r, "already exists");
	}
	(void)git_oid_fromstr(&old_id, at_remote);
	(void)git_oid_fromstr(&new_id, command->new_id);
	is_there = git_commit_lookup(&old, repository, &old_id) == 0;
	git_commit_free(old);
	if (is_there && git_graph_descendant_of(repository, &new_id, &old_id) == 1)
		return 0;
	r = push_problem_set(problem, -EPERM,
			     "%s: not a fast-forward: the remote has %.12s, which is not in the "
			     "history of what is pushed; fetch on the host (git pull), merge it or "
			     "rebase on it, and push again: force is not possible",
			     command->ref, at_remote);
	/* In git's own words, for whoever reads its output. */
	return push_problem_name(problem, r, is_there ? "non-fast-forward" : "fetch first");
}

/* What the remote has is hidden, as far as the quarantine knows it. */
static int hide_remote(git_revwalk *walk, git_repository *repository,
		       const struct push_refs *remote)
{
	for (size_t i = 0; i < remote->count; i++) {
		git_object *object = NULL;
		git_object *commit = NULL;
		git_oid id;
		int r = 0;

		/* Through a tag, if that is here. */
		if (git_oid_fromstr(&id, remote->items[i].id) == 0 &&
		    git_object_lookup(&object, repository, &id, GIT_OBJECT_ANY) == 0 &&
		    git_object_peel(&commit, object, GIT_OBJECT_COMMIT) == 0)
			r = git_revwalk_hide(walk, git_object_id(commit));
		git_object_free(commit);
		git_object_free(object);
		if (r != 0)
			return -EIO;
	}
	return 0;
}

static int look_at_walk(struct push_look *look, git_revwalk *walk, struct push_facts *facts)
{
	uint64_t most = push_rules_limits(look->rules)->commits;
	git_oid id;
	int r = 0;

	while (r == 0 && git_revwalk_next(&id, walk) == 0) {
		git_commit *commit = NULL;

		if (++facts->commits > most)
			return push_problem_set(look->problem, -EPERM,
						"more than %llu commits that the remote lacks "
						"(limits.commits in " HINT ")",
						(unsigned long long)most);
		if (git_commit_lookup(&commit, look->repository, &id) != 0)
			return push_problem_set(look->problem, -EBADMSG,
						"commit %.12s cannot be read",
						git_oid_tostr_s(&id));
		r = push_look_at_commit(look, commit);
		git_commit_free(commit);
	}
	return r;
}

git_tree *push_base_tree(git_repository *repository, const git_oid *new_id, const char *at_remote,
			 const struct push_refs *remote)
{
	git_commit *commit = NULL;
	git_tree *tree = NULL;
	git_oid id;

	if (at_remote) {
		if (git_oid_fromstr(&id, at_remote) != 0)
			return NULL;
	} else {
		size_t i = 0;

		while (i < remote->count) {
			git_oid other;

			if (git_oid_fromstr(&other, remote->items[i].id) == 0 &&
			    git_merge_base(&id, repository, new_id, &other) == 0)
				break;
			i++;
		}
		if (i == remote->count)
			return NULL;
	}
	if (git_commit_lookup(&commit, repository, &id) == 0)
		(void)git_commit_tree(&tree, commit);
	git_commit_free(commit);
	return tree;
}

static void add_stat(git_repository *repository, git_commit *commit, const char *at_remote,
		     const struct push_refs *remote, struct push_facts *facts)
{
	git_tree *before = push_base_tree(repository, git_commit_id(commit), at_remote, remote);
	git_tree *after = NULL;
	git_diff *diff = NULL;
	git_diff_stats *stats = NULL;

	if (git_commit_tree(&after, commit) == 0 &&
	    git_diff_tree_to_tree(&diff, repository, before, after, NULL) == 0 &&
	    git_diff_get_stats(&stats, diff) == 0) {
		facts->files += git_diff_stats_files_changed(stats);
		facts->added += git_diff_stats_insertions(stats);
		facts->removed += git_diff_stats_deletions(stats);
	}
	git_diff_stats_free(stats);
	git_diff_free(diff);
	git_tree_free(after);
	git_tree_free(before);
}

static int check_one(struct push_look *look, const struct push_command *command,
		     const struct push_refs *remote, git_revwalk *walk, struct push_facts *facts)
{
	const char *at_remote = push_refs_find(remote, command->ref);
	git_commit *commit = NULL;
	int r = find_commit(look->repository, command, &commit, look->problem);

	if (r == 0)
		r = push_look_at_ref(look, command->ref, command->new_id);
	if (r == 0)
		r = check_fast_forward(look->repository, command, at_remote, look->problem);
	if (r == 0 && git_revwalk_push(walk, git_commit_id(commit)) != 0)
		r = -EIO;
	if (r == 0)
		r = push_look_at_branch(look, commit, command->ref, remote);
	if (r == 0)
		add_stat(look->repository, commit, at_remote, remote, facts);
	git_commit_free(commit);
	return r;
}

int push_check(const char *path, const struct push_command *commands, size_t count,
	       const struct push_refs *remote, const struct push_rules *rules,
	       struct push_facts *ret, size_t *ret_bad, struct push_problem *problem)
{
	struct push_look look = { .rules = rules, .problem = problem };
	struct push_facts facts = { 0 };
	git_revwalk *walk = NULL;
	int r = push_check_commands(commands, count, rules, ret_bad, problem);

	if (r < 0)
		return r;
	r = push_objects_wrap(path, &look.repository);
	if (r < 0)
		return r;
	if (git_revwalk_new(&walk, look.repository) != 0)
		r = -EIO;
	for (size_t i = 0; r == 0 && i < count; i++) {
		*ret_bad = i;
		r = check_one(&look, &commands[i], remote, walk, &facts);
	}
	if (r == 0)
		r = hide_remote(walk, look.repository, remote);
	if (r == 0) {
		*ret_bad = 0;
		r = look_at_walk(&look, walk, &facts);
	}
	if (r == 0)
		*ret = facts;
	git_revwalk_free(walk);
	oid_set_done(&look.trees);
	oid_set_done(&look.blobs);
	git_repository_free(look.repository);
	return r;
}
