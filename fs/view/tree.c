/* SPDX-License-Identifier: MIT */
#include "fs/view/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/path_name.h"
#include "fs/policy/transcript.h"
#include "fs/view/attr.h"
#include "fs/view/copy_up.h"
#include "fs/view/host_entry.h"
#include "fs/view/open_file.h"

void view_lock(struct view *view)
{
	(void)pthread_mutex_lock(&view->lock);
}

void view_unlock(struct view *view)
{
	(void)pthread_mutex_unlock(&view->lock);
}

struct timespec tree_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

int tree_check_name(const char *name)
{
	size_t len = strlen(name);

	if (len > PATH_NAME_MAX)
		return -ENAMETOOLONG;
	return path_name_is_valid(name, len) ? 0 : -EINVAL;
}

int tree_find_dir(struct view *view, uint64_t ino, struct node **ret)
{
	struct node *node = node_find(view, ino);

	if (!node || node_is_gone(view, node))
		return -ENOENT;
	if (node->kind != NODE_DIR)
		return -ENOTDIR;
	*ret = node;
	return 0;
}

void tree_forget_below(struct view *view, struct node *dir)
{
	while (dir->first) {
		struct entry *entry = dir->first;
		struct node *node;

		while (entry->node && entry->node->first)
			entry = entry->node->first;
		entry->has_base = false;
		entry->covers_host = false;
		node = entry->node;
		if (node)
			entry_detach(view, entry, false);
		else
			entry_drop(view, entry);
		if (node)
			node_drop(view, node);
	}
}

static bool has_changes_below(const struct node *dir)
{
	struct entry *at = NULL;

	while ((at = entry_next_below(dir, at)) != NULL)
		if (at->has_base || at->covers_host || (at->node && at->node->is_own))
			return true;
	return false;
}

/* The host has nothing, or something else, under a name that it had. A directory in which the
 * session has changes stays, as the session's own. Returns 0 (the entry's node stays), -ENOENT or
 * -errno. */
static int vanish(struct view *view, struct entry *entry)
{
	struct node *node = entry->node;

	if (node->kind == NODE_DIR && has_changes_below(node)) {
		int r = copy_up_dir(view, node, 0);

		if (r == 0)
			node->is_merged = false;
		return r;
	}
	if (node->kind == NODE_DIR) {
		tree_forget_below(view, node);
		node->is_merged = false;
	}
	entry_detach(view, entry, false);
	node_drop(view, node);
	return -ENOENT;
}

/* Is the clean node still what the host has? While it is in use, another file under the same name
 * is another node: who has the old one open keeps reading that. */
static bool is_same(const struct node *node, const struct host_entry *found)
{
	enum node_kind kind = S_ISDIR(found->st.st_mode) ? NODE_DIR : NODE_FILE;

	if (node->kind != kind)
		return false;
	if (kind == NODE_DIR)
		return true;
	if ((node->content.source == CONTENT_SYNTHETIC) != found->is_synthetic)
		return false;
	return node->pins == 0 ||
	       (node->host_dev == found->st.st_dev && node->host_ino == found->st.st_ino);
}

static int make_clean_node(struct view *view, struct node *dir, const char *name, const char *path,
			   const struct host_entry *found, struct node **ret)
{
	enum node_kind kind = S_ISDIR(found->st.st_mode) ? NODE_DIR : NODE_FILE;
	struct entry *entry = entry_get(view, dir, name);
	struct node *node = entry ? node_new(view, kind, path) : NULL;

	if (!node) {
		if (entry)
			entry_drop(view, entry);
		return -ENOMEM;
	}
	entry->verdict = found->verdict;
	node->is_merged = kind == NODE_DIR;
	if (found->is_synthetic) {
		node->content.source = CONTENT_SYNTHETIC;
	} else if (found->verdict.read == RULE_READ_FILTER) {
		node->content.source = CONTENT_FILTERED;
		node->content.filter = found->verdict.filter;
	}
	entry_attach(entry, node);
	*ret = node;
	return 0;
}

int tree_resolve(struct view *view, struct node *dir, const char *name, struct node **ret,
		 struct stat *ret_st)
{
	struct entry *entry = entry_find(view, dir, name);
	struct node *node = entry ? entry->node : NULL;
	cleanup_free char *path = NULL;
	struct host_entry found;
	int r = tree_check_name(name);

