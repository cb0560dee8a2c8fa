/* SPDX-License-Identifier: MIT */
#include "fs/git/workspace_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/fold.h"
#include "fs/base/text.h"
#include "fs/git/workspace_entry.h"

#define ROOTS_MAX 1024u /* places on one way down from which globs are matched */

/* A directory on the way down whose contents are matched by a glob. */
struct root {
	const struct workspace_rule *rule; /* NULL: a git directory, by the rules of `git` */
	size_t start;                      /* its children's index among the components */
};

struct walk {
	const struct workspace_rules *rules;
	workspace_content_fn *keep;
	void *arg;
	struct workspace_scan *scan;
	size_t capacity;
	struct text path;
	struct pattern_name names[WORKSPACE_DEPTH_MAX + 1]; /* folded components of path */
	struct root roots[ROOTS_MAX];
	size_t root_count;
};

struct child {
	char *name;
	unsigned char type; /* DT_* */
};

struct children {
	struct child *items;
	size_t count, capacity;
};

static void children_done(struct children *children)
{
	for (size_t i = 0; i < children->count; i++)
		free(children->items[i].name);
	free(children->items);
}
#define cleanup_children __attribute__((cleanup(children_done)))

ANALYZER_LOSES_OWNERS
static int add_child(struct children *children, const char *name, unsigned char type)
{
	char *copy;

	if (children->count == children->capacity) {
		size_t capacity = children->capacity ? children->capacity * 2 : 32;
		struct child *items =
			reallocarray(children->items, capacity, sizeof(*children->items));

		if (!items)
			return -ENOMEM;
		children->items = items;
		children->capacity = capacity;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	children->items[children->count++] = (struct child){ copy, type };
	return 0;
}
ANALYZER_KNOWS_OWNERS

/* Some file systems do not tell the type in a listing. */
static unsigned char type_of(int dir_fd, const struct dirent *entry)
{
	struct stat info;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(dir_fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return DT_UNKNOWN;
	return (unsigned char)IFTODT(info.st_mode);
}

static int list(int dir_fd, struct children *ret)
{
	cleanup_fd int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return -errno;
	(void)steal_fd(&fd);
	for (;;) {
		const struct dirent *entry;
		int r;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		r = add_child(ret, entry->d_name, type_of(dir_fd, entry));
		if (r < 0)
			return r;
	}
}

static bool has_child(const struct children *children, const char *name)
{
	for (size_t i = 0; i < children->count; i++) {
		if (strcasecmp(children->items[i].name, name) == 0)
			return true;
	}
	return false;
}

/* By name, or by what is in it: git takes any directory for a repository that looks like one. */
static bool is_git_directory(const struct walk *walk, size_t depth, const struct children *children)
{
	if (depth > 0 && walk->names[depth - 1].len == 4 &&
	    memcmp(walk->names[depth - 1].data, ".git", 4) == 0)
		return true;
	return has_child(children, "HEAD") &&
	       (has_child(children, "commondir") ||
		(has_child(children, "objects") && has_child(children, "refs")));
}

/* The rule of a root that watches names[0..depth], or NULL. */
static const struct workspace_rule *match_root(const struct walk *walk, const struct root *root,
					       size_t depth)
{
	static const struct pattern_context context = { 0 };
	const struct pattern_name *names = walk->names + root->start;
	size_t count = depth + 1 - root->start;

	if (!root->rule)
		return workspace_rules_find_git(walk->rules, names, count);
	return pattern_matches(root->rule->below, PATTERN_FOLDED, &context, names, count)
		       ? root->rule
		       : NULL;
}

/* The rule that watches the entry whose components are names[0..depth]; one that cares for
 * executable files only where there is no other. */
static const struct workspace_rule *find_rule(const struct walk *walk, size_t depth)
{
	const struct workspace_rule *executable = NULL;
	const struct workspace_rule *rule;
	size_t cursor = 0;

	/* A rule for what is in a directory watches a file or link in its place too. */
	while ((rule = workspace_rules_next_for(walk->rules, walk->names[depth].data, &cursor))) {
		if (!rule->is_executable)
			return rule;
		executable = rule;
	}
	for (size_t i = walk->root_count; i-- > 0;) {
		rule = match_root(walk, &walk->roots[i], depth);
		if (rule && !rule->is_executable)
			return rule;
		if (rule)
			executable = rule;
	}
	return executable;
}

static bool is_in_git_directory(const struct walk *walk)
{
	for (size_t i = 0; i < walk->root_count; i++) {
		if (!walk->roots[i].rule)
			return true;
	}
	return false;
}

ANALYZER_LOSES_OWNERS
/* Takes *entry, on success only. */
static int add_entry(struct walk *walk, struct workspace_entry *entry)
{
	struct workspace_scan *scan = walk->scan;

	if (scan->count == WORKSPACE_WATCHED_MAX) {
		scan->gaps.is_cut = true;
		workspace_entry_done(entry);
		return 0;
	}
	if (scan->count == walk->capacity) {
		size_t capacity = walk->capacity ? walk->capacity * 2 : 64;
		struct workspace_entry *entries =
			reallocarray(scan->entries, capacity, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		scan->entries = entries;
		walk->capacity = capacity;
	}
	scan->entries[scan->count++] = *entry;
	*entry = (struct workspace_entry){ 0 };
	return 0;
}
ANALYZER_KNOWS_OWNERS

static int record(struct walk *walk, int dir_fd, const char *name, const char *kind,
		  const char *why, bool is_executable)
{
	cleanup_workspace_entry struct workspace_entry entry = { 0 };
	cleanup_free char *content = NULL;
	size_t len = 0;
	int r;

	r = workspace_entry_init(&entry, walk->path.data, kind, why);
	if (r == 0)
		r = workspace_entry_read(dir_fd, name, &entry, walk->keep ? &content : NULL, &len);
	if (r == -ENOENT)
		return 0;
	if (r == -EACCES || r == -EPERM) {
		/* Its times and size still tell of a change. */
		walk->scan->gaps.unreadable++;
		r = 0;
	}
	if (r < 0)
		return r;
	if (is_executable && entry.type == WORKSPACE_FILE && !(entry.mode & 0111))
		return 0;
	entry.is_git = is_in_git_directory(walk);
	if (walk->keep && content) {
		r = walk->keep(&entry, content, len, walk->arg);
		if (r < 0)
			return r;
		entry.is_kept = r > 0;
	}
	return add_entry(walk, &entry);
}

/* True for a target that leads out of the project, read as text: whether it exists is no matter. */
static bool leads_out(const char *target, size_t depth)
{
	size_t level = depth;

	if (target[0] == '/')
		return true;
	while (*target) {
		size_t len = strcspn(target, "/");

		if (len == 2 && memcmp(target, "..", 2) == 0) {
			if (level == 0)
				return true;
			level--;
		} else if (len > 0 && !(len == 1 && target[0] == '.')) {
			level++;
		}
		target += len;
		target += strspn(target, "/");
	}
	return false;
}

static int visit_symlink(struct walk *walk, int dir_fd, const char *name, size_t depth)
{
	char target[4096];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target) - 1);

	if (n < 0)
		return 0;
	target[n] = '\0';
	if (!leads_out(target, depth))
		return 0;
	return record(walk, dir_fd, name, "symlink",
		      "Leads out of the project: programs that follow it change files elsewhere",
		      false);
}

static int push_roots(struct walk *walk, size_t depth)
{
	const struct workspace_rule *rule;
	size_t cursor = 0;

	while ((rule = workspace_rules_next_for(walk->rules, walk->names[depth].data, &cursor))) {
		if (!rule->below)
			continue;
		if (walk->root_count == ROOTS_MAX) {
			walk->scan->gaps.too_deep++;
			return 0;
		}
		walk->roots[walk->root_count++] = (struct root){ rule, depth + 1 };
	}
	return 0;
}

static int walk_directory(struct walk *walk, int dir_fd, size_t depth, const char *only);

/* What of a directory in .git is worth looking at: NULL all of it, "" nothing, else one child. */
static const char *limit_in_git(const struct walk *walk, size_t depth, bool is_named_git)
{
	const char *name = walk->names[depth].data;

	if (!is_named_git)
		return NULL;
	if (strcmp(name, "objects") == 0)
		return "info";
	return strcmp(name, "refs") == 0 || strcmp(name, "logs") == 0 ? "" : NULL;
}

static int descend(struct walk *walk, int dir_fd, const char *name, size_t depth, const char *only)
{
	size_t roots = walk->root_count;
	cleanup_fd int fd = -1;
	int r;

	if (only && only[0] == '\0')
		return 0;
	if (depth + 1 >= WORKSPACE_DEPTH_MAX) {
		walk->scan->gaps.too_deep++;
		return 0;
	}
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			return -errno;
		walk->scan->gaps.unreadable += errno == EACCES || errno == EPERM;
		return 0;
	}
	r = push_roots(walk, depth);
	if (r == 0)
		r = walk_directory(walk, fd, depth + 1, only);
	walk->root_count = roots;
	return r;
}

