/* SPDX-License-Identifier: MIT */
#include "fs/git/workspace_snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"

#define SNAPSHOT_VERSION 1
#define DIRECTORY        "workspace"

static const char *const file_names[] = {
	[WORKSPACE_START] = "start.json",
	[WORKSPACE_END] = "end.json",
};

struct keeper {
	int fd;
	size_t total;
};

static int open_directory(int session_fd)
{
	int fd = openat(session_fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int make_directory(int session_fd)
{
	if (mkdirat(session_fd, DIRECTORY, 0700) < 0 && errno != EEXIST)
		return -errno;
	return open_directory(session_fd);
}

/* Not synced one by one, which a start would feel: a torn one does not match its id. */
static int keep_in(int fd, const uint8_t id[OBJECT_ID_SIZE], const char *data, size_t len)
{
	char hex[OBJECT_ID_HEX_SIZE];
	cleanup_fd int file = -1;
	int r;

	object_id_to_hex(id, hex);
	file = openat(fd, hex, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return errno == EEXIST ? 0 : -errno;
	r = fd_write_all(file, data, len);
	if (r < 0)
		(void)unlinkat(fd, hex, 0);
	return r;
}

/* What git reads, while there is room for it. */
static int keep_content(const struct workspace_entry *entry, const char *data, size_t len,
			void *arg)
{
	struct keeper *keeper = arg;
	int r;

	if ((!entry->is_git && strcmp(entry->kind, "git") != 0) || len > WORKSPACE_KEEP_MAX ||
	    len > WORKSPACE_KEEP_TOTAL_MAX - keeper->total)
		return 0;
	r = keep_in(keeper->fd, entry->id, data, len);
	if (r < 0)
		return r;
	keeper->total += len;
	return 1;
}

static json_t *gaps_to_json(const struct workspace_gaps *gaps)
{
	return json_pack("{s:I, s:I, s:b}", "too_deep", (json_int_t)gaps->too_deep, "unreadable",
			 (json_int_t)gaps->unreadable, "cut", gaps->is_cut);
}

static json_t *snapshot_to_json(const struct workspace_snapshot *snapshot)
{
	cleanup_json json_t *entries = json_array();
	json_t *gaps = gaps_to_json(&snapshot->scan.gaps);

	for (size_t i = 0; i < snapshot->scan.count; i++) {
		json_t *entry = workspace_entry_to_json(&snapshot->scan.entries[i]);

		if (!entry || json_array_append_new(entries, entry) != 0) {
			json_decref(gaps);
			return NULL;
		}
	}
	return json_pack("{s:i, s:I, s:I, s:I, s:I, s:o, s:O}", "version", SNAPSHOT_VERSION, "dev",
			 (json_int_t)snapshot->dev, "ino", (json_int_t)snapshot->ino, "time_ns",
			 (json_int_t)snapshot->time_ns, "visited",
			 (json_int_t)snapshot->scan.visited, "gaps", gaps, "entries", entries);
}

static int look(int project_fd, workspace_content_fn *keep, void *arg,
		struct workspace_snapshot *ret)
{
	cleanup_workspace_rules struct workspace_rules *rules = NULL;
	struct stat info;
	int r = workspace_rules_new_builtin(&rules);

	if (r < 0)
		return r;
	if (fstat(project_fd, &info) < 0)
		return -errno;
	ret->dev = info.st_dev;
	ret->ino = info.st_ino;
	ret->time_ns = clock_now_ns();
	return workspace_scan(project_fd, rules, keep, arg, &ret->scan);
}

int workspace_snapshot_take(int project_fd, int session_fd, enum workspace_moment moment)
{
	cleanup_workspace_snapshot struct workspace_snapshot snapshot = { 0 };
	cleanup_json json_t *json = NULL;
	cleanup_fd int fd = make_directory(session_fd);
	struct keeper keeper = { .fd = fd };
	int r;

	if (fd < 0)
		return fd;
	r = look(project_fd, keep_content, &keeper, &snapshot);
	if (r < 0)
		return r;
	json = snapshot_to_json(&snapshot);
	return json ? json_replace_file_at(fd, file_names[moment], json, 0600) : -ENOMEM;
}

int workspace_snapshot_now(int project_fd, struct workspace_snapshot *ret)
{
	return look(project_fd, NULL, NULL, ret);
}

ANALYZER_LOSES_OWNERS
static int read_entries(const json_t *list, struct workspace_scan *scan)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count > WORKSPACE_WATCHED_MAX)
		return -EBADMSG;
	scan->entries = calloc(count + 1, sizeof(*scan->entries));
	if (!scan->entries)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int r = workspace_entry_from_json(json_array_get(list, i), &scan->entries[i]);

		if (r < 0)
			return r;
		scan->count = i + 1;
		/* Searched by halves: the order is believed of nobody. */
		if (i > 0 && strcmp(scan->entries[i - 1].path, scan->entries[i].path) >= 0)
			return -EBADMSG;
	}
	return 0;
}
ANALYZER_KNOWS_OWNERS