	if (r < 0)
		return r;
	if (ret_st)
		memset(ret_st, 0, sizeof(*ret_st));
	if (node && node->is_own) {
		*ret = node;
		return 0;
	}
	if (!dir->is_merged || (entry && entry->covers_host))
		return -ENOENT;
	r = node_child_path(view, dir, name, &path);
	if (r == 0)
		r = host_entry_stat(view, path, &found);
	if (node && (r == -ENOENT || (r == 0 && !is_same(node, &found)))) {
		int v = vanish(view, entry);

		if (v == 0)
			*ret = node;
		if (v != -ENOENT)
			return v;
		node = NULL;
	}
	if (r == 0 && !node)
		r = make_clean_node(view, dir, name, path, &found, &node);
	if (r < 0)
		return r;
	if (!node)
		return -EIO;
	node->host_dev = found.st.st_dev;
	node->host_ino = found.st.st_ino;
	if (node->kind == NODE_DIR)
		node->content.host_st = found.st;
	if (ret_st)
		*ret_st = found.st;
	*ret = node;
	return 0;
}

int tree_resolve_at(struct view *view, uint64_t parent, const char *name, struct node **ret_dir,
		    struct node **ret)
{
	int r = tree_find_dir(view, parent, ret_dir);

	return r < 0 ? r : tree_resolve(view, *ret_dir, name, ret, NULL);
}

void tree_take_times(struct view *view, struct node *dir)
{
	const struct stat *host = &dir->content.host_st;
	bool is_closed = dir->closed.is_closed || dir->closed.is_known;
	struct timespec shown = dir->closed.is_known ? dir->closed.shown : view->start;

	if (dir->has_times)
		return;
	/* The host's times of a directory with hidden names would tell of those. */
	dir->atime = is_closed ? shown : host->st_atim;
	dir->mtime = is_closed ? shown : host->st_mtim;
	dir->ctime = is_closed ? shown : host->st_ctim;
	dir->has_times = true;
}

void tree_touch_dir(struct view *view, struct node *dir)
{
	tree_take_times(view, dir);
	dir->mtime = tree_now();
	dir->ctime = dir->mtime;
}

/* "<uuid>.jsonl", or "<uuid>" for the directory beside it. */
static size_t session_len(const char *name)
{
	size_t len = strlen(name);

	if (len == SESSION_UUID_LEN ||
	    (len == SESSION_UUID_LEN + 6 && strcmp(name + SESSION_UUID_LEN, ".jsonl") == 0))
		return SESSION_UUID_LEN;
	return 0;
}

static void note_session(struct view *view, const char *name)
{
	size_t len = session_len(name);

	if (len == 0 || project_scope_has_session(view->options.scope, name, len))
		return;
	(void)project_scope_add_session(view->options.scope, name, len);
	view->policy_epoch++;
}

struct session_search {
	struct view *view;
	const char *session; /* its first SESSION_UUID_LEN bytes */
};

static int look_for_session(const char *project, void *arg)
{
	const struct session_search *search = arg;
	char path[PATH_NAME_MAX + 64];
	struct stat st;
	int r;

	if (strcmp(project, project_scope_encoded(search->view->options.scope)) == 0)
		return 0;
	(void)snprintf(path, sizeof(path), "projects/%s/%.*s.jsonl", project, (int)SESSION_UUID_LEN,
		       search->session);
	r = host_tree_stat(search->view->options.host, path, &st);
	/* What cannot be looked at may hold it. */
	return r != -ENOENT && r != -ENOTDIR;
}

/* An untrusted session must not make another project's session its own by a file name: it would
 * then be shown its tasks and its file history. */
static bool is_session_of_other_project(struct view *view, const char *name)
{
	struct session_search search = { view, name };
	int r = host_tree_list(view->options.host, "projects", look_for_session, &search);

	return r != 0 && r != -ENOENT;
}

