/* SPDX-License-Identifier: MIT */
#include "fs/git/push_diff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/git/push_look.h"
#include "fs/git/push_objects.h"

struct showing {
	git_repository *repository;
	const struct push_refs *remote;
	push_line_fn *line;
	void *arg;
	int result; /* of line */
};

static int show(struct showing *showing, char origin, const char *line, size_t len)
{
	while (len > 0 && line[len - 1] == '\n')
		len--;
	showing->result = showing->line(origin, line, len, showing->arg);
	return showing->result;
}

/* A file's head has several lines. */
static int show_head(struct showing *showing, const char *text, size_t len)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t part = end ? (size_t)(end - text) : len;

		if (show(showing, 'F', text, part) != 0)
			return showing->result;
		part += end != NULL;
		text += part;
		len -= part;
	}
	return 0;
}

static int on_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
		   const git_diff_line *line, void *arg)
{
	struct showing *showing = arg;
	char origin = '\\';

	(void)delta;
	(void)hunk;
	switch (line->origin) {
	case GIT_DIFF_LINE_FILE_HDR:
	case GIT_DIFF_LINE_BINARY: return show_head(showing, line->content, line->content_len);
	case GIT_DIFF_LINE_HUNK_HDR: origin = 'H'; break;
	case GIT_DIFF_LINE_CONTEXT:
	case GIT_DIFF_LINE_ADDITION:
	case GIT_DIFF_LINE_DELETION: origin = line->origin; break;
	default: return show(showing, '\\', "no newline at the end", 21);
	}
	return show(showing, origin, line->content, line->content_len);
}

static int show_commits(struct showing *showing, const git_oid *new_id)
{
	git_revwalk *walk = NULL;
	git_oid id;
	int r = git_revwalk_new(&walk, showing->repository) == 0 ? 0 : -EIO;

	if (r == 0 && git_revwalk_push(walk, new_id) != 0)
		r = -EBADMSG;
	for (size_t i = 0; r == 0 && i < showing->remote->count; i++) {
		/* One that is not here hides nothing. */
		if (git_oid_fromstr(&id, showing->remote->items[i].id) == 0)
			(void)git_revwalk_hide(walk, &id);
	}
	while (r == 0 && git_revwalk_next(&id, walk) == 0) {
		cleanup_text struct text text = { 0 };
		git_commit *commit = NULL;
		const char *message;

		if (git_commit_lookup(&commit, showing->repository, &id) != 0) {
			r = -EBADMSG;
			break;
		}
		message = git_commit_message_raw(commit);
		text_appendf(&text, "%.12s ", git_oid_tostr_s(&id));
		if (message)
			text_append_bytes(&text, message, strcspn(message, "\n"));
		git_commit_free(commit);
		r = text.data ? show(showing, 'C', text.data, text.len) : -ENOMEM;
	}
	git_revwalk_free(walk);
	return r;
}

static int show_changes(struct showing *showing, git_commit *commit, const char *ref)
{
	git_diff_options options = GIT_DIFF_OPTIONS_INIT;
	git_tree *before = push_base_tree(showing->repository, git_commit_id(commit),
					  push_refs_find(showing->remote, ref), showing->remote);
	git_tree *after = NULL;
	git_diff *diff = NULL;
	int r = 0;

	options.max_size = PUSH_DIFF_FILE_MAX;
	options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
	if (git_commit_tree(&after, commit) != 0 ||
	    git_diff_tree_to_tree(&diff, showing->repository, before, after, &options) != 0)
		r = -EBADMSG;
	else if (git_diff_print(diff, GIT_DIFF_FORMAT_PATCH, on_line, showing) != 0)
		r = showing->result ? showing->result : -EBADMSG;
	git_diff_free(diff);
	git_tree_free(after);
	git_tree_free(before);
	return r;
}

static int show_one(struct showing *showing, const struct push_command *command)
{
	git_object *object = NULL;
	git_commit *commit = NULL;
	git_oid id;
	int r = show(showing, 'R', command->ref, strlen(command->ref));

	if (r != 0)
		return r;
	if (git_oid_fromstr(&id, command->new_id) != 0 ||
	    git_object_lookup(&object, showing->repository, &id, GIT_OBJECT_ANY) != 0 ||
	    git_object_peel((git_object **)&commit, object, GIT_OBJECT_COMMIT) != 0)
		r = -EBADMSG;
	if (r == 0)
		r = show_commits(showing, git_commit_id(commit));
	if (r == 0)
		r = show_changes(showing, commit, command->ref);
	git_commit_free(commit);
	git_object_free(object);
	return r;
}

int push_diff_show(const char *path, const struct push_entry *entry, const struct push_refs *remote,
		   push_line_fn *line, void *arg)
{
	struct showing showing = { .remote = remote, .line = line, .arg = arg };
	int r = push_objects_wrap(path, &showing.repository);

	for (size_t i = 0; r == 0 && i < entry->count; i++)
		r = show_one(&showing, &entry->commands[i]);
	git_repository_free(showing.repository);
	return r;
}
