/* SPDX-License-Identifier: MIT */
#include "fs/review/writer_name.h"

#include <inttypes.h>
#include <string.h>

#include "fs/base/path_name.h"

static void append_claimed(struct text *text, const char *command)
{
	size_t len = strcspn(command, " ");
	size_t start = len;

	while (start > 0 && command[start - 1] != '/')
		start--;
	len -= start;
	text_append_bytes(text, command + start, len < WRITER_NAME_MAX ? len : WRITER_NAME_MAX);
	text_append(text, "?");
}

void writer_name_append(struct text *text, const char *exe, const char *command, uint32_t pid)
{
	if (exe && *exe)
		text_append(text, path_base(exe));
	else
		append_claimed(text, command ? command : "");
	text_appendf(text, "[%" PRIu32 "]", pid);
}
