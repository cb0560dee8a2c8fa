/* SPDX-License-Identifier: MIT */
#include "fs/session/session_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/lock.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"

#define CREATE_TRIES 16
#define DIR_FLAGS    (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

#ifdef __linux__
#define STEP_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC) /* may be searched, need not be readable */
#else
#define STEP_FLAGS DIR_FLAGS
#endif

#ifdef __APPLE__
#define STATE_BELOW_HOME "/Library/Application Support/claudefs"
#else
#define STATE_BELOW_HOME "/.local/state/claudefs"
#endif

char *session_state_path(void)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	cleanup_text struct text path = { 0 };

	/* A relative one is to be ignored (XDG Base Directory Specification). */
	if (state && state[0] == '/') {
		text_append(&path, state);
		text_append(&path, "/claudefs");
	} else if (home && home[0] == '/') {
		text_append(&path, home);
		text_append(&path, STATE_BELOW_HOME);
	} else {
		return NULL;
	}
	return text_steal(&path);
}

/* Others could put words into the journal's mouth, or read what is private. */
static int check_is_ours(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 ? 0 : -EPERM;
}

static int open_step(int dir_fd, const char *name, bool may_create, int flags)
{
	int fd = openat(dir_fd, name, flags);

	if (fd < 0 && errno == ENOENT && may_create) {
		if (mkdirat(dir_fd, name, 0700) < 0 && errno != EEXIST)
			return -errno;
		fd = openat(dir_fd, name, flags);
	}
	return fd < 0 ? -errno : fd;
}

/* Component by component, since any of them may have to be made. Links on the way are the user's
 * own and are followed. */
