/* SPDX-License-Identifier: MIT */
#include "fs/git/push_store.h"

#include <ctype.h>
#include <dirent.h>
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
#include "fs/base/json.h"
#include "fs/git/push_quarantine.h"

#define ENTRY_VERSION 1
#define ENTRY_MAX     (256u << 10) /* bytes */

static const char *const state_names[] = { [PUSH_HELD] = "held",
					   [PUSH_APPROVED] = "approved",
					   [PUSH_REJECTED] = "rejected",
					   [PUSH_PUSHED] = "pushed",
					   [PUSH_REFUSED] = "refused" };
#define STATE_COUNT (sizeof(state_names) / sizeof(state_names[0]))

static const char *const actor_names[] = { [PUSH_BY_RULES] = "rules",
					   [PUSH_BY_PERSON] = "person",
					   [PUSH_BY_LAUNCH] = "--allow-git-push" };
#define ACTOR_COUNT (sizeof(actor_names) / sizeof(actor_names[0]))

const char *push_actor_name(enum push_actor actor)
{
	return actor_names[actor];
}

const char *push_state_name(enum push_state state)
{
	return state_names[state];
}

bool push_is_open(const struct push_entry *entry)
{
	return entry->state == PUSH_HELD || entry->state == PUSH_APPROVED;
}

void push_store_done(struct push_store *store)
{
	cleanup_close_fd(&store->fd);
	free(store->path);
	free(store->empty);
	*store = (struct push_store)PUSH_STORE_NONE;
}

void push_entry_done(struct push_entry *entry)
{
	free(entry->remote);
	free(entry->target);
	free(entry->reason);
	for (size_t i = 0; i < entry->event_count; i++)
		free(entry->events[i].reason);
	*entry = (struct push_entry){ 0 };
}

int push_entry_turn(struct push_entry *entry, enum push_state state, enum push_actor by,
		    const char *reason)
{
	/* Two, before the old one goes: reason may be that. */
	char *now = reason ? strdup(reason) : NULL;
	char *then = reason ? strdup(reason) : NULL;

	/* How it began stays, whatever follows. */
	if (entry->event_count == PUSH_EVENTS_MAX) {
		free(entry->events[1].reason);
		memmove(&entry->events[1], &entry->events[2],
			(PUSH_EVENTS_MAX - 2) * sizeof(entry->events[0]));
		entry->event_count--;
	}
	entry->events[entry->event_count++] = (struct push_event){
		.time_ns = clock_now_ns(), .state = state, .by = by, .reason = then
	};
	free(entry->reason);
	entry->reason = now;
	entry->state = state;
	return reason && (!now || !then) ? -ENOMEM : 0;
}

static int open_below(int dir_fd, const char *name, bool may_create)
{
	struct stat info;
	int fd;

	if (may_create && mkdirat(dir_fd, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &info) == 0 && info.st_uid == geteuid() && (info.st_mode & 022) == 0)
		return fd;
	(void)close(fd);
	return -EPERM;
}

int push_store_open(const char *state_path, const char *session_id, bool may_create,
		    struct push_store *ret)
{
	cleanup_fd int state = open(state_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int all = state < 0 ? -errno : open_below(state, "push", may_create);
	cleanup_push_store struct push_store store = PUSH_STORE_NONE;

	if (all < 0)
		return all;
	store.fd = open_below(all, session_id, may_create);
	if (store.fd < 0)
		return store.fd;
	if (may_create && mkdirat(store.fd, "empty", 0700) < 0 && errno != EEXIST)
		return -errno;
	if (asprintf(&store.path, "%s/push/%s", state_path, session_id) < 0) {
		store.path = NULL;
		return -ENOMEM;
	}
	if (asprintf(&store.empty, "%s/empty", store.path) < 0) {
		store.empty = NULL;
		return -ENOMEM;
	}
	*ret = store;
	store = (struct push_store)PUSH_STORE_NONE;
	return 0;
}

int push_store_last(const struct push_store *store)
{
	int fd = openat(store->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	long last = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		char *end = NULL;
		long number = isdigit((unsigned char)entry->d_name[0])
				      ? strtol(entry->d_name, &end, 10)
				      : 0;

		if (number > last && number <= (long)PUSH_ENTRIES_MAX &&
		    (strcmp(end, ".json") == 0 || strcmp(end, ".git") == 0))
			last = number;
	}
	return (int)last;
}

char *push_store_quarantine(const struct push_store *store, unsigned int number)
{
	char *path = NULL;

	return asprintf(&path, "%s/%u.git", store->path, number) < 0 ? NULL : path;
}

int push_store_write_refs(const struct push_store *store, unsigned int number,
			  const struct push_refs *refs)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%u.refs", number);
	return push_refs_write(store->fd, name, refs);
}

