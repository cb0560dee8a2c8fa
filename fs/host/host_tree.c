/* SPDX-License-Identifier: MIT */
#include "fs/host/host_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/beneath.h"
#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/host/host_alias.h"
#include "fs/host/host_link.h"

#define CONFIG_NAME ".claude.json"
#define SHADOW_NAME ".config.json"
#define DEPTH_MAX   8u /* links beneath links beneath links: a link to its own parent ends here */

#ifdef O_PATH
#define HOLD_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#else
#define HOLD_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#endif

struct host_link {
	char *path;       /* state path of the symlink */
	char *other_path; /* the state path of what it leads to; NULL: that has none */
	struct host_place place;
	uint64_t dev; /* of the place's directory */
	uint64_t ino;
	unsigned int depth; /* links on the way to it, itself included */
};

struct host_tree {
	struct host_place root;   /* fd -1: there is no ~/.claude */
	struct host_place config; /* fd -1: its directory does not exist */
	bool has_config;
	uint64_t dev;
	uint64_t ino;
	/* Guards the table's growth. A link once in it stays, unchanged, until the tree is closed,
	 * so that a pointer to it may be used without the lock. */
	pthread_mutex_t lock;
	unsigned int link_count;
	struct host_link links[HOST_LINKS_MAX];
};

/* Where the walk to a path begins: at the last pinned place on the way to it. */
struct start {
	const struct host_place *place;
	const struct host_link
		*link;    /* whose place it is; NULL: the root's or the configuration's */
	const char *rest; /* of the path, beneath the place */
	unsigned int depth;
};

/* What to do at the end of the walk: -ELOOP and -ENOTDIR may mean a symlink on the way. */
struct request {
	int flags;       /* of open(2); -1: only stat */
	struct stat *st; /* of stat */
};

static const char *skip(const char *path, size_t len)
{
	return path[len] == '/' ? path + len + 1 : path + len;
}

static struct start find_start(struct host_tree *tree, const char *path)
{
	struct start start = { .place = &tree->root, .rest = path };
	size_t best = 0;

	if (tree->has_config && path_is_beneath(path, CONFIG_NAME)) {
		start.place = &tree->config;
		start.rest = skip(path, strlen(CONFIG_NAME));
	}
	(void)pthread_mutex_lock(&tree->lock);
	for (unsigned int i = 0; i < tree->link_count; i++) {
		const struct host_link *link = &tree->links[i];
		size_t len = strlen(link->path);

		if (len <= best || !path_is_beneath(path, link->path))
			continue;
		best = len;
		start.place = &link->place;
		start.link = link;
		start.rest = skip(path, len);
		start.depth = link->depth;
	}
	(void)pthread_mutex_unlock(&tree->lock);
	return start;
}