void tree_note_name(struct view *view, const char *path)
{
	const char *encoded = project_scope_encoded(view->options.scope);
	size_t len = strlen(encoded);

	if (strncmp(path, "projects/", 9) != 0 || strncmp(path + 9, encoded, len) != 0 ||
	    path[9 + len] != '/' || strchr(path + 10 + len, '/'))
		return;
	path += 10 + len;
	if (session_len(path) > 0 &&
	    !project_scope_has_session(view->options.scope, path, SESSION_UUID_LEN) &&
	    is_session_of_other_project(view, path))
		return;
	note_session(view, path);
}

/* A file that cannot be read shows nothing either. */
static bool is_foreign_transcript(struct view *view, const char *name)
{
	cleanup_free char *directory = NULL;
	cleanup_free char *path = NULL;
	cleanup_free char *head = malloc(TRANSCRIPT_HEAD_MAX);
	cleanup_fd int fd = -1;
	ssize_t n;

	if (!head ||
	    path_join("projects", project_scope_encoded(view->options.scope), &directory) < 0 ||
	    path_join(directory, name, &path) < 0)
		return true;
	fd = host_tree_open_file(view->options.host, path, NULL);
	n = fd < 0 ? -1 : fd_pread_all(fd, head, TRANSCRIPT_HEAD_MAX, 0);
	return n > 0 && transcript_is_foreign(view->options.scope, head, (size_t)n);
}

/* The directory's name may stand for other projects too: theirs are not shown. */
static int note_host_session(const char *name, void *arg)
{
	struct view *view = arg;
	size_t len = session_len(name);

	if (len > 0 && name[len] != '\0' && is_foreign_transcript(view, name))
		return project_scope_add_foreign(view->options.scope, name, len);
	note_session(view, name);
	return 0;
}

/* The project's earlier sessions are its own: their tasks and file history may be seen. */
static int note_host_sessions(struct view *view)
{
	cleanup_free char *path = NULL;
	int r = path_join("projects", project_scope_encoded(view->options.scope), &path);

	if (r == 0)
		r = host_tree_list(view->options.host, path, note_host_session, view);
	/* What cannot be listed is not own: fewer names are seen. */
	return r == -ENOMEM ? r : 0;
}

static int make_root(struct view *view)
{
	struct node *root = node_new(view, NODE_DIR, NULL);

	if (!root)
		return -ENOMEM;
	view->root = root;
	root->is_merged = true;
	if (!host_tree_exists(view->options.host) ||
	    host_tree_stat(view->options.host, "", &root->content.host_st) < 0) {
		/* No ~/.claude yet: the session starts with what the host's Claude would make. */
		root->is_own = true;
		root->mode = 0700;
		root->uid = view->options.uid;
		root->gid = view->options.gid;
		tree_touch_dir(view, root);
		root->atime = root->mtime;
	}
	return 0;
}

static bool has_refuse_rules(const struct rules *rules)
{
	for (size_t i = 0; i < rules_count(rules); i++)
		if (rules_get(rules, i)->write == RULE_WRITE_REFUSE)
			return true;
	return false;
}

static int init_view(struct view *view, const struct view_options *options)
{
	view->options = *options;
	view->options.credentials = NULL;
	view->policy_epoch = 1;
	view->start = tree_now();
	view->has_refuse_rules = has_refuse_rules(options->rules);
	view->quota.bytes_max = options->bytes_max ? options->bytes_max : QUOTA_BYTES_DEFAULT;
	view->quota.inodes_max = options->inodes_max ? options->inodes_max : QUOTA_INODES_DEFAULT;
	view->quota.journal = options->journal;
	view->credentials_time = view->start;
	if (options->credentials && options->credentials->len > 0 &&
	    secret_copy(options->credentials->data, options->credentials->len, &view->credentials) <
		    0)
		return -ENOMEM;
	view->attribution = attribution_new(options->journal);
	if (!view->attribution)
		return -ENOMEM;
	return note_host_sessions(view);
}

int view_new(const struct view_options *options, struct view **ret)
{
	struct view *view = calloc(1, sizeof(*view));
	int r;

	if (!view)
		return -ENOMEM;
	r = -pthread_mutex_init(&view->lock, NULL);
	if (r < 0) {
		free(view);
		return r;
	}
	r = -pthread_mutex_init(&view->credentials_lock, NULL);
	if (r < 0) {
		(void)pthread_mutex_destroy(&view->lock);
		free(view);
		return r;
	}
	r = node_table_init(&view->table);
	if (r == 0)
		r = init_view(view, options);
	if (r == 0)
		r = make_root(view);
	if (r < 0) {
		view_free(view);
		return r;
	}
	*ret = view;
	return 0;
}