int workspace_snapshot_read(int session_fd, enum workspace_moment moment,
			    struct workspace_snapshot *ret)
{
	cleanup_free char *text = NULL;
	cleanup_json json_t *json = NULL;
	cleanup_fd int fd = open_directory(session_fd);
	const json_t *gaps;
	size_t len = 0;
	int r;

	if (fd < 0)
		return fd;
	r = fd_read_file_at(fd, file_names[moment], WORKSPACE_SNAPSHOT_MAX, &text, &len);
	if (r == 0)
		r = json_load_strict(text, len, &json, NULL);
	if (r < 0)
		return r == -EFBIG || r == -EINVAL ? -EBADMSG : r;
	if (json_get_integer(json, "version", 0) > SNAPSHOT_VERSION)
		return -EPROTONOSUPPORT;
	if (json_get_integer(json, "version", 0) != SNAPSHOT_VERSION)
		return -EBADMSG;
	gaps = json_object_get(json, "gaps");
	ret->dev = (uint64_t)json_get_integer(json, "dev", 0);
	ret->ino = (uint64_t)json_get_integer(json, "ino", 0);
	ret->time_ns = (uint64_t)json_get_integer(json, "time_ns", 0);
	ret->scan.visited = (uint64_t)json_get_integer(json, "visited", 0);
	ret->scan.gaps.too_deep = (uint64_t)json_get_integer(gaps, "too_deep", 0);
	ret->scan.gaps.unreadable = (uint64_t)json_get_integer(gaps, "unreadable", 0);
	ret->scan.gaps.is_cut = json_is_true(json_object_get(gaps, "cut"));
	return read_entries(json_object_get(json, "entries"), &ret->scan);
}

void workspace_snapshot_done(struct workspace_snapshot *snapshot)
{
	workspace_scan_done(&snapshot->scan);
}

int workspace_content_read(int session_fd, const struct workspace_entry *entry, char **ret,
			   size_t *ret_len)
{
	cleanup_free char *data = NULL;
	cleanup_fd int fd = -1;
	char hex[OBJECT_ID_HEX_SIZE];
	uint8_t id[OBJECT_ID_SIZE];
	size_t len = 0;
	int r;

	if (!entry->is_kept)
		return -ENOENT;
	fd = open_directory(session_fd);
	if (fd < 0)
		return fd;
	object_id_to_hex(entry->id, hex);
	r = fd_read_file_at(fd, hex, WORKSPACE_KEEP_MAX, &data, &len);
	if (r == 0)
		r = object_id_of(data, len, id);
	if (r < 0)
		return r == -EFBIG || r == -EINVAL ? -EBADMSG : r;
	if (memcmp(id, entry->id, OBJECT_ID_SIZE) != 0)
		return -EBADMSG;
	*ret = steal_ptr(&data);
	*ret_len = len;
	return 0;
}

int workspace_content_keep(int session_fd, const uint8_t id[OBJECT_ID_SIZE], const char *data,
			   size_t len)
{
	cleanup_fd int fd = make_directory(session_fd);

	return fd < 0 ? fd : keep_in(fd, id, data, len);
}
