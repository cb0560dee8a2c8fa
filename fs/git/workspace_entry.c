/* SPDX-License-Identifier: MIT */
#include "fs/git/workspace_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

static const char *const type_words[] = {
	[WORKSPACE_FILE] = "file",
	[WORKSPACE_SYMLINK] = "symlink",
	[WORKSPACE_REPOSITORY] = "repository",
	[WORKSPACE_OTHER] = "other",
};

#define TYPES (sizeof(type_words) / sizeof(type_words[0]))

int workspace_entry_init(struct workspace_entry *entry, const char *path, const char *kind,
			 const char *why)
{
	entry->path = strdup(path);
	entry->kind = strdup(kind);
	entry->why = strdup(why);
	return entry->path && entry->kind && entry->why ? 0 : -ENOMEM;
}

void workspace_entry_done(struct workspace_entry *entry)
{
	free(entry->path);
	free(entry->kind);
	free(entry->why);
	free(entry->target);
	*entry = (struct workspace_entry){ 0 };
}

static int64_t to_ns(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static void take_stat(struct workspace_entry *entry, const struct stat *info)
{
	entry->mode = info->st_mode & 07777;
	entry->size = (uint64_t)info->st_size;
	entry->ino = info->st_ino;
	entry->mtime_ns = to_ns(&info->st_mtim);
	entry->ctime_ns = to_ns(&info->st_ctim);
}

static int read_target(int dir_fd, const char *name, struct workspace_entry *entry)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	entry->target = strdup(target);
	return entry->target ? 0 : -ENOMEM;
}

static int read_content(int dir_fd, const char *name, struct workspace_entry *entry,
			char **ret_content, size_t *ret_len)
{
	cleanup_free char *content = NULL;
	/* O_NONBLOCK: a FIFO may have taken its place since the stat. */
	cleanup_fd int fd = fd_open_at(
		dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	struct stat info;
	size_t len = 0;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &info) < 0)
		return -errno;
	if (!S_ISREG(info.st_mode))
		return -ENOENT;
	take_stat(entry, &info);
	r = fd_read_file(fd, WORKSPACE_FILE_MAX, &content, &len);
	if (r == -EFBIG)
		return 0;
	if (r == 0)
		r = object_id_of(content, len, entry->id);
	if (r == 0 && ret_content) {
		*ret_content = steal_ptr(&content);
		*ret_len = len;
	}
	return r;
}

