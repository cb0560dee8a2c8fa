/* SPDX-License-Identifier: MIT */
#include "fs/view/host_entry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/view/tree.h"

void host_entry_decide(struct view *view, const char *path, struct entry_verdict *ret)
{
	struct verdict verdict;

	policy_decide(view->options.rules, view->options.scope, path, &verdict);
	ret->read = verdict.read;
	ret->write = verdict.write;
	ret->merge = verdict.merge;
	ret->filter = verdict.rule ? verdict.rule->filter : NULL;
	ret->epoch = view->policy_epoch;
}

const struct entry_verdict *host_entry_verdict(struct view *view, struct entry *entry)
{
	static const struct entry_verdict closed = {
		.read = RULE_READ_HIDE,
		.write = RULE_WRITE_REFUSE,
		.merge = RULE_MERGE_REPLACE,
	};
	cleanup_free char *path = NULL;

	if (entry->verdict.epoch == view->policy_epoch)
		return &entry->verdict;
	if (node_child_path(view, entry->dir, entry->name, &path) < 0)
		return &closed;
	host_entry_decide(view, path, &entry->verdict);
	return &entry->verdict;
}

#define OTHER_NAMES_MAX 8 /* links to links into the state */

static bool is_as_open(const struct entry_verdict *other, const struct entry_verdict *verdict)
{
	if (other->read == RULE_READ_FILTER)
		return verdict->read == RULE_READ_FILTER && other->filter && verdict->filter &&
		       strcmp(other->filter, verdict->filter) == 0;
	return other->read == RULE_READ_SHOW;
}

/* A link of the user's may lead to another name of the state ("notes" to "projects/x"): what the
 * rules hide or filter there does not show here. */
static bool may_see_other_names(struct view *view, const char *path,
				const struct entry_verdict *verdict)
{
	cleanup_free char *at = NULL;

	for (unsigned int i = 0; i < OTHER_NAMES_MAX; i++) {
		struct entry_verdict other_verdict;
		char *other = NULL;
		struct stat st;

		if (host_tree_other_path(view->options.host, at ? at : path, &other) < 0)
			return false;
		if (!other || strcmp(other, at ? at : path) == 0) {
			free(other);
			return true;
		}
		free(at);
		at = other;
		host_entry_decide(view, at, &other_verdict);
		if (!is_as_open(&other_verdict, verdict) ||
		    host_tree_stat(view->options.host, at, &st) < 0)
			return false;
	}
	return false;
}

/* May a host entry of this type be seen at all? A filter speaks of a file's content, so a directory
 * under such a name stays out of sight. So does a file with several names: the others, which the
 * rules may hide or which lie outside of the state, cannot be known. */
static bool may_see(const struct entry_verdict *verdict, mode_t type, nlink_t links)
{
	if (type == S_IFREG && links > 1)
		return false;
	switch (verdict->read) {
	case RULE_READ_SHOW: return type == S_IFDIR || type == S_IFREG;
	case RULE_READ_FILTER: return type == S_IFREG && verdict->filter;
	case RULE_READ_HIDE:
	case RULE_READ_SYNTHETIC: return false;
	}
	return false;
}

int host_entry_stat(struct view *view, const char *path, struct host_entry *ret)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	host_entry_decide(view, path, &ret->verdict);
	switch (ret->verdict.read) {
	case RULE_READ_HIDE: return -ENOENT;
	case RULE_READ_SYNTHETIC:
		/* The daemon has one text to show, and it belongs to one name. */
		if (!view->credentials || strcmp(path, VIEW_CREDENTIALS_NAME) != 0)
			return -ENOENT;
		ret->is_synthetic = true;
		return 0;
	case RULE_READ_SHOW:
	case RULE_READ_FILTER: break;
	}
	r = host_tree_stat(view->options.host, path, &ret->st);
	if (r < 0)
		return r;
	return may_see(&ret->verdict, ret->st.st_mode & S_IFMT, ret->st.st_nlink) &&
			       may_see_other_names(view, path, &ret->verdict)
		       ? 0
		       : -ENOENT;
}

struct walk {
	struct view *view;
	const struct node *dir;
	const char *path;
	int (*each)(const char *name, mode_t type, void *arg);
	void *arg;
};

/* Own and covered names are the session's business, whatever the host has there. */
static bool is_covered(const struct walk *walk, const char *name)
{
	const struct entry *entry = entry_find(walk->view, walk->dir, name);

	return entry && (entry->covers_host || (entry->node && entry->node->is_own));
}

/* type 0: a link, or a file system that does not tell. links 0: not known. */
static int show_one(struct walk *walk, const char *name, mode_t type, nlink_t links)
{
	cleanup_free char *path = NULL;
	struct entry_verdict verdict;
	struct stat st;

	if (!path_name_is_valid(name, strlen(name)) || is_covered(walk, name))
		return 0;
	if (path_join(walk->path, name, &path) < 0)
		return 0;
	host_entry_decide(walk->view, path, &verdict);
	if (verdict.read == RULE_READ_HIDE || verdict.read == RULE_READ_SYNTHETIC)
		return 0;
	if (type == 0) {
		if (host_tree_stat(walk->view->options.host, path, &st) < 0)
			return 0;
		type = st.st_mode & S_IFMT;
		links = st.st_nlink;
	}
	if (!may_see(&verdict, type, links) || !may_see_other_names(walk->view, path, &verdict))
		return 0;
	return walk->each(name, type, walk->arg);
}

static int show_root_entry(const char *name, void *arg)
{
	return show_one(arg, name, 0, 0);
}

/* The host tree knows where the host's .claude.json lies; the credentials are the daemon's. */
static int list_root(struct walk *walk)
{
	struct view *view = walk->view;
	struct host_entry entry;
	int r = host_tree_list(view->options.host, "", show_root_entry, walk);

	if (r == 0 && !is_covered(walk, VIEW_CREDENTIALS_NAME) &&
	    host_entry_stat(view, VIEW_CREDENTIALS_NAME, &entry) == 0 && entry.is_synthetic)
		r = walk->each(VIEW_CREDENTIALS_NAME, S_IFREG, walk->arg);
	return r;
}

static int list_dir(struct walk *walk)
{
	cleanup_fd int fd = host_tree_open_dir(walk->view->options.host, walk->path);
	cleanup_dir DIR *dir = NULL;
	struct dirent *item;
	int r = 0;

	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	(void)steal_fd(&fd);
	errno = 0;
	while (r == 0 && (item = readdir(dir)) != NULL) {
		mode_t type = 0;
		struct stat st = { 0 };

		if (item->d_type == DT_DIR)
			type = S_IFDIR;
		else if (item->d_type == DT_REG)
			type = S_IFREG;
		else if (item->d_type != DT_LNK && item->d_type != DT_UNKNOWN)
			continue;
		if (type == S_IFREG &&
		    fstatat(dirfd(dir), item->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		r = show_one(walk, item->d_name, type, st.st_nlink);
		errno = 0;
	}
	return r == 0 && errno != 0 ? -errno : r;
}

int host_entry_list(struct view *view, const struct node *dir, const char *path,
		    int (*each)(const char *name, mode_t type, void *arg), void *arg)
{
	struct walk walk = { .view = view, .dir = dir, .path = path, .each = each, .arg = arg };

	return *path == '\0' ? list_root(&walk) : list_dir(&walk);
}