static int open_absolute(const char *path, bool may_create)
{
	cleanup_fd int at = open("/", STEP_FLAGS);
	const char *name;
	size_t len;

	if (at < 0)
		return -errno;
	for (name = path + strspn(path, "/"); *name; name += strspn(name, "/")) {
		char component[PATH_NAME_MAX + 1];
		bool is_last;
		int fd;

		len = strcspn(name, "/");
		if (len > PATH_NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(component, name, len);
		component[len] = '\0';
		name += len;
		is_last = name[strspn(name, "/")] == '\0';
		fd = open_step(at, component, may_create, is_last ? DIR_FLAGS : STEP_FLAGS);
		if (fd < 0)
			return fd;
		cleanup_close_fd(&at);
		at = fd;
	}
	return steal_fd(&at);
}

int session_place_open(const char *path, bool may_create)
{
	cleanup_fd int fd = open_absolute(path, may_create);
	int r;

	if (fd < 0)
		return fd;
	r = check_is_ours(fd);
	return r < 0 ? r : steal_fd(&fd);
}

int session_state_open(bool may_create)
{
	cleanup_free char *path = session_state_path();

	return path ? session_place_open(path, may_create) : -EINVAL;
}

bool session_id_is_valid(const char *id)
{
	/* '0': a decimal digit, 'x': a hexadecimal one, else itself. */
	static const char shape[] = "00000000T000000.000Z-xxxxxxxx";

	if (strlen(id) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		bool is_decimal = id[i] >= '0' && id[i] <= '9';
		bool is_hexadecimal = is_decimal || (id[i] >= 'a' && id[i] <= 'f');

		if (shape[i] == '0'   ? !is_decimal
		    : shape[i] == 'x' ? !is_hexadecimal
				      : id[i] != shape[i])
			return false;
	}
	return true;
}

static int open_sessions(int state_fd, bool may_create)
{
	cleanup_fd int fd = open_step(state_fd, "sessions", may_create, DIR_FLAGS | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return fd;
	r = check_is_ours(fd);
	return r < 0 ? r : steal_fd(&fd);
}

static int open_beside(int sessions_fd, const char *id)
{
	cleanup_fd int fd = openat(sessions_fd, id, DIR_FLAGS | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return -errno;
	r = check_is_ours(fd);
	return r < 0 ? r : steal_fd(&fd);
}

/* A directory of a new name, which goes to *ret_id (ret_). */
static int make_directory(int sessions_fd, uint64_t now, char **ret_id)
{
	char stamp[CLOCK_TEXT_SIZE];
	char id[SESSION_ID_MAX];

	clock_format_id(now, stamp);
	for (int tries = 0; tries < CREATE_TRIES; tries++) {
		uint32_t random = 0;
		int r = fd_random_bytes(&random, sizeof(random));

		if (r < 0)
			return r;
		(void)snprintf(id, sizeof(id), "%s-%08" PRIx32, stamp, random);
		if (mkdirat(sessions_fd, id, 0700) == 0) {
			*ret_id = strdup(id);
			if (*ret_id)
				return 0;
			(void)unlinkat(sessions_fd, id, AT_REMOVEDIR);
			return -ENOMEM;
		}
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int session_create(int state_fd, struct manifest *manifest)
{
	cleanup_fd int sessions_fd = open_sessions(state_fd, true);
	uint64_t now = clock_now_ns();
	cleanup_fd int fd = -1;
	char *id = NULL;
	int r;

	if (sessions_fd < 0)
		return sessions_fd;
	r = make_directory(sessions_fd, now, &id);
	if (r < 0)
		return r;
	free(manifest->id);
	manifest->id = id;
	manifest->version = MANIFEST_VERSION;
	manifest->start_ns = now;
	fd = open_beside(sessions_fd, id);
	r = fd < 0 ? fd : manifest_write(fd, manifest);
	if (r == 0 && fsync(sessions_fd) < 0)
		r = -errno;
	if (r < 0) {
		if (fd >= 0)
			(void)unlinkat(fd, "manifest.json", 0);
		(void)unlinkat(sessions_fd, id, AT_REMOVEDIR);
		return r;
	}
	return steal_fd(&fd);
}

int session_open(int state_fd, const char *id)
{
	cleanup_fd int sessions_fd = -1;

	if (!session_id_is_valid(id))
		return -EINVAL;
	sessions_fd = open_sessions(state_fd, false);
	return sessions_fd < 0 ? sessions_fd : open_beside(sessions_fd, id);
}

static int compare_newest_first(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

void session_list_free(char **ids, int count)
{
	for (int i = 0; i < count; i++)
		free(ids[i]);
	free(ids);
}

struct id_list {
	char **ids;
	int count;
	int size;
};

static void cleanup_id_list(struct id_list *list)
{
	session_list_free(list->ids, list->count);
}

ANALYZER_LOSES_OWNERS
static int add_id(struct id_list *list, const char *id)
{
	if (list->count == list->size) {
		int size = list->size ? list->size * 2 : 64;
		char **grown = realloc(list->ids, (size_t)size * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		list->ids = grown;
		list->size = size;
	}
	list->ids[list->count] = strdup(id);
	if (!list->ids[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}
ANALYZER_KNOWS_OWNERS

int session_list(int state_fd, char ***ret)
{
	__attribute__((cleanup(cleanup_id_list))) struct id_list list = { 0 };
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;
	int fd = open_sessions(state_fd, false);
	int count;

	if (fd < 0 && fd != -ENOENT)
		return fd;
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (fd >= 0 && !dir) {
		cleanup_close_fd(&fd);
		return -errno;
	}
	while (dir && (errno = 0, (entry = readdir(dir)) != NULL)) {
		int r = session_id_is_valid(entry->d_name) ? add_id(&list, entry->d_name) : 0;

		if (r < 0)
			return r;
	}
	if (dir && errno != 0)
		return -errno;
	if (list.count > 0)
		qsort(list.ids, (size_t)list.count, sizeof(*list.ids), compare_newest_first);
	count = list.count;
	*ret = list.ids;
	list = (struct id_list){ 0 };
	return count;
}

bool session_is_running(int session_fd)
{
	return lock_is_held(session_fd, LOCK_SESSION_NAME);
}