int workspace_entry_read(int dir_fd, const char *name, struct workspace_entry *entry,
			 char **ret_content, size_t *ret_len)
{
	struct stat info;

	if (fstatat(dir_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	take_stat(entry, &info);
	if (S_ISDIR(info.st_mode))
		return -ENOENT;
	if (S_ISLNK(info.st_mode)) {
		entry->type = WORKSPACE_SYMLINK;
		return read_target(dir_fd, name, entry);
	}
	if (!S_ISREG(info.st_mode)) {
		entry->type = WORKSPACE_OTHER;
		return 0;
	}
	entry->type = WORKSPACE_FILE;
	return read_content(dir_fd, name, entry, ret_content, ret_len);
}

static bool has_same_content(const struct workspace_entry *a, const struct workspace_entry *b)
{
	static const uint8_t unread[OBJECT_ID_SIZE];

	if (memcmp(a->id, unread, OBJECT_ID_SIZE) != 0 ||
	    memcmp(b->id, unread, OBJECT_ID_SIZE) != 0)
		return memcmp(a->id, b->id, OBJECT_ID_SIZE) == 0;
	/* Too large to be read, or not allowed to: nobody can set a ctime back. */
	return a->size == b->size && a->ctime_ns == b->ctime_ns && a->ino == b->ino;
}

bool workspace_entry_is_same(const struct workspace_entry *a, const struct workspace_entry *b)
{
	if (a->type != b->type || a->mode != b->mode)
		return false;
	switch (a->type) {
	case WORKSPACE_FILE: return has_same_content(a, b);
	case WORKSPACE_SYMLINK: return strcmp(a->target, b->target) == 0;
	case WORKSPACE_REPOSITORY:
	case WORKSPACE_OTHER: return true;
	}
	return false;
}

bool workspace_entry_is_untouched(const struct workspace_entry *a, const struct workspace_entry *b)
{
	return workspace_entry_is_same(a, b) && a->ino == b->ino && a->mtime_ns == b->mtime_ns &&
	       a->ctime_ns == b->ctime_ns;
}

/* Names may be any bytes: those that are not UTF-8 are kept in hexadecimal. */
static int set_bytes(json_t *object, const char *key, const char *bytes)
{
	static const char digits[] = "0123456789abcdef";
	cleanup_free char *hex = NULL;
	char hex_key[16];
	json_t *plain = json_string(bytes);
	size_t len = strlen(bytes);

	if (plain)
		return json_object_set_new(object, key, plain);
	hex = malloc(2 * len + 1);
	if (!hex)
		return -1;
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[(unsigned char)bytes[i] >> 4];
		hex[2 * i + 1] = digits[(unsigned char)bytes[i] & 15];
	}
	hex[2 * len] = '\0';
	(void)snprintf(hex_key, sizeof(hex_key), "%s_hex", key);
	return json_object_set_new(object, hex_key, json_string(hex));
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* *ret stays NULL where the key is absent. */
static int get_bytes(const json_t *object, const char *key, char **ret)
{
	const char *plain = json_get_string(object, key, NULL);
	cleanup_free char *bytes = NULL;
	char hex_key[16];
	const char *hex;
	size_t len;

	(void)snprintf(hex_key, sizeof(hex_key), "%s_hex", key);
	hex = json_get_string(object, hex_key, NULL);
	if (plain || !hex) {
		*ret = plain ? strdup(plain) : NULL;
		return plain && !*ret ? -ENOMEM : 0;
	}
	len = strlen(hex) / 2;
	bytes = malloc(len + 1);
	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++) {
		int high = hex_value(hex[2 * i]);
		int low = hex_value(hex[2 * i + 1]);

		if (high < 0 || low < 0 || high + low == 0)
			return -EBADMSG;
		bytes[i] = (char)(high << 4 | low);
	}
	bytes[len] = '\0';
	*ret = steal_ptr(&bytes);
	return 0;
}

json_t *workspace_entry_to_json(const struct workspace_entry *entry)
{
	char hex[OBJECT_ID_HEX_SIZE];
	cleanup_json json_t *json = NULL;

	object_id_to_hex(entry->id, hex);
	json = json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:s, s:b, s:b}", "type",
			 type_words[entry->type], "kind", entry->kind, "why", entry->why, "mode",
			 (int)entry->mode, "size", (json_int_t)entry->size, "ino",
			 (json_int_t)entry->ino, "mtime_ns", (json_int_t)entry->mtime_ns,
			 "ctime_ns", (json_int_t)entry->ctime_ns, "id", hex, "git", entry->is_git,
			 "kept", entry->is_kept);
	if (!json || set_bytes(json, "path", entry->path) != 0 ||
	    (entry->target && set_bytes(json, "target", entry->target) != 0))
		return NULL;
	return json_incref(json);
}

int workspace_entry_from_json(const json_t *json, struct workspace_entry *ret)
{
	cleanup_workspace_entry struct workspace_entry entry = { 0 };
	const char *word = json_get_string(json, "type", "");
	size_t type = 0;
	int r;

	while (type < TYPES && strcmp(type_words[type], word) != 0)
		type++;
	if (type == TYPES || object_id_from_hex(json_get_string(json, "id", ""), entry.id) < 0)
		return -EBADMSG;
	entry.type = (enum workspace_type)type;
	entry.kind = strdup(json_get_string(json, "kind", ""));
	entry.why = strdup(json_get_string(json, "why", ""));
	if (!entry.kind || !entry.why)
		return -ENOMEM;
	r = get_bytes(json, "path", &entry.path);
	if (r == 0)
		r = get_bytes(json, "target", &entry.target);
	if (r < 0)
		return r;
	if (!entry.path || (entry.type == WORKSPACE_SYMLINK) != (entry.target != NULL))
		return -EBADMSG;
	entry.mode = (mode_t)json_get_integer(json, "mode", 0) & 07777;
	entry.size = (uint64_t)json_get_integer(json, "size", 0);
	entry.ino = (uint64_t)json_get_integer(json, "ino", 0);
	entry.mtime_ns = json_get_integer(json, "mtime_ns", 0);
	entry.ctime_ns = json_get_integer(json, "ctime_ns", 0);
	entry.is_git = json_is_true(json_object_get(json, "git"));
	entry.is_kept = json_is_true(json_object_get(json, "kept"));
	*ret = entry;
	entry = (struct workspace_entry){ 0 };
	return 0;
}
