/* SPDX-License-Identifier: MIT */
#include "fs/filter/history_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/base/text.h"
#include "fs/filter/filter.h"

#define READ_SIZE  65536u
#define WRITE_SIZE 65536u

bool history_filter_keeps(const struct project_scope *scope, const char *line, size_t len)
{
	cleanup_json json_t *json = NULL;
	const json_t *project;

	/* Strict: a second "project", however spelt, makes the line unreadable and thus hidden. */
	if (json_load_strict(line, len, &json, NULL) < 0 || !json_is_object(json))
		return false;
	project = json_object_get(json, "project");
	return json_is_string(project) && project_scope_is_path(scope, json_string_value(project),
								json_string_length(project));
}

struct line_filter {
	const struct project_scope *scope;
	int out_fd;
	struct text line; /* the line so far, if it came in pieces */
	bool is_too_long; /* and the rest of it goes the same way */
	struct text out;
};

static int flush(struct line_filter *filter)
{
	int r;

	if (filter->line.is_failed || filter->out.is_failed)
		return -ENOMEM;
	r = fd_write_all(filter->out_fd, filter->out.data, filter->out.len);
	filter->out.len = 0;
	return r;
}

static int end_line(struct line_filter *filter)
{
	const struct text *line = &filter->line;

	if (filter->line.is_failed)
		return -ENOMEM;
	if (!filter->is_too_long && line->len > 0 &&
	    history_filter_keeps(filter->scope, line->data, line->len)) {
		text_append_bytes(&filter->out, line->data, line->len);
		text_append(&filter->out, "\n");
	}
	/* What one huge line took is given back. */
	if (filter->line.size > READ_SIZE)
		text_done(&filter->line);
	filter->line.len = 0;
	filter->is_too_long = false;
	return filter->out.len >= WRITE_SIZE ? flush(filter) : 0;
}

static void add_to_line(struct line_filter *filter, const char *data, size_t len)
{
	if (filter->is_too_long || filter->line.len + len > FILTER_LINE_MAX) {
		filter->is_too_long = true;
		text_done(&filter->line);
		return;
	}
	text_append_bytes(&filter->line, data, len);
}

static int take_bytes(struct line_filter *filter, const char *data, size_t len)
{
	const char *newline;
	int r;

	while ((newline = memchr(data, '\n', len)) != NULL) {
		size_t n = (size_t)(newline - data);

		add_to_line(filter, data, n);
		r = end_line(filter);
		if (r < 0)
			return r;
		data += n + 1;
		len -= n + 1;
	}
	add_to_line(filter, data, len);
	return 0;
}

static int filter_stream(struct line_filter *filter, int in_fd, char *buffer)
{
	off_t offset = 0;
	ssize_t n;
	int r;

	while ((n = fd_pread_all(in_fd, buffer, READ_SIZE, offset)) > 0) {
		r = take_bytes(filter, buffer, (size_t)n);
		if (r < 0)
			return r;
		offset += n;
	}
	return n < 0 ? (int)n : flush(filter);
}

int history_filter_apply(const struct project_scope *scope, int in_fd, int out_fd)
{
	struct line_filter filter = { .scope = scope, .out_fd = out_fd };
	cleanup_free char *buffer = malloc(READ_SIZE);
	int r = buffer ? filter_stream(&filter, in_fd, buffer) : -ENOMEM;

	text_done(&filter.line);
	text_done(&filter.out);
	return r;
}
