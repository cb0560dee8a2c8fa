/* SPDX-License-Identifier: MIT */
#include "launcher/containers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"

#define FILES_DIR    "container"
#define ASK_AGAIN_MS 500

static int write_file(int dir, const char *name, const char *content, mode_t mode)
{
	cleanup_fd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : fd_write_all(fd, content, strlen(content));

	/* Whatever the umask. */
	return r == 0 && fchmod(fd, mode) < 0 ? -errno : r;
}

static int make_entry(int dir, int home, const struct plan *plan, size_t index)
{
	const struct plan_entry *entry = &plan->entries[index];
	const char *name;
	char number[24];

	if (container_is_of_home(plan, entry, &name)) {
		if (entry->kind == PLAN_DIR)
			return mkdirat(home, name, 0700) < 0 ? -errno : 0;
		return write_file(home, name, entry->source, entry->mode);
	}
	if (entry->kind != PLAN_FILE)
		return 0;
	(void)snprintf(number, sizeof(number), "%zu", index);
	return write_file(dir, number, entry->source, entry->mode);
}

int container_files_make(int session_fd, const struct plan *plan)
{
	cleanup_fd int dir = -1;
	cleanup_fd int home = -1;
	int r = 0;

	if (mkdirat(session_fd, FILES_DIR, 0700) < 0)
		return -errno;
	dir = openat(session_fd, FILES_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || mkdirat(dir, "home", 0700) < 0)
		return -errno;
	home = openat(dir, "home", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (home < 0)
		return -errno;
	for (size_t i = 0; r == 0 && i < plan->count; i++)
		r = make_entry(dir, home, plan, i);
	return r;
}

/* One level: what container_files_make() makes. */
static void remove_in(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unlinkat(fd, entry->d_name, 0) < 0)
			(void)unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	}
	(void)unlinkat(parent, name, AT_REMOVEDIR);
}

void container_files_remove(int session_fd)
{
	cleanup_fd int dir =
		openat(session_fd, FILES_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0)
		return;
	remove_in(dir, "home");
	remove_in(session_fd, FILES_DIR);
}

/* Finds name's line in "/NAME exited 137 true" (docker; podman has no slash). */
static void parse_end(const struct engine_answer *answer, const char *name,
		      struct container_end *ret)
{
	const char *line = answer->out ? strstr(answer->out, name) : NULL;
	char status[16] = "", oom[8] = "";

	if (!line) {
		ret->is_removed = answer->err && strcasestr(answer->err, "no such container") &&
				  strstr(answer->err, name);
		ret->is_known = ret->is_removed;
		return;
	}
	if (sscanf(line + strlen(name), " %15s %d %7s", status, &ret->code, oom) != 3)
		return;
	ret->is_oom = strcmp(oom, "true") == 0;
	/* "stopped": podman's word, until it has tidied up. */
	ret->is_known = strcmp(status, "exited") == 0 || strcmp(status, "dead") == 0 ||
			strcmp(status, "stopped") == 0;
}

static bool ask_once(struct containers *containers)
{
	const char *const words[] = {
		"container",
		"inspect",
		"--format",
		"{{.Name}} {{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}",
		containers->names.keeper,
		containers->names.agent,
		NULL
	};
	cleanup_engine_answer struct engine_answer answer = { 0 };

	if (engine_ask(&containers->engine, words, &answer) < 0)
		return false;
	parse_end(&answer, containers->names.keeper, &containers->keeper_end);
	parse_end(&answer, containers->names.agent, &containers->agent_end);
	return containers->keeper_end.is_known && containers->agent_end.is_known;
}

void containers_ask_ends(struct containers *containers, int wait_ms)
{
	const struct timespec pause = { .tv_nsec = ASK_AGAIN_MS * 1000000L };

	bool is_said = false;

	while (!ask_once(containers) && wait_ms > 0) {
		if (!is_said)
			message_info("%s: the engine went away: waiting for it to come back",
				     containers->engine.kind->name);
		is_said = true;
		(void)nanosleep(&pause, NULL);
		wait_ms -= ASK_AGAIN_MS;
	}
}

