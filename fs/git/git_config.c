/* SPDX-License-Identifier: MIT */
#include "fs/git/git_config.h"

#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/git/library.h"

/* libgit2 would open what `include.path` names, a FIFO if need be, while it parses. So the word is
 * spelt otherwise in what it is given, by one that the bytes do not hold, and spelt back after. */
#define INCLUDE     "include"
#define INCLUDE_LEN (sizeof(INCLUDE) - 1)

static const char *const stand_ins[] = { "incvude", "inqlude", "xnclude", "incyude", "inzlude" };

/* Where the word is in data, in any case, from offset on; len: nowhere. */
static size_t find_word(const char *data, size_t len, size_t offset, const char *word)
{
	for (size_t i = offset; i + INCLUDE_LEN <= len; i++) {
		if (strncasecmp(data + i, word, INCLUDE_LEN) == 0)
			return i;
	}
	return len;
}

/* NULL: every one of them occurs, which nobody's configuration does by accident. */
static const char *choose_stand_in(const char *data, size_t len)
{
	for (size_t i = 0; i < sizeof(stand_ins) / sizeof(stand_ins[0]); i++) {
		if (find_word(data, len, 0, stand_ins[i]) == len)
			return stand_ins[i];
	}
	return NULL;
}

static void respell(char *data, size_t len, const char *from, const char *to)
{
	for (size_t at = 0; (at = find_word(data, len, at, from)) < len; at += INCLUDE_LEN)
		memcpy(data + at, to, INCLUDE_LEN);
}

ANALYZER_LOSES_OWNERS
static int add_key(struct git_config_keys *keys, const git_config_entry *entry,
		   const char *stand_in)
{
	struct git_config_key *key = &keys->keys[keys->count];

	key->name = strdup(entry->name);
	key->value = strdup(entry->value ? entry->value : "");
	key->is_bare = !entry->value;
	if (!key->name || !key->value) {
		free(key->name);
		free(key->value);
		return -ENOMEM;
	}
	respell(key->name, strlen(key->name), stand_in, INCLUDE);
	respell(key->value, strlen(key->value), stand_in, INCLUDE);
	keys->count++;
	return 0;
}
ANALYZER_KNOWS_OWNERS

static int collect(git_config *config, const char *stand_in, struct git_config_keys *ret)
{
	git_config_iterator *iterator = NULL;
	git_config_entry *entry = NULL;
	int r = 0;

	ret->keys = calloc(GIT_CONFIG_KEYS_MAX, sizeof(*ret->keys));
	if (!ret->keys)
		return -ENOMEM;
	if (git_config_iterator_new(&iterator, config) != 0)
		return -EBADMSG;
	while (r == 0 && git_config_next(&entry, iterator) == 0)
		r = ret->count < GIT_CONFIG_KEYS_MAX ? add_key(ret, entry, stand_in) : -EFBIG;
	git_config_iterator_free(iterator);
	return r;
}

/* libgit2 1.5 parses files only: it is given one without a name. */
static int open_nameless(const char *data, size_t len)
{
#ifdef __linux__
	cleanup_fd int fd = memfd_create("git-config", MFD_CLOEXEC);
#else
	cleanup_file FILE *file = tmpfile();
	cleanup_fd int fd = file ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;
#endif
	int r = fd < 0 ? -errno : fd_write_all(fd, data, len);

	if (r < 0)
		return r;
	/* Elsewhere than on Linux /dev/fd/N shares the offset. */
	return lseek(fd, 0, SEEK_SET) < 0 ? -errno : steal_fd(&fd);
}

int git_config_keys_read(const char *data, size_t len, struct git_config_keys *ret)
{
	const char *stand_in;
	cleanup_free char *copy = NULL;
	cleanup_fd int fd = -1;
	git_config *config = NULL;
	char path[64];
	int r = -EBADMSG;

	if (len > GIT_CONFIG_BYTES_MAX)
		return -EFBIG;
	stand_in = choose_stand_in(data, len);
	if (!stand_in || memchr(data, '\0', len))
		return -EBADMSG;
	copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, len);
	respell(copy, len, INCLUDE, stand_in);
	fd = open_nameless(copy, len);
	if (fd < 0)
		return fd;
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	if (!git_library_is_ready() || git_config_new(&config) != 0)
		return -ENOMEM;
	if (git_config_add_file_ondisk(config, path, GIT_CONFIG_LEVEL_LOCAL, NULL, 0) == 0)
		r = collect(config, stand_in, ret);
	git_config_free(config);
	return r;
}

void git_config_keys_done(struct git_config_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		free(keys->keys[i].name);
		free(keys->keys[i].value);
	}
	free(keys->keys);
	*keys = (struct git_config_keys){ 0 };
}

/* The k-th value of name, or NULL. */
static const struct git_config_key *find(const struct git_config_keys *keys, const char *name,
					 size_t k)
{
	for (size_t i = 0; i < keys->count; i++) {
		if (strcmp(keys->keys[i].name, name) == 0 && k-- == 0)
			return &keys->keys[i];
	}
	return NULL;
}

/* Which value of its name the i-th key is. */
static size_t rank(const struct git_config_keys *keys, size_t i)
{
	size_t k = 0;

	for (size_t j = 0; j < i; j++)
		k += strcmp(keys->keys[j].name, keys->keys[i].name) == 0;
	return k;
}

int git_config_compare(const struct git_config_keys *before, const struct git_config_keys *after,
		       int (*each)(enum git_config_change_type type,
				   const struct git_config_key *key, void *arg),
		       void *arg)
{
	int r = 0;

	for (size_t i = 0; i < after->count && r == 0; i++) {
		const struct git_config_key *key = &after->keys[i];
		const struct git_config_key *old = find(before, key->name, rank(after, i));

		if (!old)
			r = each(GIT_KEY_ADDED, key, arg);
		else if (strcmp(old->value, key->value) != 0)
			r = each(GIT_KEY_CHANGED, key, arg);
	}
	for (size_t i = 0; i < before->count && r == 0; i++) {
		if (!find(after, before->keys[i].name, rank(before, i)))
			r = each(GIT_KEY_REMOVED, &before->keys[i], arg);
	}
	return r;
}
