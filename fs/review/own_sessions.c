/* SPDX-License-Identifier: MIT */
#include "fs/review/own_sessions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/text.h"
#include "fs/policy/transcript.h"

#define EXTENSION ".jsonl"

/* A transcript's name: a session's id and the extension. */
static bool is_transcript(const char *name)
{
	size_t len = strlen(name);

	return len == SESSION_UUID_LEN + strlen(EXTENSION) &&
	       strcmp(name + SESSION_UUID_LEN, EXTENSION) == 0;
}

/* 1: it was written in another project whose directory has the same name. Returns 0, 1 or
 * -ENOMEM. */
static int is_twins_transcript(struct review *review, const char *name)
{
	struct project_scope *scope = review->options.scope;
	cleanup_text struct text path = { 0 };
	cleanup_free char *head = malloc(TRANSCRIPT_HEAD_MAX);
	cleanup_fd int fd = -1;
	ssize_t n;

	text_append(&path, "projects/");
	text_append(&path, project_scope_encoded(scope));
	text_append(&path, "/");
	text_append(&path, name);
	if (!head || path.is_failed)
		return -ENOMEM;
	fd = host_tree_open_file(review->options.host, path.data, NULL);
	n = fd < 0 ? -1 : fd_pread_all(fd, head, TRANSCRIPT_HEAD_MAX, 0);
	return n > 0 && transcript_is_foreign(scope, head, (size_t)n);
}

static int add_host_transcript(const char *name, void *arg)
{
	struct review *review = arg;
	int r;

	if (!is_transcript(name))
		return 0;
	r = is_twins_transcript(review, name);
	if (r < 0)
		return r;
	if (r > 0)
		return project_scope_add_foreign(review->options.scope, name, SESSION_UUID_LEN);
	return project_scope_add_session(review->options.scope, name, SESSION_UUID_LEN);
}

struct search {
	struct review *review;
	const char *transcript;
	bool is_found;
};

static int look_in_project(const char *project, void *arg)
{
	struct search *search = arg;
	cleanup_text struct text path = { 0 };
	struct stat st;
	int r;

	if (strcmp(project, project_scope_encoded(search->review->options.scope)) == 0)
		return 0;
	text_append(&path, "projects/");
	text_append(&path, project);
	text_append(&path, "/");
	text_append(&path, search->transcript);
	if (path.is_failed)
		return -ENOMEM;
	r = host_tree_stat(search->review->options.host, path.data, &st);
	/* What cannot be looked at may hold it. */
	search->is_found = r != -ENOENT && r != -ENOTDIR;
	return search->is_found ? 1 : 0;
}

static int is_foreign(struct review *review, const char *transcript)
{
	struct search search = { .review = review, .transcript = transcript };
	int r = host_tree_list(review->options.host, "projects", look_in_project, &search);

	if (r < 0 && r != -ENOENT)
		return r;
	return search.is_found;
}

static int add_own_transcripts(struct review *review, const char *directory)
{
	size_t len = strlen(directory);

	for (size_t i = 0; i < review->count; i++) {
		const struct change *change = &review->changes[i];
		const char *name = change->path + len + 1;
		int r;

		if (change->kind != CHANGE_CREATE || strncmp(change->path, directory, len) != 0 ||
		    change->path[len] != '/' || !is_transcript(name))
			continue;
		r = is_foreign(review, name);
		if (r == 0)
			r = project_scope_add_session(review->options.scope, name,
						      SESSION_UUID_LEN);
		if (r < 0)
			return r;
	}
	return 0;
}

int own_sessions_collect(struct review *review)
{
	cleanup_text struct text directory = { 0 };
	int r;

	text_append(&directory, "projects/");
	text_append(&directory, project_scope_encoded(review->options.scope));
	if (directory.is_failed)
		return -ENOMEM;
	r = host_tree_list(review->options.host, directory.data, add_host_transcript, review);
	if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -EACCES)
		return r;
	return add_own_transcripts(review, directory.data);
}
