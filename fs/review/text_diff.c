/* SPDX-License-Identifier: MIT */
#include "fs/review/text_diff.h"

#include <errno.h>
#include <git2.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_ready;

/* The library is set up once and never torn down: it holds nothing that must be flushed. */
static void set_up(void)
{
	is_ready = git_libgit2_init() > 0;
}

struct feed {
	text_diff_line_fn *each;
	void *arg;
	struct text_diff_stat *stat;
	int result;
};

static int pass(struct feed *feed, char origin, const char *line, size_t len)
{
	if (!feed->each)
		return 0;
	if (len > 0 && line[len - 1] == '\n')
		len--;
	feed->result = feed->each(origin, line, len, feed->arg);
	return feed->result != 0 ? GIT_EUSER : 0;
}

static int on_binary(const git_diff_delta *delta, const git_diff_binary *binary, void *payload)
{
	struct feed *feed = payload;

	(void)delta;
	(void)binary;
	feed->stat->form = TEXT_DIFF_BINARY;
	return 0;
}

static int on_hunk(const git_diff_delta *delta, const git_diff_hunk *hunk, void *payload)
{
	(void)delta;
	return pass(payload, 'H', hunk->header, hunk->header_len);
}

static int on_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
		   const git_diff_line *line, void *payload)
{
	struct feed *feed = payload;

	(void)delta;
	(void)hunk;
	switch (line->origin) {
	case GIT_DIFF_LINE_ADDITION: feed->stat->added++; break;
	case GIT_DIFF_LINE_DELETION: feed->stat->removed++; break;
	case GIT_DIFF_LINE_CONTEXT_EOFNL:
	case GIT_DIFF_LINE_ADD_EOFNL:
	case GIT_DIFF_LINE_DEL_EOFNL: return pass(feed, '\\', "", 0);
	default: break;
	}
	return pass(feed, line->origin, line->content, line->content_len);
}

int text_diff_buffers(const char *old_data, size_t old_len, const char *new_data, size_t new_len,
		      unsigned int context, text_diff_line_fn *each, void *arg,
		      struct text_diff_stat *ret)
{
	git_diff_options options = GIT_DIFF_OPTIONS_INIT;
	struct text_diff_stat stat = {
		.form = TEXT_DIFF_LINES,
		.old_size = old_len,
		.new_size = new_len,
	};
	struct feed feed = { .each = each, .arg = arg, .stat = &stat };
	int r;

	if (old_len > TEXT_DIFF_MAX || new_len > TEXT_DIFF_MAX) {
		stat.form = TEXT_DIFF_TOO_LARGE;
		*ret = stat;
		return 0;
	}
	(void)pthread_once(&once, set_up);
	if (!is_ready)
		return -ENOMEM;
	options.context_lines = context;
	/* Nothing of the contents may stay outside what is shown. */
	options.flags = GIT_DIFF_IGNORE_FILEMODE;
	r = git_diff_buffers(old_data, old_len, NULL, new_data, new_len, NULL, &options, NULL,
			     on_binary, on_hunk, on_line, &feed);
	if (feed.result != 0)
		return feed.result;
	if (r < 0)
		return -EIO;
	*ret = stat;
	return 0;
}

struct edit_list {
	struct text_edit *edits;
	size_t count;
	size_t size;
	bool is_binary;
};

static int note_binary(const git_diff_delta *delta, const git_diff_binary *binary, void *payload)
{
	struct edit_list *list = payload;

	(void)delta;
	(void)binary;
	list->is_binary = true;
	return 0;
}

/* Without context a hunk is an edit. An empty side is named by the line before it. */
static int note_edit(const git_diff_delta *delta, const git_diff_hunk *hunk, void *payload)
{
	struct edit_list *list = payload;
	size_t old_start = (size_t)hunk->old_start;
	size_t new_start = (size_t)hunk->new_start;

	(void)delta;
	if (list->count == list->size) {
		size_t size = list->size ? list->size * 2 : 64;
		struct text_edit *grown = realloc(list->edits, size * sizeof(*grown));

		if (!grown)
			return GIT_EUSER;
		list->edits = grown;
		list->size = size;
	}
	list->edits[list->count++] = (struct text_edit){
		.old_line = hunk->old_lines > 0 ? old_start - 1 : old_start,
		.old_count = (size_t)hunk->old_lines,
		.new_line = hunk->new_lines > 0 ? new_start - 1 : new_start,
		.new_count = (size_t)hunk->new_lines,
	};
	return 0;
}

