/* SPDX-License-Identifier: MIT */
#include "fs/review/line_check.h"

#include <errno.h>
#include <string.h>

#include "fs/base/json.h"
#include "fs/base/text.h"

#define CHUNK_SIZE (256u << 10) /* bytes */

/* path itself or something beneath it; no "..", which could lead out again. */
static bool is_within(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	if (strncmp(path, directory, len) != 0 || (path[len] != '\0' && path[len] != '/'))
		return false;
	for (const char *p = path; (p = strstr(p, "/..")) != NULL; p += 3) {
		if (p[3] == '\0' || p[3] == '/')
			return false;
	}
	return true;
}

static bool is_own_history(const json_t *record, const struct project_scope *scope,
			   const char **ret_field)
{
	*ret_field = "project";
	return strcmp(json_get_string(record, "project", ""), project_scope_path(scope)) == 0;
}

static bool is_own_record(const json_t *record, const struct project_scope *scope,
			  const char **ret_field)
{
	const json_t *cwd = json_object_get(record, "cwd");
	const json_t *session = json_object_get(record, "sessionId");

	*ret_field = "cwd";
	if (cwd &&
	    (!json_is_string(cwd) || !is_within(json_string_value(cwd), project_scope_path(scope))))
		return false;
	*ret_field = "sessionId";
	return !session || (json_is_string(session) &&
			    project_scope_has_session(scope, json_string_value(session),
						      json_string_length(session)));
}

enum line_form line_form_of(const struct change *change)
{
	switch (change->verdict.merge) {
	case RULE_MERGE_APPEND_LINES:
		return strcmp(change->path, "history.jsonl") == 0 ? LINE_HISTORY : LINE_ANY;
	case RULE_MERGE_UNION_RECORDS: return LINE_TRANSCRIPT;
	case RULE_MERGE_REPLACE:
	case RULE_MERGE_JSON_KEYS: return LINE_ANY;
	}
	return LINE_ANY;
}

int line_check(enum line_form form, const struct project_scope *scope, const char *line, size_t len,
	       const char **ret_field)
{
	cleanup_json json_t *record = NULL;
	int r;

	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' '))
		len--;
	if (len == 0)
		return 1;
	r = json_load_strict(line, len, &record, NULL);
	if (r < 0)
		return r;
	if (!json_is_object(record))
		return -EBADMSG;
	switch (form) {
	case LINE_ANY: return 1;
	case LINE_HISTORY: return is_own_history(record, scope, ret_field);
	case LINE_TRANSCRIPT: return is_own_record(record, scope, ret_field);
	}
	return -EINVAL;
}

struct scan {
	enum line_form form;
	const struct project_scope *scope;
	struct line_report *report;
};

/* Returns 1 to stop. */
static int take_line(struct scan *scan, const char *line, size_t len)
{
	struct line_report *report = scan->report;
	const char *field = NULL;
	int r;

	report->lines++;
	r = line_check(scan->form, scan->scope, line, len, &field);
	if (r == 0) {
		if (report->foreign++ == 0)
			report->foreign_by = field;
	} else if (r == -EBADMSG) {
		report->bad_line = report->lines;
		report->bad = "is not a JSON object";
		return 1;
	}
	return r < 0 ? r : 0;
}

/* Whole lines out of line (what the chunks before left) and one more chunk. */
static int take_chunk(struct scan *scan, struct text *line, const char *chunk, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(chunk, '\n', len);
		size_t n = newline ? (size_t)(newline - chunk) : len;
		int r;

		if (line->len + n > LINE_CHECK_MAX) {
			scan->report->bad_line = scan->report->lines + 1;
			scan->report->bad = "is longer than 192 MiB";
			return 1;
		}
		text_append_bytes(line, chunk, n);
		if (line->is_failed)
			return -ENOMEM;
		if (!newline)
			break;
		r = take_line(scan, line->data ? line->data : "", line->len);
		if (r != 0)
			return r;
		line->len = 0;
		chunk += n + 1;
		len -= n + 1;
	}
	return 0;
}

int line_check_content(enum line_form form, const struct project_scope *scope,
		       const struct content *content, uint64_t offset, struct line_report *ret)
{
	cleanup_free char *chunk = malloc(CHUNK_SIZE);
	cleanup_text struct text line = { 0 };
	struct scan scan = { .form = form, .scope = scope, .report = ret };
	int r = 0;

	*ret = (struct line_report){ 0 };
	if (!chunk)
		return -ENOMEM;
	while (r == 0) {
		ssize_t n = content_read(content, chunk, CHUNK_SIZE, offset);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		offset += (uint64_t)n;
		r = take_chunk(&scan, &line, chunk, (size_t)n);
	}
	if (r == 0 && line.len > 0)
		r = take_line(&scan, line.data, line.len);
	return r < 0 ? r : 0;
}
