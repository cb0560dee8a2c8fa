/* SPDX-License-Identifier: MIT */
/* The host's file, the base and the session's file, separated by NUL bytes, through the merge of
 * appended lines, and the same bytes through what makes text safe for a terminal. The host keeps
 * every byte it has; nothing is added that the session does not have; nothing raw reaches a
 * terminal. */
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/merge/append_lines.h"
#include "tests/fuzz/fuzz.h"

static size_t count_line(const char *data, size_t size, const char *line, size_t len)
{
	const char *cursor = data;
	const char *next;
	size_t count = 0;
	size_t next_len = 0;
	bool has_newline = false;

	while ((next = append_lines_next(&cursor, data + size, &next_len, &has_newline)) != NULL)
		count += next_len == len && memcmp(next, line, len) == 0;
	return count;
}

static void check_merge(const char *host, const char *base, const char *theirs)
{
	struct append_lines merged = { 0 };
	cleanup_free char *result = NULL;
	size_t result_len = 0;
	const char *cursor;
	const char *line;
	size_t len = 0;
	bool has_newline = false;

	FUZZ_CHECK(append_lines_merge(base, strlen(base), theirs, strlen(theirs), &merged) == 0);
	cursor = merged.block;
	/* Each added line is one of theirs, as often as theirs has more of it than the base. */
	while (merged.len > 0 && (line = append_lines_next(&cursor, merged.block + merged.len, &len,
							   &has_newline)) != NULL) {
		size_t added = count_line(merged.block, merged.len, line, len);
		size_t had = count_line(base, strlen(base), line, len);

		FUZZ_CHECK(added + had == count_line(theirs, strlen(theirs), line, len));
	}
	FUZZ_CHECK(append_lines_result(host, strlen(host), merged.block, merged.len, &result,
				       &result_len) == 0);
	FUZZ_CHECK(result_len >= strlen(host) && memcmp(result, host, strlen(host)) == 0);
	if (strcmp(base, theirs) == 0)
		FUZZ_CHECK(merged.len == 0 && !merged.has_removed);
	free(merged.block);
}

static void check_text(const uint8_t *data, size_t size)
{
	cleanup_text struct text safe = { 0 };

	text_append_safe(&safe, (const char *)data, size, false);
	FUZZ_CHECK(!safe.is_failed);
	for (size_t i = 0; i < safe.len; i++) {
		unsigned char c = (unsigned char)safe.data[i];

		FUZZ_CHECK(c >= 0x20 && c != 0x7f);
		/* C1 in UTF-8. */
		FUZZ_CHECK(c != 0xc2 || (unsigned char)safe.data[i + 1] >= 0xa0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *copy = fuzz_string(data, size);
	char *end = copy + size;
	char *base = copy + strlen(copy) < end ? copy + strlen(copy) + 1 : end;
	char *theirs = base + strlen(base) < end ? base + strlen(base) + 1 : end;

	check_merge(copy, base, theirs);
	check_text(data, size);
	return 0;
}