int text_diff_edits(const char *old_data, size_t old_len, const char *new_data, size_t new_len,
		    struct text_edit **ret, size_t *ret_count)
{
	git_diff_options options = GIT_DIFF_OPTIONS_INIT;
	struct edit_list list = { 0 };
	int r;

	if (old_len > TEXT_DIFF_MAX || new_len > TEXT_DIFF_MAX)
		return -ENOTSUP;
	(void)pthread_once(&once, set_up);
	if (!is_ready)
		return -ENOMEM;
	options.context_lines = 0;
	options.flags = GIT_DIFF_IGNORE_FILEMODE;
	r = git_diff_buffers(old_data, old_len, NULL, new_data, new_len, NULL, &options, NULL,
			     note_binary, note_edit, NULL, &list);
	if (r < 0 || list.is_binary) {
		free(list.edits);
		return r < 0 ? -ENOMEM : -ENOTSUP;
	}
	*ret = list.edits;
	*ret_count = list.count;
	return 0;
}

/* Only the tail is read: what came before it is the base. */
static int diff_tail(const struct content *content, uint64_t base_size, unsigned int context,
		     text_diff_line_fn *each, void *arg, struct text_diff_stat *ret)
{
	cleanup_free char *tail = NULL;
	size_t len = 0;
	int r;

	r = content_load(content, base_size, TEXT_DIFF_MAX, &tail, &len);
	if (r == -EFBIG) {
		*ret = (struct text_diff_stat){ .form = TEXT_DIFF_TOO_LARGE };
		r = 0;
	} else if (r == 0) {
		r = text_diff_buffers("", 0, tail, len, context, each, arg, ret);
	}
	if (r == 0) {
		ret->old_size = base_size;
		ret->new_size = content->size;
	}
	return r;
}

static int diff_sides(const struct content *old_side, const struct content *new_side,
		      unsigned int context, text_diff_line_fn *each, void *arg,
		      struct text_diff_stat *ret)
{
	cleanup_free char *old_data = NULL;
	cleanup_free char *new_data = NULL;
	size_t old_len = 0;
	size_t new_len = 0;
	int r;

	if (old_side->size > TEXT_DIFF_MAX || new_side->size > TEXT_DIFF_MAX) {
		*ret = (struct text_diff_stat){
			.form = TEXT_DIFF_TOO_LARGE,
			.old_size = old_side->size,
			.new_size = new_side->size,
		};
		return 0;
	}
	r = content_load(old_side, 0, TEXT_DIFF_MAX, &old_data, &old_len);
	if (r == 0)
		r = content_load(new_side, 0, TEXT_DIFF_MAX, &new_data, &new_len);
	if (r < 0)
		return r;
	return text_diff_buffers(old_data, old_len, new_data, new_len, context, each, arg, ret);
}

int text_diff_change(const struct review *review, const struct change *change, unsigned int context,
		     text_diff_line_fn *each, void *arg, struct text_diff_stat *ret)
{
	cleanup_content struct content old_side = CONTENT_NONE;
	cleanup_content struct content new_side = CONTENT_NONE;
	int r;

	*ret = (struct text_diff_stat){ .form = TEXT_DIFF_LINES };
	r = content_open(review, change, &new_side);
	if (r < 0 && r != -ENODATA && r != -EISDIR)
		return r;
	if (r == 0 && change->is_append_only)
		return diff_tail(&new_side, change->base.size, context, each, arg, ret);
	r = content_open_base(review, change, &old_side);
	if (r < 0 && r != -ENODATA) {
		*ret = (struct text_diff_stat){
			.form = TEXT_DIFF_UNREADABLE,
			.old_size = change->base.size,
			.new_size = new_side.size,
			.error = r,
		};
		return 0;
	}
	return diff_sides(&old_side, &new_side, context, each, arg, ret);
}