static int attempt_named(const struct host_place *place, const struct request *request)
{
	if (request->flags < 0) {
		if (fstatat(place->fd, place->name, request->st, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		return S_ISLNK(request->st->st_mode) ? -ELOOP : 0;
	}
	/* O_NONBLOCK: a FIFO in the file's place must not hang us. */
	return fd_open_at(place->fd, place->name,
			  request->flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
}

static int attempt(const struct start *start, const struct request *request)
{
	int r;

	if (start->place->fd < 0)
		return -ENOENT;
	if (start->place->name)
		return *start->rest ? -ENOTDIR : attempt_named(start->place, request);
	if (request->flags >= 0)
		return beneath_open(start->place->fd, start->rest, request->flags, 0);
	r = beneath_stat(start->place->fd, start->rest, request->st);
	return r == 0 && S_ISLNK(request->st->st_mode) ? -ELOOP : r;
}

/* takes what link holds. Returns 1, or -ENOENT: no more room. */
static int add_link(struct host_tree *tree, struct host_link *link)
{
	int r = -ENOENT;

	(void)pthread_mutex_lock(&tree->lock);
	for (unsigned int i = 0; i < tree->link_count && r < 0; i++) {
		/* Another thread was first: its place is the one that stays. */
		if (strcmp(tree->links[i].path, link->path) == 0)
			r = 1;
	}
	if (r < 0 && tree->link_count < HOST_LINKS_MAX) {
		tree->links[tree->link_count++] = *link;
		*link = (struct host_link){ .place = { .fd = -1 } };
		r = 1;
	}
	(void)pthread_mutex_unlock(&tree->lock);
	return r;
}

static int identify(int fd, struct host_origin *ret)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -ENOENT;
	ret->dev = (uint64_t)st.st_dev;
	ret->ino = (uint64_t)st.st_ino;
	return 0;
}

#define ORIGINS_MAX (HOST_LINKS_MAX + 2u)

/* Everything outside of the root that has a name in the state, and the root itself. */
static size_t list_origins(struct host_tree *tree, struct host_origin origins[ORIGINS_MAX])
{
	size_t n = 0;

	origins[n++] = (struct host_origin){ tree->dev, tree->ino, NULL, "" };
	origins[n] = (struct host_origin){ 0, 0, tree->config.name, CONFIG_NAME };
	if (tree->has_config && identify(tree->config.fd, &origins[n]) == 0)
		n++;
	(void)pthread_mutex_lock(&tree->lock);
	for (unsigned int i = 0; i < tree->link_count; i++) {
		const struct host_link *link = &tree->links[i];

		origins[n++] =
			(struct host_origin){ link->dev, link->ino, link->place.name, link->path };
	}
	(void)pthread_mutex_unlock(&tree->lock);
	return n;
}

struct hop {
	struct host_tree *tree;
	char *other_path; /* of the first place on the way that has one */
};

/* A directory above the root, or above the configuration, would show all of it by another name. */
static int refuse_above(const struct host_tree *tree, int dir_fd)
{
	const int below[] = { tree->root.fd, tree->config.fd };
	struct host_origin place = { .path = "" };
	int r = identify(dir_fd, &place);

	for (size_t i = 0; i < 2 && r == 0; i++) {
		cleanup_free char *way = NULL;

		if (below[i] < 0)
			continue;
		r = host_alias_find(below[i], NULL, &place, 1, &way);
		if (r == 0 && way)
			r = -ENOENT;
	}
	return r;
}

static int visit_hop(int dir_fd, const char *name, void *arg)
{
	struct hop *hop = arg;
	struct host_origin origins[ORIGINS_MAX];
	int r = 0;

	if (!hop->other_path)
		r = host_alias_find(dir_fd, name, origins, list_origins(hop->tree, origins),
				    &hop->other_path);
	return r < 0 || hop->other_path || name ? r : refuse_above(hop->tree, dir_fd);
}

static void host_link_done(struct host_link *link)
{
	host_place_done(&link->place);
	free(link->other_path);
	free(link->path);
}

static int pin(struct host_tree *tree, const char *path, size_t len, const struct start *start,
	       int dir_fd, const char *name)
{
	__attribute__((cleanup(host_link_done))) struct host_link link = { .place = { .fd = -1 } };
	struct hop hop = { .tree = tree };
	struct host_origin place = { 0 };
	int r;

	if (start->depth >= DEPTH_MAX)
		return -ENOENT;
	r = host_link_resolve(dir_fd, name, visit_hop, &hop, &link.place);
	/* The way went as far as the directory above the last name: that name may itself be the
	 * root, or a directory above it. */
	if (r == 0 && !link.place.name)
		r = visit_hop(link.place.fd, NULL, &hop);
	link.other_path = hop.other_path;
	if (r == 0)
		r = identify(link.place.fd, &place);
	if (r < 0)
		return r;
	link.dev = place.dev;
	link.ino = place.ino;
	link.depth = start->depth + 1;
	link.path = strndup(path, len);
	return link.path ? add_link(tree, &link) : -ENOMEM;
}

/* Pins the first symlink on the way from start to path. Returns 1 (try again), 0 (there is none) or
 * -errno. */
static int pin_next(struct host_tree *tree, const char *path, const struct start *start)
{
	size_t done = (size_t)(start->rest - path);
	cleanup_free char *rest = strdup(start->rest);
	const char *cursor = start->rest;
	size_t len = 0;
	struct stat st;

	if (!rest)
		return -ENOMEM;
	if (start->place->name) {
		/* The end of a pinned link that is a link by now: links are resolved once. */
		if (*start->rest || start->place != &tree->config)
			return 0;
		return pin(tree, path, strlen(path), start, start->place->fd, start->place->name);
	}
	while (path_next(&cursor, &len)) {
		size_t end = (size_t)(cursor - start->rest) - (*cursor ? 1 : 0);
		cleanup_fd int dir_fd = -1;
		const char *base = NULL;
		int r;

		rest[end] = '\0';
		r = beneath_stat(start->place->fd, rest, &st);
		if (r == 0 && S_ISLNK(st.st_mode)) {
			dir_fd = beneath_open_parent(start->place->fd, rest, &base);
			return dir_fd < 0 ? dir_fd
					  : pin(tree, path, done + end, start, dir_fd, base);
		}
		if (r < 0)
			return r;
		rest[end] = start->rest[end];
	}
	return 0;
}

/* Returns what the request returns at the end of all links. */
static int resolve(struct host_tree *tree, const char *path, const struct request *request)
{
	if (!path_is_valid(path))
		return strlen(path) > PATH_BYTES_MAX ? -ENAMETOOLONG : -EINVAL;
	for (;;) {
		struct start start = find_start(tree, path);
		int r = attempt(&start, request);
		int pinned;

		if (r != -ELOOP && r != -ENOTDIR)
			return r;
		/* Each turn pins one link more, DEPTH_MAX at most. */
		pinned = pin_next(tree, path, &start);
		if (pinned < 0)
			return pinned == -ELOOP ? -ENOENT : pinned;
		if (pinned == 0)
			return r == -ELOOP ? -ENOENT : r;
	}
}

int host_tree_stat(struct host_tree *tree, const char *path, struct stat *ret)
{
	struct stat st;
	struct request request = { .flags = -1, .st = &st };
	int r = resolve(tree, path, &request);

	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -ENOENT;
	*ret = st;
	return 0;
}

int host_tree_other_path(struct host_tree *tree, const char *path, char **ret)
{
	struct start start = find_start(tree, path);
	const char *other = start.link ? start.link->other_path : NULL;
	struct text text = { 0 };

	*ret = NULL;
	if (!other)
		return 0;
	text_append(&text, other);
	if (*other && *start.rest)
		text_append(&text, "/");
	text_append(&text, start.rest);
	*ret = text_steal(&text);
	return *ret ? 0 : -ENOMEM;
}

int host_tree_open_file(struct host_tree *tree, const char *path, struct stat *ret_st)
{
	struct request request = { .flags = O_RDONLY };
	cleanup_fd int fd = resolve(tree, path, &request);
	struct stat st;

	if (fd < 0)
		return fd == -ENXIO || fd == -ENODEV ? -ENOENT : fd; /* sockets, dead devices */
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -ENOENT;
	/* A look at the host leaves no trace on it. */
	fd_keep_atime(fd);
	if (ret_st)
		*ret_st = st;
	return steal_fd(&fd);
}

int host_tree_open_dir(struct host_tree *tree, const char *path)
{
	struct request request = { .flags = O_RDONLY | O_DIRECTORY };

	return resolve(tree, path, &request);
}

/* The root's own ".claude.json" is not the one that is served. */
static bool is_mapped(const struct host_tree *tree, const char *path, const char *name)
{
	return tree->has_config && *path == '\0' && strcmp(name, CONFIG_NAME) == 0;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int host_tree_list(struct host_tree *tree, const char *path,
		   int (*each)(const char *name, void *arg), void *arg)
{
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	struct stat st;
	int fd = host_tree_open_dir(tree, path);
	int r;

	if (fd < 0 && (fd != -ENOENT || *path != '\0'))
		return fd;
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (fd >= 0 && !dir) {
		cleanup_close_fd(&fd);
		return -errno;
	}
	while (dir && (errno = 0, (entry = readdir(dir)) != NULL)) {
		if (is_dot(entry->d_name) || is_mapped(tree, path, entry->d_name))
			continue;
		r = each(entry->d_name, arg);
		if (r != 0)
			return r;
	}
	if (dir && errno != 0)
		return -errno;
	if (is_mapped(tree, path, CONFIG_NAME) && host_tree_stat(tree, CONFIG_NAME, &st) != -ENOENT)
		return each(CONFIG_NAME, arg);
	return 0;
}

static int hold_config(struct host_tree *tree, const char *config_path)
{
	const char *base = path_base(config_path);
	cleanup_free char *parent = strndup(config_path, (size_t)(base - config_path));

	tree->has_config = true;
	if (!path_name_is_valid(base, strlen(base)))
		return -EINVAL;
	tree->config.name = strdup(base);
	if (!tree->config.name || !parent)
		return -ENOMEM;
	tree->config.fd = open(*parent ? parent : ".", HOLD_FLAGS);
	return tree->config.fd < 0 && errno != ENOENT ? -errno : 0;
}

/* Claude reads .config.json instead of .claude.json where there is one. */
static bool is_shadowed(const struct host_tree *tree)
{
	struct stat st;

	return tree->root.fd >= 0 && fstatat(tree->root.fd, SHADOW_NAME, &st, 0) == 0 &&
	       S_ISREG(st.st_mode);
}

static int hold_shadow(struct host_tree *tree)
{
	tree->has_config = true;
	tree->config.name = strdup(SHADOW_NAME);
	if (!tree->config.name)
		return -ENOMEM;
	tree->config.fd = fd_open_at(tree->root.fd, ".", HOLD_FLAGS, 0);
	return tree->config.fd < 0 ? tree->config.fd : 0;
}

static int hold_root(struct host_tree *tree, const char *root_path)
{
	struct stat st;

	tree->root.fd = open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree->root.fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(tree->root.fd, &st) < 0)
		return -errno;
	tree->dev = (uint64_t)st.st_dev;
	tree->ino = (uint64_t)st.st_ino;
	return 0;
}

/* A link elsewhere must be told from the first moment from what one in the root leads to. */
static int pin_one(const char *name, void *arg)
{
	struct stat st;

	(void)host_tree_stat(arg, name, &st);
	return 0;
}

int host_tree_open(const char *root_path, const char *config_path, struct host_tree **ret)
{
	cleanup_host_tree struct host_tree *tree = calloc(1, sizeof(*tree));
	int r;

	if (!tree)
		return -ENOMEM;
	tree->root.fd = -1;
	tree->config.fd = -1;
	(void)pthread_mutex_init(&tree->lock, NULL);
	r = hold_root(tree, root_path);
	if (r == 0 && is_shadowed(tree))
		r = hold_shadow(tree);
	else if (r == 0 && config_path)
		r = hold_config(tree, config_path);
	if (r < 0)
		return r;
	(void)host_tree_list(tree, "", pin_one, tree);
	*ret = steal_ptr(&tree);
	return 0;
}

void host_tree_close(struct host_tree *tree)
{
	if (!tree)
		return;
	for (unsigned int i = 0; i < tree->link_count; i++)
		host_link_done(&tree->links[i]);
	host_place_done(&tree->root);
	host_place_done(&tree->config);
	(void)pthread_mutex_destroy(&tree->lock);
	free(tree);
}

void cleanup_host_tree_close(struct host_tree **tree)
{
	host_tree_close(*tree);
}

bool host_tree_exists(const struct host_tree *tree)
{
	return tree->root.fd >= 0;
}

void host_tree_identity(const struct host_tree *tree, uint64_t *ret_dev, uint64_t *ret_ino)
{
	*ret_dev = tree->dev;
	*ret_ino = tree->ino;
}