/* The name as rules compare it. One that is not UTF-8 is compared as it is. */
static int fold_child(const char *name, char **ret)
{
	int r = fold_name(name, ret);

	if (r != -EILSEQ)
		return r;
	*ret = strdup(name);
	return *ret ? 0 : -ENOMEM;
}

static int visit(struct walk *walk, int dir_fd, const struct child *child, size_t depth,
		 bool is_named_git)
{
	const struct workspace_rule *rule;
	cleanup_free char *folded = NULL;
	int r = fold_child(child->name, &folded);

	if (r < 0)
		return r;
	walk->scan->visited++;
	walk->names[depth] = (struct pattern_name){ folded, strlen(folded) };
	if (child->type == DT_DIR)
		return descend(walk, dir_fd, child->name, depth,
			       limit_in_git(walk, depth, is_named_git));
	rule = find_rule(walk, depth);
	if (rule)
		return record(walk, dir_fd, child->name, rule->kind, rule->why,
			      rule->is_executable);
	/* A file or a link of that name leads git elsewhere. */
	if (strcmp(folded, ".git") == 0)
		return record(walk, dir_fd, child->name, "git",
			      "Leads git to another repository's configuration and hooks", false);
	return child->type == DT_LNK ? visit_symlink(walk, dir_fd, child->name, depth) : 0;
}

