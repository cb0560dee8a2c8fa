/* SPDX-License-Identifier: MIT */
/* Trees of a push: names that a checkout somewhere would take for something else. */
#include <errno.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/git/push_check.h"
#include "fs/git/push_look.h"

static int compare_ids(const void *a, const void *b)
{
	return git_oid_cmp(a, b);
}

ANALYZER_LOSES_OWNERS
int oid_set_add(struct oid_set *set, const git_oid *id)
{
	git_oid *copy = malloc(sizeof(*copy));
	git_oid **found;

	if (!copy)
		return -ENOMEM;
	*copy = *id;
	found = tsearch(copy, &set->root, compare_ids);
	if (found && *found == copy)
		return 1;
	free(copy);
	return found ? 0 : -ENOMEM;
}
ANALYZER_KNOWS_OWNERS

void oid_set_done(struct oid_set *set)
{
	while (set->root) {
		git_oid *id = *(git_oid **)set->root;

		(void)tdelete(id, &set->root, compare_ids);
		free(id);
	}
}

/* ".git" as some file system would take it: other case, NTFS's short name and streams, dots and
 * blanks at the end, ignorable characters (folded away before). */
static bool means_git(const char *part, size_t len)
{
	len = strnlen(part, len);
	for (size_t i = 0; i < len; i++) {
		if (part[i] == ':')
			len = i;
	}
	while (len > 0 && (part[len - 1] == '.' || part[len - 1] == ' '))
		len--;
	return (len == 4 && memcmp(part, ".git", 4) == 0) ||
	       (len == 5 && memcmp(part, "git~", 4) == 0);
}

/* A backslash is a separator for some. */
static bool name_is_evil(const char *name)
{
	cleanup_free char *folded = NULL;
	const char *part;

	if (!fold_is_plain_name(name) || fold_name(name, &folded) < 0)
		return true;
	if (name[0] == '\0' || strchr(name, '/') || strlen(name) > 255)
		return true;
	part = folded;
	while (*part) {
		size_t len = strcspn(part, "\\");

		if (means_git(part, len) || (len == 1 && part[0] == '.') ||
		    (len == 2 && memcmp(part, "..", 2) == 0))
			return true;
		part += len + (part[len] == '\\');
	}
	return false;
}

static bool mode_is_known(const git_tree_entry *entry)
{
	switch ((unsigned int)git_tree_entry_filemode_raw(entry)) {
	case 0040000:
	case 0100644:
	case 0100664: /* git wrote it long ago */
	case 0100755:
	case 0120000:
	case 0160000: return true;
	default: return false;
	}
}

/* "a" and "a/" sort apart: a file and a directory of one name need not be neighbours. */
static bool name_comes_before(const git_tree *tree, size_t index)
{
	const char *name = git_tree_entry_name(git_tree_entry_byindex(tree, index));
	size_t len = strlen(name);

	while (index-- > 0) {
		const char *other = git_tree_entry_name(git_tree_entry_byindex(tree, index));

		if (strncmp(other, name, len) != 0)
			return false;
		if (other[len] == '\0')
			return true;
	}
	return false;
}

static int look_at_entry(struct push_look *look, const git_tree *tree, size_t index)
{
	const git_tree_entry *entry = git_tree_entry_byindex(tree, index);
	const char *name = git_tree_entry_name(entry);
	const char *id = git_oid_tostr_s(git_tree_id(tree));

	if (name_is_evil(name))
		return push_problem_set(look->problem, -EBADMSG,
					"tree %.12s: \"%s\" is not a name that may be pushed; "
					"rename it in the commits",
					id, name);
	if (!mode_is_known(entry))
		return push_problem_set(look->problem, -EBADMSG,
					"tree %.12s: \"%s\" has a mode that no git writes; make "
					"the commit again",
					id, name);
	if ((index > 0 &&
	     git_tree_entry_cmp(git_tree_entry_byindex(tree, index - 1), entry) >= 0) ||
	    name_comes_before(tree, index))
		return push_problem_set(look->problem, -EBADMSG,
					"tree %.12s: \"%s\" stands twice or out of order; make the "
					"commit again",
					id, name);
	return 0;
}

static int look_below(struct push_look *look, const git_oid *id, unsigned int depth)
{
	git_tree *tree = NULL;
	int r = oid_set_add(&look->trees, id);

	if (r <= 0)
		return r;
	if (depth > PUSH_TREE_DEPTH_MAX)
		return push_problem_set(look->problem, -EBADMSG,
					"a tree is more than %u directories deep; make it flatter",
					PUSH_TREE_DEPTH_MAX);
	if (git_tree_lookup(&tree, look->repository, id) != 0)
		return push_problem_set(look->problem, -EBADMSG,
					"tree %.12s cannot be read; make the commit again",
					git_oid_tostr_s(id));
	r = 0;
	for (size_t i = 0; r == 0 && i < git_tree_entrycount(tree); i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);

		r = look_at_entry(look, tree, i);
		if (r == 0 && git_tree_entry_type(entry) == GIT_OBJECT_TREE)
			r = look_below(look, git_tree_entry_id(entry), depth + 1);
	}
	git_tree_free(tree);
	return r;
}

int push_look_at_tree(struct push_look *look, const git_oid *id)
{
	return look_below(look, id, 0);
}