int push_store_load_refs(const struct push_store *store, unsigned int number, struct push_refs *ret)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%u.refs", number);
	return push_refs_load(store->fd, name, ret);
}

void push_store_drop_way(const struct push_store *store, unsigned int number)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%u.way", number);
	(void)push_quarantine_remove(store->fd, name);
}

char *push_store_make_way(const struct push_store *store, unsigned int number)
{
	char *path = NULL;

	/* Of somebody who was killed. */
	push_store_drop_way(store, number);
	if (asprintf(&path, "%s/%u.way", store->path, number) < 0)
		return NULL;
	if (push_quarantine_make(path) == 0)
		return path;
	free(path);
	return NULL;
}

int push_store_drop(const struct push_store *store, unsigned int number)
{
	char name[32];
	int r;

	(void)snprintf(name, sizeof(name), "%u.refs", number);
	(void)unlinkat(store->fd, name, 0);
	push_store_drop_way(store, number);
	(void)snprintf(name, sizeof(name), "%u.git", number);
	r = push_quarantine_remove(store->fd, name);
	return r == -ENOENT ? 0 : r;
}

static json_t *commands_to_json(const struct push_entry *entry)
{
	json_t *list = json_array();

	for (size_t i = 0; i < entry->count; i++) {
		json_t *item = json_object();

		(void)json_object_set_new(item, "ref", json_string(entry->commands[i].ref));
		(void)json_object_set_new(item, "old", json_string(entry->commands[i].old_id));
		(void)json_object_set_new(item, "new", json_string(entry->commands[i].new_id));
		(void)json_array_append_new(list, item);
	}
	return list;
}

static void set_number(json_t *json, const char *key, uint64_t number)
{
	(void)json_object_set_new(json, key, json_integer((json_int_t)number));
}

static json_t *events_to_json(const struct push_entry *entry)
{
	json_t *list = json_array();

	for (size_t i = 0; i < entry->event_count; i++) {
		const struct push_event *event = &entry->events[i];
		json_t *item = json_object();

		set_number(item, "time_ns", event->time_ns);
		(void)json_object_set_new(item, "state", json_string(state_names[event->state]));
		(void)json_object_set_new(item, "by", json_string(actor_names[event->by]));
		if (event->reason)
			(void)json_object_set_new(item, "reason", json_string_lossy(event->reason));
		(void)json_array_append_new(list, item);
	}
	return list;
}

int push_entry_write(const struct push_store *store, const struct push_entry *entry)
{
	cleanup_json json_t *json = json_object();
	char name[32];

	set_number(json, "version", ENTRY_VERSION);
	(void)json_object_set_new(json, "state", json_string(state_names[entry->state]));
	set_number(json, "time_ns", entry->time_ns);
	(void)json_object_set_new(json, "remote", json_string_lossy(entry->remote));
	(void)json_object_set_new(json, "target", json_string_lossy(entry->target));
	(void)json_object_set_new(json, "refs", commands_to_json(entry));
	set_number(json, "commits", entry->facts.commits);
	set_number(json, "files", entry->facts.files);
	set_number(json, "added", entry->facts.added);
	set_number(json, "removed", entry->facts.removed);
	(void)json_object_set_new(json, "refuse_broad", json_boolean(entry->refuse_broad));
	(void)json_object_set_new(json, "events", events_to_json(entry));
	if (json_object_set_new(json, "reason",
				entry->reason ? json_string_lossy(entry->reason) : json_null()) < 0)
		return -ENOMEM;
	(void)snprintf(name, sizeof(name), "%u.json", entry->number);
	return json_replace_file_at(store->fd, name, json, 0600);
}

