/* SPDX-License-Identifier: MIT */
#include "fs/merge/append_lines.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"

struct line {
	const char *data;
	size_t len;
	size_t run;  /* on the first of equal lines: how many there are */
	size_t used; /* and how many theirs has so far */
};

const char *append_lines_next(const char **cursor, const char *end, size_t *ret_len,
			      bool *ret_has_newline)
{
	const char *line = *cursor;
	const char *newline;

	if (line >= end)
		return NULL;
	newline = memchr(line, '\n', (size_t)(end - line));
	*ret_has_newline = newline != NULL;
	*ret_len = (size_t)((newline ? newline : end) - line);
	*cursor = newline ? newline + 1 : end;
	return line;
}

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a;
	const struct line *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->data, y->data, x->len);
}

/* (ret_) The lines of data, sorted, equal ones as runs. */
static int sort_lines(const char *data, size_t len, struct line **ret, size_t *ret_count)
{
	const char *end = data + len;
	const char *cursor = data;
	struct line *lines = NULL;
	size_t count = 0;
	size_t size = 0;
	size_t line_len = 0;
	bool has_newline;
	const char *line;

	while ((line = append_lines_next(&cursor, end, &line_len, &has_newline)) != NULL) {
		if (count == size) {
			struct line *grown;

			size = size ? size * 2 : 256;
			grown = realloc(lines, size * sizeof(*lines));
			if (!grown) {
				free(lines);
				return -ENOMEM;
			}
			lines = grown;
		}
		lines[count++] = (struct line){ .data = line, .len = line_len };
	}
	if (count > 0)
		qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0, first = 0; i < count; i++) {
		if (compare_lines(&lines[first], &lines[i]) != 0)
			first = i;
		lines[first].run++;
	}
	*ret = lines;
	*ret_count = count;
	return 0;
}

/* The first of the lines that equal wanted; NULL: none. */
static struct line *find_run(struct line *lines, size_t count, const struct line *wanted)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_lines(&lines[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && compare_lines(&lines[low], wanted) == 0 ? &lines[low] : NULL;
}

int append_lines_merge(const char *base, size_t base_len, const char *theirs, size_t theirs_len,
		       struct append_lines *ret)
{
	cleanup_free struct line *lines = NULL;
	cleanup_text struct text block = { 0 };
	const char *end = theirs + theirs_len;
	const char *cursor = theirs;
	struct line line = { 0 };
	size_t count = 0;
	size_t kept = 0;
	bool has_newline = false;
	int r;

	r = sort_lines(base, base_len, &lines, &count);
	if (r < 0)
		return r;
	while ((line.data = append_lines_next(&cursor, end, &line.len, &has_newline)) != NULL) {
		struct line *run = find_run(lines, count, &line);

		if (run && run->used < run->run) {
			run->used++;
			kept++;
			continue;
		}
		text_append_bytes(&block, line.data, line.len);
		if (has_newline || cursor < end)
			text_append(&block, "\n");
	}
	if (block.is_failed)
		return -ENOMEM;
	*ret = (struct append_lines){ .has_removed = kept < count, .len = block.len };
	ret->block = steal_ptr(&block.data);
	return 0;
}

int append_lines_result(const char *host, size_t host_len, const char *block, size_t block_len,
			char **ret, size_t *ret_len)
{
	bool needs_newline = host_len > 0 && block_len > 0 && host[host_len - 1] != '\n';
	char *result = malloc(host_len + block_len + 2);
	size_t len = host_len;

	if (!result)
		return -ENOMEM;
	if (host_len > 0)
		memcpy(result, host, host_len);
	if (needs_newline)
		result[len++] = '\n';
	if (block_len > 0)
		memcpy(result + len, block, block_len);
	len += block_len;
	result[len] = '\0';
	*ret = result;
	*ret_len = len;
	return 0;
}
