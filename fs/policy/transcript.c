/* SPDX-License-Identifier: MIT */
#include "fs/policy/transcript.h"

#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"

/* Claude writes its records without spaces. Within a string the quotes would be escaped. */
static const char cwd_key[] = "\"cwd\":\"";

/* The last line of the head may be cut: its cwd is looked for without parsing. *ret (ret_, NULL:
 * none). */
static char *cut_line_cwd(const char *line, size_t len)
{
	const char *start = memmem(line, len, cwd_key, sizeof(cwd_key) - 1);
	const char *end;

	if (!start)
		return NULL;
	start += sizeof(cwd_key) - 1;
	end = memchr(start, '"', len - (size_t)(start - line));
	return end ? strndup(start, (size_t)(end - start)) : NULL;
}

static char *line_cwd(const char *line, size_t len)
{
	struct json_problem problem = { 0 };
	cleanup_json json_t *record = NULL;
	const char *cwd;

	if (!memmem(line, len, "\"cwd\"", 5) || json_load_strict(line, len, &record, &problem) != 0)
		return NULL;
	cwd = json_get_string(record, "cwd", NULL);
	return cwd ? strdup(cwd) : NULL;
}

bool transcript_is_foreign(const struct project_scope *scope, const char *head, size_t len)
{
	const char *end = head + len;

	while (head < end) {
		const char *newline = memchr(head, '\n', (size_t)(end - head));
		size_t line_len = (size_t)((newline ? newline : end) - head);
		cleanup_free char *cwd = newline ? line_cwd(head, line_len)
						 : cut_line_cwd(head, line_len);

		if (cwd)
			return project_scope_is_twin(scope, cwd);
		head += line_len + 1;
	}
	return false;
}
