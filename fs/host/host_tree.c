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
#include "fs/base/path_name.h"
#include "fs/host/host_link.h"

#define CONFIG_NAME ".claude.json"
#define DEPTH_MAX   8u /* links beneath links beneath links: a link to its own parent ends here */

#ifdef O_PATH
#define HOLD_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#else
#define HOLD_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#endif

struct host_link {
	char *path; /* state path of the symlink */
	struct host_place place;
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
		start.rest = skip(path, len);
		start.depth = link->depth;
	}
	(void)pthread_mutex_unlock(&tree->lock);
	return start;
}

static int attempt_named(const struct host_place *place, const struct request *request)
{
	int fd;

	if (request->flags < 0) {
		if (fstatat(place->fd, place->name, request->st, AT_SYMLINK_NOFOLLOW) < 0)
			return -errno;
		return S_ISLNK(request->st->st_mode) ? -ELOOP : 0;
	}
	/* O_NONBLOCK: a FIFO in the file's place must not hang us. */
	fd = openat(place->fd, place->name,
		    request->flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
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

/* takes place. Returns 1, or -ENOENT: no more room. */
static int add_link(struct host_tree *tree, const char *path, size_t len, unsigned int depth,
		    struct host_place *place)
{
	cleanup_free char *copy = strndup(path, len);
	int r = -ENOENT;

	if (!copy)
		return -ENOMEM;
	(void)pthread_mutex_lock(&tree->lock);
	for (unsigned int i = 0; i < tree->link_count && r < 0; i++) {
		/* Another thread was first: its place is the one that stays. */
		if (strcmp(tree->links[i].path, copy) == 0)
			r = 1;
	}
	if (r < 0 && tree->link_count < HOST_LINKS_MAX) {
		struct host_link *link = &tree->links[tree->link_count++];

		link->path = steal_ptr(&copy);
		link->depth = depth;
		link->place = *place;
		*place = (struct host_place){ .fd = -1 };
		r = 1;
	}
	(void)pthread_mutex_unlock(&tree->lock);
	return r;
}

static int pin(struct host_tree *tree, const char *path, size_t len, const struct start *start,
	       int dir_fd, const char *name)
{
	cleanup_host_place struct host_place place = { .fd = -1 };
	int r;

	if (start->depth >= DEPTH_MAX)
		return -ENOENT;
	r = host_link_resolve(dir_fd, name, &place);
	return r < 0 ? r : add_link(tree, path, len, start->depth + 1, &place);
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
	if (r == 0 && config_path)
		r = hold_config(tree, config_path);
	if (r < 0)
		return r;
	*ret = steal_ptr(&tree);
	return 0;
}

void host_tree_close(struct host_tree *tree)
{
	if (!tree)
		return;
	for (unsigned int i = 0; i < tree->link_count; i++) {
		host_place_done(&tree->links[i].place);
		free(tree->links[i].path);
	}
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
