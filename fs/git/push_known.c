/* SPDX-License-Identifier: MIT */
#include "fs/git/push_known.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/digest.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/base/lock.h"

#define RECORD_MAX (1u << 20) /* bytes */
#define VERSION    1
#define LOCK_MS    10000 /* it is held for a moment only */

struct record_name {
	char text[DIGEST_HEX_SIZE + sizeof(".json")];
};

static int name_of(const char *project, struct record_name *ret)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;
	int r;

	if (!stream)
		return -ENOMEM;
	digest_stream_text(stream, project);
	r = digest_stream_finish(stream, &digest);
	if (r < 0)
		return r;
	digest_to_hex(&digest, hex);
	(void)snprintf(ret->text, sizeof(ret->text), "%s.json", hex);
	return 0;
}

static int open_below(int dir_fd, const char *name, bool may_create)
{
	struct stat info;
	cleanup_fd int fd = -1;

	if (may_create && mkdirat(dir_fd, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &info) < 0)
		return -errno;
	return info.st_uid == geteuid() && (info.st_mode & 022) == 0 ? steal_fd(&fd) : -EPERM;
}

static int open_records(const char *state_path, bool may_create)
{
	cleanup_fd int state = open(state_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int all = state < 0 ? -errno : open_below(state, "push", may_create);

	return all < 0 ? all : open_below(all, "known", may_create);
}

/* Its targets (ret_). Returns 0, -ENOENT, -EBADMSG or -errno. */
static int read_record(int dir_fd, const char *project, json_t **ret)
{
	cleanup_free char *text = NULL;
	cleanup_json json_t *top = NULL;
	struct record_name name;
	json_t *targets;
	size_t len = 0;
	int r = name_of(project, &name);

	if (r == 0)
		r = fd_read_file_at(dir_fd, name.text, RECORD_MAX, &text, &len);
	if (r == 0)
		r = json_load_strict(text, len, &top, NULL);
	if (r < 0)
		return r;
	targets = json_object_get(top, "targets");
	if (json_get_integer(top, "version", 0) != VERSION || !json_is_array(targets) ||
	    strcmp(json_get_string(top, "project", ""), project) != 0)
		return -EBADMSG;
	*ret = json_incref(targets);
	return 0;
}

static int write_record(int dir_fd, const char *project, json_t *targets)
{
	cleanup_json json_t *top = json_object();
	struct record_name name;
	int r = name_of(project, &name);

	(void)json_object_set_new(top, "version", json_integer(VERSION));
	/* One that is no UTF-8 would not be found again, so it is not written. */
	if (json_object_set_new(top, "project", json_string(project)) < 0)
		r = -EILSEQ;
	if (r == 0 && json_object_set(top, "targets", targets) < 0)
		r = -ENOMEM;
	return r < 0 ? r : json_replace_file_at(dir_fd, name.text, top, 0600);
}

static bool has(const json_t *targets, const char *target)
{
	for (size_t i = 0; i < json_array_size(targets); i++) {
		const char *known = json_string_value(json_array_get(targets, i));

		if (known && strcmp(known, target) == 0)
			return true;
	}
	return false;
}

static bool exists(int dir_fd, const char *project)
{
	struct record_name name;
	struct stat info;

	/* What cannot be told may be there. */
	return name_of(project, &name) < 0 ||
	       fstatat(dir_fd, name.text, &info, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* Whoever had a session above could write here. */
static bool is_below_known(int dir_fd, const char *project)
{
	cleanup_free char *above = strdup(project);
	char *slash;

	while (above && (slash = strrchr(above, '/')) != NULL && slash != above) {
		*slash = '\0';
		if (exists(dir_fd, above))
			return true;
	}
	return !above || exists(dir_fd, "/");
}

int push_known_begin(const char *state_path, const char *project, bool had_sessions,
		     const struct push_remotes *remotes)
{
	cleanup_fd int dir = open_records(state_path, true);
	cleanup_fd int lock = dir < 0 ? dir : lock_wait(dir, "lock", LOCK_MS);
	cleanup_json json_t *targets = json_array();
	cleanup_json json_t *known = NULL;

	if (lock < 0)
		return lock;
	if (exists(dir, project))
		return read_record(dir, project, &known);
	if (!had_sessions && !is_below_known(dir, project)) {
		for (size_t i = 0; i < remotes->count; i++) {
			const char *target = remotes->items[i].target;

			if (!has(targets, target) &&
			    json_array_append_new(targets, json_string(target)) < 0)
				return -ENOMEM;
		}
	}
	return write_record(dir, project, targets);
}

int push_known_add(const char *state_path, const char *project, const char *target)
{
	cleanup_fd int dir = open_records(state_path, true);
	cleanup_fd int lock = dir < 0 ? dir : lock_wait(dir, "lock", LOCK_MS);
	cleanup_json json_t *targets = NULL;
	int r = lock < 0 ? lock : read_record(dir, project, &targets);

	if (r == -ENOENT) {
		targets = json_array();
		r = 0;
	}
	if (r < 0 || has(targets, target))
		return r;
	if (json_array_size(targets) >= PUSH_KNOWN_MAX)
		return -ENOSPC;
	return json_array_append_new(targets, json_string(target)) < 0
		       ? -ENOMEM
		       : write_record(dir, project, targets);
}

bool push_known_has(const char *state_path, const char *project, const char *target)
{
	cleanup_fd int dir = open_records(state_path, false);
	cleanup_json json_t *targets = NULL;

	return dir >= 0 && read_record(dir, project, &targets) == 0 && has(targets, target);
}

bool push_known_exists(const char *state_path, const char *project)
{
	cleanup_fd int dir = open_records(state_path, false);

	return dir >= 0 && exists(dir, project);
}
