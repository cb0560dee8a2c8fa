/* SPDX-License-Identifier: MIT */
/* Transcripts: records that change how the host's Claude would go on with the session. */
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "fs/base/text.h"
#include "fs/review/hazard_facts.h"

/* Parsing is for lines that may have the key, however it is spelt. */
static bool may_set_mode(const char *line, size_t len)
{
	return memmem(line, len, "ermission", 9) || memmem(line, len, "\\u", 2);
}

static bool is_lax(const char *mode)
{
	return strcmp(mode, "bypassPermissions") == 0 || strcmp(mode, "acceptEdits") == 0 ||
	       strcmp(mode, "auto") == 0;
}

static void read_record(const json_t *record, struct hazard_facts *facts)
{
	const char *type = json_get_string(record, "type", "");
	const char *mode = json_get_string(record, "permissionMode", "");

	if (!*mode)
		mode = json_get_string(record, "mode", "");
	/* Other records name the mode that was in force; only this one sets it. */
	if (strcmp(type, "permission-mode") == 0 && is_lax(mode))
		hazard_facts_add(facts, HAZARD_RESUME, "a resumed session starts in mode \"%s\"",
				 mode);
}

void hazard_find_records(const char *data, size_t len, struct hazard_facts *facts)
{
	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		size_t line_len = newline ? (size_t)(newline - data) : len;

		if (may_set_mode(data, line_len)) {
			cleanup_json json_t *record = NULL;

			/* A line that is no JSON holds the whole file back. */
			if (json_load_strict(data, line_len, &record, NULL) == 0)
				read_record(record, facts);
		}
		data += line_len + (newline != NULL);
		len -= line_len + (newline != NULL);
	}
}
