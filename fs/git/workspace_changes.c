/* SPDX-License-Identifier: MIT */
#include "fs/git/workspace_changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"

static void add(struct workspace_changes *list, enum workspace_change_type type,
		const struct workspace_entry *before, const struct workspace_entry *after)
{
	list->changes[list->count++] =
		(struct workspace_change){ type, before, after, after ? after : before };
}

static void compare_entry(struct workspace_changes *list, const struct workspace_entry *before,
			  const struct workspace_entry *after)
{
	if (!workspace_entry_is_same(before, after))
		add(list, WORKSPACE_MODIFIED, before, after);
	/* A repository's own times tell nothing. */
	else if (after->type != WORKSPACE_REPOSITORY &&
		 !workspace_entry_is_untouched(before, after))
		add(list, WORKSPACE_REWRITTEN, before, after);
}

int workspace_compare(const struct workspace_scan *before, const struct workspace_scan *after,
		      struct workspace_changes *ret)
{
	size_t i = 0;
	size_t k = 0;

	ret->count = 0;
	ret->changes = calloc(before->count + after->count + 1, sizeof(*ret->changes));
	if (!ret->changes)
		return -ENOMEM;
	while (i < before->count || k < after->count) {
		const struct workspace_entry *a = i < before->count ? &before->entries[i] : NULL;
		const struct workspace_entry *b = k < after->count ? &after->entries[k] : NULL;
		int order = a && b ? strcmp(a->path, b->path) : a ? -1 : 1;

		if (a && b && order == 0)
			compare_entry(ret, a, b);
		else if (order < 0)
			add(ret, WORKSPACE_DELETED, a, NULL);
		else
			add(ret, WORKSPACE_CREATED, NULL, b);
		i += order <= 0;
		k += order >= 0;
	}
	return 0;
}

void workspace_changes_done(struct workspace_changes *changes)
{
	free(changes->changes);
	*changes = (struct workspace_changes){ 0 };
}

bool workspace_is_git_config(const struct workspace_entry *entry)
{
	const char *base = path_base(entry->path);

	if (entry->type != WORKSPACE_FILE)
		return false;
	if (strcasecmp(base, ".gitmodules") == 0 || strcasecmp(base, ".gitconfig") == 0)
		return true;
	return entry->is_git &&
	       (strcasecmp(base, "config") == 0 || strcasecmp(base, "config.worktree") == 0);
}

static int read_keys(int session_fd, const struct workspace_entry *entry,
		     struct git_config_keys *ret)
{
	cleanup_free char *data = NULL;
	size_t len = 0;
	int r;

	/* What was no configuration before had no keys. */
	if (!entry || entry->type != WORKSPACE_FILE)
		return 0;
	r = workspace_content_read(session_fd, entry, &data, &len);
	return r < 0 ? r : git_config_keys_read(data, len, ret);
}

struct judge {
	const struct git_keys *keys;
	int (*each)(enum git_config_change_type type, const struct git_config_key *key,
		    const char *why, void *arg);
	void *arg;
};

static int judge_key(enum git_config_change_type type, const struct git_config_key *key, void *arg)
{
	const struct judge *judge = arg;

	return judge->each(type, key, git_keys_why(judge->keys, key->name, key->value), judge->arg);
}

int workspace_change_each_key(int session_fd, const struct workspace_change *change,
			      const struct git_keys *keys,
			      int (*each)(enum git_config_change_type type,
					  const struct git_config_key *key, const char *why,
					  void *arg),
			      void *arg)
{
	cleanup_git_config_keys struct git_config_keys before = { 0 };
	cleanup_git_config_keys struct git_config_keys after = { 0 };
	struct judge judge = { keys, each, arg };
	int r;

	if (!workspace_is_git_config(change->entry))
		return 0;
	r = read_keys(session_fd, change->before, &before);
	if (r == 0)
		r = read_keys(session_fd, change->after, &after);
	return r < 0 ? r : git_config_compare(&before, &after, judge_key, &judge);
}