/* Seals that failed when the file was closed get a last chance. */
static void seal_rest(struct view *view)
{
	for (size_t i = 0; i < view->table.node_slots; i++)
		for (struct node *node = view->table.nodes[i]; node; node = node->hash_next)
			if (node->kind == NODE_FILE && node->content.is_dirty && node->entry &&
			    content_open(view, node, true) == 0)
				content_close(view, node, true);
}

void view_free(struct view *view)
{
	if (!view)
		return;
	while (view->files)
		view_release(view->files);
	seal_rest(view);
	node_table_done(view);
	attribution_free(view->attribution);
	secret_free(view->credentials);
	(void)pthread_mutex_destroy(&view->credentials_lock);
	(void)pthread_mutex_destroy(&view->lock);
	free(view);
}

int view_lookup(struct view *view, uint64_t parent, const char *name, struct view_attr *ret)
{
	struct node *dir = NULL;
	struct node *node = NULL;
	struct stat st;
	int r;

	view_lock(view);
	r = tree_find_dir(view, parent, &dir);
	if (r == 0)
		r = tree_resolve(view, dir, name, &node, &st);
	if (r == 0) {
		node->lookups++;
		node_pin(node);
	}
	view_unlock(view);
	if (r < 0)
		return r;
	r = attr_fill(view, node, &st, ret);
	view_lock(view);
	if (r < 0)
		node->lookups--;
	node_unpin(view, node);
	view_unlock(view);
	return r;
}

/* A walk over everything must not leave the daemon large for the rest of the session: glibc keeps
 * what was freed, and only one of its arenas ends where the heap does. */
static void give_memory_back(void)
{
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

void view_forget(struct view *view, uint64_t ino, uint64_t n)
{
	bool has_shrunk = false;
	struct node *node;

	view_lock(view);
	node = node_find(view, ino);
	if (node && node != view->root) {
		node->lookups -= n < node->lookups ? n : node->lookups;
		node_drop(view, node);
		has_shrunk = node_table_has_shrunk(&view->table);
	}
	view_unlock(view);
	if (has_shrunk)
		give_memory_back();
}

int view_getattr(struct view *view, uint64_t ino, struct view_attr *ret)
{
	struct node *node;
	int r;

	view_lock(view);
	node = node_find(view, ino);
	if (node)
		node_pin(node);
	view_unlock(view);
	if (!node)
		return -ENOENT;
	r = attr_fill(view, node, NULL, ret);
	view_lock(view);
	node_unpin(view, node);
	view_unlock(view);
	return r;
}

int view_fsync_dir(struct view *view)
{
	int r = atomic_load(&view->sticky_error);

	return r < 0 ? r : journal_sync(view->options.journal);
}

void view_statfs(struct view *view, struct statvfs *ret)
{
	const struct quota *quota = &view->quota;
	uint64_t used = quota_bytes_used(&view->quota);
	uint64_t inodes = atomic_load(&quota->inodes);

	memset(ret, 0, sizeof(*ret));
	ret->f_bsize = 4096;
	ret->f_frsize = 4096;
	ret->f_blocks = quota->bytes_max / 4096;
	ret->f_bfree = used < quota->bytes_max ? (quota->bytes_max - used) / 4096 : 0;
	ret->f_bavail = ret->f_bfree;
	ret->f_files = quota->inodes_max;
	ret->f_ffree = inodes < quota->inodes_max ? quota->inodes_max - inodes : 0;
	ret->f_favail = ret->f_ffree;
	ret->f_namemax = PATH_NAME_MAX;
}

void view_usage(struct view *view, struct view_usage *ret)
{
	view_lock(view);
	ret->nodes = view->table.node_count;
	ret->open_files = view->file_count;
	view_unlock(view);
	ret->bytes = atomic_load(&view->quota.bytes);
	ret->inodes = atomic_load(&view->quota.inodes);
}
