/* SPDX-License-Identifier: MIT */
#include "fs/view/closed_dir.h"

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/view/host_entry.h"
#include "fs/view/tree.h"

#define RACY_SECONDS 1 /* a directory that changed so lately may change again unnoticed */

/* The root holds names of both kinds. Elsewhere a name that no rule knows tells. */
static bool hides_names(struct view *view, const char *path)
{
	cleanup_free char *probe = NULL;
	struct entry_verdict verdict;

	if (*path == '\0')
		return true;
	if (path_join(path, "x", &probe) < 0)
		return true;
	host_entry_decide(view, probe, &verdict);
	return verdict.read != RULE_READ_SHOW;
}

/* The names as a set: their order means nothing. */
static int add_name(const char *name, mode_t type, void *arg)
{
	uint64_t *sum = arg;
	uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)type;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
	*sum += hash * hash + hash;
	return 0;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_unchanged(const struct view *view, const struct node *dir, const struct stat *st)
{
	return dir->closed.is_settled && dir->closed.covers == dir->covers &&
	       dir->closed.epoch == view->policy_epoch &&
	       is_same_time(dir->closed.mtime, st->st_mtim) &&
	       is_same_time(dir->closed.ctime, st->st_ctim);
}

void closed_dir_times(struct view *view, struct node *dir, const char *path, struct stat *st)
{
	uint64_t names = 0;

	if (dir->closed.epoch != view->policy_epoch)
		dir->closed.is_closed = hides_names(view, path);
	if (dir->closed.is_closed && !is_unchanged(view, dir, st)) {
		(void)host_entry_list(view, dir, path, add_name, &names);
		if (!dir->closed.is_known)
			dir->closed.shown = view->start;
		else if (names != dir->closed.names)
			dir->closed.shown = tree_now();
		dir->closed.is_known = true;
		dir->closed.names = names;
		dir->closed.mtime = st->st_mtim;
		dir->closed.ctime = st->st_ctim;
		dir->closed.covers = dir->covers;
		dir->closed.is_settled = tree_now().tv_sec - st->st_mtim.tv_sec > RACY_SECONDS;
	}
	dir->closed.epoch = view->policy_epoch;
	if (!dir->closed.is_closed)
		return;
	st->st_atim = dir->closed.shown;
	st->st_mtim = dir->closed.shown;
	st->st_ctim = dir->closed.shown;
}