static int visit_all(struct walk *walk, int dir_fd, const struct children *children, size_t depth,
		     const char *only)
{
	bool is_named_git = depth > 0 && strcmp(walk->names[depth - 1].data, ".git") == 0;
	size_t len = walk->path.len;
	int r = 0;

	for (size_t i = 0; i < children->count && r == 0; i++) {
		if (only && strcmp(children->items[i].name, only) != 0)
			continue;
		text_appendf(&walk->path, "%s%s", len ? "/" : "", children->items[i].name);
		if (walk->path.is_failed)
			return -ENOMEM;
		r = visit(walk, dir_fd, &children->items[i], depth, is_named_git);
		walk->path.len = len;
		walk->path.data[len] = '\0';
	}
	return r;
}

static int record_repository(struct walk *walk)
{
	cleanup_workspace_entry struct workspace_entry entry = { 0 };
	int r = workspace_entry_init(&entry, walk->path.len ? walk->path.data : ".", "repository",
				     "A repository: git commands in it run its hooks and "
				     "configuration");

	if (r < 0)
		return r;
	/* Its own times change with every commit: that it is there is the fact. */
	entry.type = WORKSPACE_REPOSITORY;
	return add_entry(walk, &entry);
}

/* dir_fd's path is walk->path, its components are names[0..depth). */
static int walk_directory(struct walk *walk, int dir_fd, size_t depth, const char *only)
{
	cleanup_children struct children children = { 0 };
	size_t roots = walk->root_count;
	int r = list(dir_fd, &children);

	if (r == -EACCES || r == -EPERM || r == -EIO) {
		walk->scan->gaps.unreadable++;
		return 0;
	}
	if (r < 0)
		return r;
	if (!only && is_git_directory(walk, depth, &children)) {
		if (walk->root_count == ROOTS_MAX)
			return -ENOMEM;
		walk->roots[walk->root_count++] = (struct root){ NULL, depth };
		r = record_repository(walk);
	}
	if (r == 0)
		r = visit_all(walk, dir_fd, &children, depth, only);
	walk->root_count = roots;
	return r;
}

static int compare_entries(const void *a, const void *b)
{
	const struct workspace_entry *x = a;
	const struct workspace_entry *y = b;

	return strcmp(x->path, y->path);
}

int workspace_scan(int project_fd, const struct workspace_rules *rules, workspace_content_fn *keep,
		   void *arg, struct workspace_scan *ret)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	int r;

	if (!walk)
		return -ENOMEM;
	walk->rules = rules;
	walk->keep = keep;
	walk->arg = arg;
	walk->scan = ret;
	text_append(&walk->path, "");
	r = walk_directory(walk, project_fd, 0, NULL);
	if (ret->count > 0)
		qsort(ret->entries, ret->count, sizeof(*ret->entries), compare_entries);
	text_done(&walk->path);
	free(walk);
	return r;
}

void workspace_scan_done(struct workspace_scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		workspace_entry_done(&scan->entries[i]);
	free(scan->entries);
	*scan = (struct workspace_scan){ 0 };
}

const struct workspace_entry *workspace_scan_find(const struct workspace_scan *scan,
						  const char *path)
{
	size_t low = 0;
	size_t high = scan->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(scan->entries[middle].path, path);

		if (order == 0)
			return &scan->entries[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
