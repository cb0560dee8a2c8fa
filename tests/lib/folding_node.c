/* SPDX-License-Identifier: MIT */
#include "tests/lib/folding_node.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "tests/lib/folding_names.h"

#define BUCKETS 1024u

static struct folding_node *buckets[BUCKETS];
static struct folding_node *root;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct folding_node *folding_node_root(int real_fd)
{
	root = calloc(1, sizeof(*root));
	if (!root)
		abort();
	root->fd = real_fd;
	return root;
}

static int scan(int dir_fd, const char *name, char spelling[NAME_MAX + 1])
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!dir) {
		int error = errno;

		if (fd >= 0)
			(void)close(fd);
		return -error;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (folding_is_same(entry->d_name, name)) {
			(void)strcpy(spelling, entry->d_name);
			return 0;
		}
	}
	return -ENOENT;
}

int folding_find(int dir_fd, const char *name, char spelling[NAME_MAX + 1])
{
	cleanup_free char *key = folding_key(name);
	struct stat st;

	if (strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	if (!key)
		return -EILSEQ;
	(void)strcpy(spelling, name);
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return errno == ENOENT ? scan(dir_fd, name, spelling) : -errno;
}

static bool is_alias(const struct folding_node *node, const char *alias)
{
	return node->alias && alias ? strcmp(node->alias, alias) == 0 : node->alias == alias;
}

/* The node of the entry that fd (taken) is. */
static struct folding_node *get_node(int fd, const struct stat *st, const char *alias)
{
	struct folding_node **bucket = &buckets[st->st_ino % BUCKETS];
	struct folding_node *node = *bucket;

	while (node &&
	       (node->ino != st->st_ino || node->dev != st->st_dev || !is_alias(node, alias)))
		node = node->next;
	if (node) {
		(void)close(fd);
	} else {
		node = calloc(1, sizeof(*node));
		if (!node)
			abort();
		*node = (struct folding_node){
			.next = *bucket, .fd = fd, .dev = st->st_dev, .ino = st->st_ino
		};
		node->alias = alias ? strdup(alias) : NULL;
		*bucket = node;
	}
	node->lookups++;
	return node;
}

int folding_node_look_up(struct folding_node *parent, const char *name, struct folding_node **ret,
			 struct stat *ret_st)
{
	char spelling[NAME_MAX + 1];
	int r = folding_find(parent->fd, name, spelling);
	int fd;

	if (r < 0)
		return r;
	fd = openat(parent->fd, spelling, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstatat(fd, "", ret_st, AT_EMPTY_PATH) < 0) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	(void)pthread_mutex_lock(&lock);
	*ret = get_node(fd, ret_st, strcmp(spelling, name) == 0 ? NULL : name);
	(void)pthread_mutex_unlock(&lock);
	return 0;
}

void folding_node_forget(struct folding_node *node, uint64_t n)
{
	struct folding_node **at;

	if (node == root)
		return;
	(void)pthread_mutex_lock(&lock);
	node->lookups -= n;
	if (node->lookups == 0) {
		for (at = &buckets[node->ino % BUCKETS]; *at != node; at = &(*at)->next)
			;
		*at = node->next;
		(void)close(node->fd);
		free(node->alias);
		free(node);
	}
	(void)pthread_mutex_unlock(&lock);
}