static int read_commands(const json_t *list, struct push_entry *ret)
{
	if (json_array_size(list) > PUSH_COMMANDS_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		struct push_command *command = &ret->commands[i];
		uint8_t id[OBJECT_ID_SIZE];
		const char *ref = json_get_string(item, "ref", "");
		const char *old_id = json_get_string(item, "old", "");
		const char *new_id = json_get_string(item, "new", "");

		if (strlen(ref) > PUSH_REF_MAX || object_id_from_hex(old_id, id) < 0 ||
		    object_id_from_hex(new_id, id) < 0)
			return -EBADMSG;
		(void)snprintf(command->ref, sizeof(command->ref), "%s", ref);
		memcpy(command->old_id, old_id, OBJECT_ID_HEX_SIZE);
		memcpy(command->new_id, new_id, OBJECT_ID_HEX_SIZE);
		ret->count = i + 1;
	}
	return 0;
}

/* The number of a name in a table of count; -EBADMSG: it has none. */
static int find_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	return -EBADMSG;
}

ANALYZER_LOSES_OWNERS
static int read_event(const json_t *item, struct push_event *ret)
{
	const char *reason = json_get_string(item, "reason", NULL);
	int state = find_name(state_names, STATE_COUNT, json_get_string(item, "state", ""));
	int by = find_name(actor_names, ACTOR_COUNT, json_get_string(item, "by", ""));

	if (state < 0 || by < 0)
		return -EBADMSG;
	ret->time_ns = (uint64_t)json_get_integer(item, "time_ns", 0);
	ret->state = (enum push_state)state;
	ret->by = (enum push_actor)by;
	ret->reason = reason ? strdup(reason) : NULL;
	return reason && !ret->reason ? -ENOMEM : 0;
}
ANALYZER_KNOWS_OWNERS

/* None where an older claudefs wrote the entry. */
static int read_events(const json_t *list, struct push_entry *ret)
{
	int r = 0;

	if (json_array_size(list) > PUSH_EVENTS_MAX)
		return -EBADMSG;
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		r = read_event(json_array_get(list, i), &ret->events[i]);
		ret->event_count = i + 1;
	}
	return r;
}

static int read_fields(const json_t *json, struct push_entry *ret)
{
	const char *reason = json_get_string(json, "reason", NULL);
	int state = find_name(state_names, STATE_COUNT, json_get_string(json, "state", ""));
	int r;

	if (json_get_integer(json, "version", 0) != ENTRY_VERSION || state < 0)
		return -EBADMSG;
	ret->state = (enum push_state)state;
	ret->time_ns = (uint64_t)json_get_integer(json, "time_ns", 0);
	ret->facts.commits = (uint64_t)json_get_integer(json, "commits", 0);
	ret->facts.files = (uint64_t)json_get_integer(json, "files", 0);
	ret->facts.added = (uint64_t)json_get_integer(json, "added", 0);
	ret->facts.removed = (uint64_t)json_get_integer(json, "removed", 0);
	ret->refuse_broad = !json_is_false(json_object_get(json, "refuse_broad"));
	ret->remote = strdup(json_get_string(json, "remote", ""));
	ret->target = strdup(json_get_string(json, "target", ""));
	ret->reason = reason ? strdup(reason) : NULL;
	if (!ret->remote || !ret->target || (reason && !ret->reason))
		return -ENOMEM;
	r = read_commands(json_object_get(json, "refs"), ret);
	return r < 0 ? r : read_events(json_object_get(json, "events"), ret);
}

int push_entry_read(const struct push_store *store, unsigned int number, struct push_entry *ret)
{
	cleanup_push_entry struct push_entry entry = { .number = number };
	cleanup_free char *text = NULL;
	cleanup_json json_t *json = NULL;
	char name[32];
	size_t len = 0;
	int r;

	(void)snprintf(name, sizeof(name), "%u.json", number);
	r = fd_read_file_at(store->fd, name, ENTRY_MAX, &text, &len);
	if (r == 0)
		r = json_load_strict(text, len, &json, NULL);
	if (r == 0)
		r = read_fields(json, &entry);
	if (r == 0) {
		*ret = entry;
		entry = (struct push_entry){ 0 };
	}
	return r;
}
