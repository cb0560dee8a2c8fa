/* SPDX-License-Identifier: MIT */
#include "tests/crash/writers.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/journal/content_store.h"
#include "fs/review/replay.h"
#include "tests/lib/own_directory.h"
#include "tests/mount/fixture.h"

static char memory[64]; /* "": sessions are on disk */

static bool write_line(int fd, unsigned int number)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "{\"n\":%010u}\n", number);

	return write(fd, line, (size_t)n) == n && fsync(fd) == 0;
}

static bool append_next(const struct writer *writer, unsigned int number)
{
	cleanup_fd int fd = open(in_view("%s/%s", fixture.own, writer->path),
				 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	return fd >= 0 && write_line(fd, number);
}

static bool rewrite_next(const struct writer *writer, unsigned int number)
{
	cleanup_fd int fd = open(in_view("%s/%s", fixture.own, writer->path),
				 O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 && write_line(fd, number);
}

static bool save_next(const struct writer *writer, unsigned int number)
{
	const char *temp = in_view("%s/%s.tmp.%u", fixture.own, writer->path, number);
	cleanup_fd int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 && write_line(fd, number) &&
	       rename(temp, in_view("%s/%s", fixture.own, writer->path)) == 0;
}

/* Every line from 1 on, behind whatever the host's file had before. */
static bool holds_lines(const char *content, unsigned int number)
{
	const char *at = strstr(content, "{\"n\":0000000001}\n");

	if (number > 0 && !at)
		return false;
	for (unsigned int i = 1; i <= number; i++) {
		char line[32];
		size_t len = (size_t)snprintf(line, sizeof(line), "{\"n\":%010u}\n", i);

		if (strncmp(at, line, len) != 0)
			return false;
		at += len;
	}
	return true;
}

/* One line with this number or a later one, which may have been under way. */
static bool holds_latest(const char *content, unsigned int number)
{
	unsigned int found = 0;

	if (number == 0)
		return true;
	return sscanf(content, "{\"n\":%10u}", &found) == 1 && found >= number;
}

const struct writer writers[WRITERS] = {
	{ "append to a new file", "crash.jsonl", append_next, holds_lines },
	{ "append to a host file", FIXTURE_SESSION_UUID ".jsonl", append_next, holds_lines },
	{ "rewrite in place", "crash.txt", rewrite_next, holds_latest },
	{ "save by rename", "crash.json", save_next, holds_latest },
};
/* The content that the session holds for a writer's file (ret_), or NULL if it has none. */
static char *session_content(const struct replay *replay, struct content_store *store,
			     const struct writer *writer)
{
	struct replay_entry entry;
	cleanup_fd int fd = -1;
	char path[1024];
	char *content = NULL;
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", fixture.own, writer->path);
	if (!replay_find_entry(replay, path, &entry) || !entry.object)
		return NULL;
	/* All of it is in the object: the host's file is far below the append-aware size. */
	if (entry.object->prefix != 0)
		return NULL;
	fd = content_store_open_object(store, entry.object->number, O_RDONLY);
	if (fd < 0 || fd_read_file(fd, 64u << 20, &content, &len) < 0)
		return NULL;
	return content;
}

const struct writer *find_loss(const unsigned int acked[WRITERS])
{
	cleanup_replay struct replay *replay = NULL;
	cleanup_content_store struct content_store *store = NULL;

	assert_int_equal(replay_new(fixture.session_fd, fixture.session_id, &replay), 0);
	assert_int_equal(content_store_open(fixture.session_fd, false, &store), 0);
	for (size_t i = 0; i < WRITERS; i++) {
		cleanup_free char *content = session_content(replay, store, &writers[i]);

		if (acked[i] > 0 && (!content || !writers[i].holds(content, acked[i])))
			return &writers[i];
	}
	return NULL;
}

void sessions_in_memory(void)
{
	char path[sizeof(memory)];

	if (own_directory_make(path, sizeof(path), "/dev/shm", "writers") &&
	    setenv("XDG_STATE_HOME", path, 1) == 0)
		(void)snprintf(memory, sizeof(memory), "%s", path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void remove_session(void)
{
	char path[256];

	if (!memory[0])
		return;
	(void)snprintf(path, sizeof(path), "%s/claudefs/sessions/%s", memory, fixture.session_id);
	(void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void remove_sessions(void)
{
	if (memory[0])
		(void)nftw(memory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
