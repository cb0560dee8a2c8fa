/* SPDX-License-Identifier: MIT */
#include "fs/policy/transcript.h"

#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"

/* Claude writes its records without spaces. Within a string the quotes would be escaped. */
static const char cwd_key[] = "\"cwd\":\"";

/* The last line of the head may be cut: its cwd is looked for without parsing. *ret (ret_; stays as
 * it is if there is none). Returns 0 or -ENOMEM. */
static int cut_line_cwd(const char *line, size_t len, char **ret)
{
	const char *start = memmem(line, len, cwd_key, sizeof(cwd_key) - 1);
	const char *end;

	if (!start)
		return 0;
	start += sizeof(cwd_key) - 1;
	end = memchr(start, '"', len - (size_t)(start - line));
	if (!end)
		return 0;
	*ret = strndup(start, (size_t)(end - start));
	return *ret ? 0 : -ENOMEM;
}

/* The same of a whole line. */
static int line_cwd(const char *line, size_t len, char **ret)
{
	struct json_problem problem = { 0 };
	cleanup_json json_t *record = NULL;
	const char *cwd;
	int r;

	if (!memmem(line, len, "\"cwd\"", 5))
		return 0;
	r = json_load_strict(line, len, &record, &problem);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	cwd = json_get_string(record, "cwd", NULL);
	if (!cwd)
		return 0;
	*ret = strdup(cwd);
	return *ret ? 0 : -ENOMEM;
}

bool transcript_is_foreign(const struct project_scope *scope, const char *head, size_t len)
{
	const char *end = head + len;

	while (head < end) {
		const char *newline = memchr(head, '\n', (size_t)(end - head));
		size_t line_len = (size_t)((newline ? newline : end) - head);
		cleanup_free char *cwd = NULL;
		int r = newline ? line_cwd(head, line_len, &cwd)
				: cut_line_cwd(head, line_len, &cwd);

		/* Without memory nobody knows whose it is. */
		if (r < 0)
			return true;
		if (cwd)
			return project_scope_is_twin(scope, cwd);
		head += line_len + 1;
	}
	return false;
}