/* Field 22 of /proc/PID/stat: when the process started. 0: there is none. */
static unsigned long long start_of(long pid)
{
	cleanup_fd int fd = -1;
	char path[40], text[1024] = "";
	unsigned long long start = 0;
	const char *field;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd_pread_all(fd, text, sizeof(text) - 1, 0) < 0)
		return 0;
	/* The name, in parentheses, may hold anything. */
	field = strrchr(text, ')');
	for (int i = 2; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	return field && sscanf(field, " %llu", &start) == 1 ? start : 0;
}

char *containers_owner(void)
{
	char *owner = NULL;

	return asprintf(&owner, "%ld.%llu", (long)getpid(), start_of(getpid())) < 0 ? NULL : owner;
}

static bool lives(const char *owner)
{
	unsigned long long start = 0;
	long pid = 0;

	return sscanf(owner, "%ld.%llu", &pid, &start) == 2 && start != 0 && start_of(pid) == start;
}

/* Adds the ended containers that nobody will remove any more. */
static void add_orphans(struct engine_answer *answer, struct string_list *words)
{
	char *line, *rest;

	for (line = strtok_r(answer->out, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *owner = strchr(line, ' ');

		if (!owner)
			continue;
		*owner++ = '\0';
		if (!lives(owner))
			string_list_add(words, line);
	}
}

static void add_removal(const struct engine_kind *kind, struct string_list *words)
{
	string_list_add(words, "rm");
	string_list_add(words, "--force");
	string_list_add(words, "--volumes");
	if (kind->has_dependents)
		string_list_add(words, "--depend");
}

void containers_remove(struct containers *containers)
{
	const char *const list[] = {
		"ps",       "--all",         "--filter", "label=" CONTAINER_LABEL,
		"--filter", "status=exited", "--format", containers->engine.kind->owner_format,
		NULL,
	};
	cleanup_string_list struct string_list words = { 0 };

	if (!containers->has_keeper && !containers->has_agent)
		return;
	add_removal(containers->engine.kind, &words);
	if (containers->has_agent)
		string_list_add(&words, containers->names.agent);
	if (containers->has_keeper)
		string_list_add(&words, containers->names.keeper);
	/* An engine that is gone keeps them; the next session removes them as orphans. */
	if (!words.is_failed)
		(void)engine_ask_begin(&containers->engine, (const char *const *)words.items,
				       &containers->removal);
	(void)engine_ask_begin(&containers->engine, list, &containers->orphans);
	containers->has_keeper = containers->has_agent = false;
}

static void end_removal(struct containers *containers)
{
	cleanup_string_list struct string_list words = { 0 };
	cleanup_engine_answer struct engine_answer removed = { 0 };
	cleanup_engine_answer struct engine_answer orphans = { 0 };
	cleanup_engine_answer struct engine_answer last = { 0 };
	size_t before;

	(void)engine_ask_end(&containers->removal, &removed);
	if (engine_ask_end(&containers->orphans, &orphans) < 0 || orphans.code != 0)
		return;
	add_removal(containers->engine.kind, &words);
	before = words.count;
	add_orphans(&orphans, &words);
	if (!words.is_failed && words.count > before)
		(void)engine_ask(&containers->engine, (const char *const *)words.items, &last);
}

void containers_done(struct containers *containers)
{
	cleanup_engine_answer struct engine_answer unused = { 0 };

	(void)engine_ask_end(&containers->image, &unused);
	end_removal(containers);
	free(containers->names.session_id);
	free(containers->names.session_dir);
	free(containers->names.files_dir);
	free(containers->names.keeper);
	free(containers->names.agent);
	free(containers->names.owner);
	engine_done(&containers->engine);
	cleanup_close_fd(&containers->lifeline);
	cleanup_close_fd(&containers->network_offer);
	cleanup_close_fd(&containers->login_offer);
	*containers = (struct containers)CONTAINERS_NONE;
}
