/* SPDX-License-Identifier: MIT */
#include "fs/review/hunks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"

#define DOMAIN "claudefs hunk 1"

/* A text, and where its lines begin: starts[count] is its length. */
struct side {
	char *data;
	size_t len;
	size_t *starts;
	size_t count;
};

struct hunks {
	struct side old_side;
	struct side new_side;
	struct text_edit *edits;
	size_t count;
};

ANALYZER_LOSES_OWNERS
static int find_lines(struct side *side)
{
	size_t count = 0;

	for (size_t i = 0; i < side->len; i++)
		count += side->data[i] == '\n';
	count += side->len > 0 && side->data[side->len - 1] != '\n';
	side->starts = calloc(count + 1, sizeof(*side->starts));
	if (!side->starts)
		return -ENOMEM;
	side->count = 1;
	for (size_t i = 0; i < side->len && side->count < count; i++) {
		if (side->data[i] == '\n')
			side->starts[side->count++] = i + 1;
	}
	side->count = count;
	side->starts[count] = side->len;
	return 0;
}
ANALYZER_KNOWS_OWNERS

void hunks_free(struct hunks *hunks)
{
	if (!hunks)
		return;
	free(hunks->old_side.data);
	free(hunks->old_side.starts);
	free(hunks->new_side.data);
	free(hunks->new_side.starts);
	free(hunks->edits);
	free(hunks);
}

void cleanup_hunks_free(struct hunks **hunks)
{
	hunks_free(*hunks);
}

/* What the library says must fit the texts: nothing is cut out of them otherwise. */
static bool is_consistent(const struct hunks *hunks)
{
	size_t old_at = 0;
	size_t new_at = 0;

	for (size_t i = 0; i < hunks->count; i++) {
		const struct text_edit *edit = &hunks->edits[i];

		if (edit->old_line < old_at || edit->new_line < new_at ||
		    edit->old_line - old_at != edit->new_line - new_at ||
		    edit->old_line + edit->old_count > hunks->old_side.count ||
		    edit->new_line + edit->new_count > hunks->new_side.count)
			return false;
		old_at = edit->old_line + edit->old_count;
		new_at = edit->new_line + edit->new_count;
	}
	return hunks->old_side.count - old_at == hunks->new_side.count - new_at;
}

int hunks_new(char *old_data, size_t old_len, char *new_data, size_t new_len, struct hunks **ret)
{
	cleanup_hunks struct hunks *hunks = calloc(1, sizeof(*hunks));
	int r;

	if (!hunks)
		return -ENOMEM;
	r = text_diff_edits(old_data, old_len, new_data, new_len, &hunks->edits, &hunks->count);
	if (r < 0)
		return r;
	hunks->old_side.data = old_data;
	hunks->old_side.len = old_len;
	hunks->new_side.data = new_data;
	hunks->new_side.len = new_len;
	r = find_lines(&hunks->old_side);
	if (r == 0)
		r = find_lines(&hunks->new_side);
	if (r == 0 && !is_consistent(hunks))
		r = -EIO;
	if (r < 0) {
		/* They stay the caller's. */
		hunks->old_side.data = NULL;
		hunks->new_side.data = NULL;
		return r;
	}
	*ret = steal_ptr(&hunks);
	return 0;
}

static int load(const struct content *content, char **ret, size_t *ret_len)
{
	int r = content_load(content, 0, TEXT_DIFF_MAX, ret, ret_len);

	return r == -EFBIG ? -ENOTSUP : r;
}

int hunks_of_change(const struct review *review, const struct change *change, struct hunks **ret)
{
	cleanup_content struct content old_content = CONTENT_NONE;
	cleanup_content struct content new_content = CONTENT_NONE;
	cleanup_free char *old_data = NULL;
	cleanup_free char *new_data = NULL;
	size_t old_len = 0;
	size_t new_len = 0;
	int r;

	/* A prefix is the host's file itself: it would go with the first part. */
	if (change->kind != CHANGE_MODIFY || change->merge != RULE_MERGE_REPLACE ||
	    change->prefix > 0)
		return -ENOTSUP;
	r = content_open(review, change, &new_content);
	if (r == 0)
		r = content_open_base(review, change, &old_content);
	if (r == 0)
		r = load(&old_content, &old_data, &old_len);
	if (r == 0)
		r = load(&new_content, &new_data, &new_len);
	if (r == 0)
		r = hunks_new(old_data, old_len, new_data, new_len, ret);
	if (r < 0)
		return r;
	(void)steal_ptr(&old_data);
	(void)steal_ptr(&new_data);
	return 0;
}

size_t hunks_count(const struct hunks *hunks)
{
	return hunks->count;
}

const char *hunks_new_data(const struct hunks *hunks, size_t *ret_len)
{
	*ret_len = hunks->new_side.len;
	return hunks->new_side.data;
}

/* The bytes of count lines. */
static const char *lines_of(const struct side *side, size_t first, size_t count, size_t *ret_len)
{
	*ret_len = side->starts[first + count] - side->starts[first];
	return side->data + side->starts[first];
}

int hunks_digest(const struct hunks *hunks, size_t index, const struct digest *change,
		 struct digest *ret)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	const struct text_edit *edit = &hunks->edits[index];
	const char *lines;
	size_t len = 0;

	if (!stream)
		return -ENOMEM;
	digest_stream_text(stream, DOMAIN);
	digest_stream_field(stream, change->bytes, DIGEST_SIZE);
	digest_stream_number(stream, edit->old_line);
	digest_stream_number(stream, edit->new_line);
	lines = lines_of(&hunks->old_side, edit->old_line, edit->old_count, &len);
	digest_stream_field(stream, lines, len);
	lines = lines_of(&hunks->new_side, edit->new_line, edit->new_count, &len);
	digest_stream_field(stream, lines, len);
	return digest_stream_finish(stream, ret);
}

static void append_lines(const struct side *side, size_t first, size_t count, struct text *out)
{
	size_t len = 0;
	const char *lines = lines_of(side, first, count, &len);

	if (len > 0)
		text_append_bytes(out, lines, len);
}

void hunks_apply(const struct hunks *hunks, const bool *chosen, struct text *out)
{
	size_t at = 0;

	for (size_t i = 0; i < hunks->count; i++) {
		const struct text_edit *edit = &hunks->edits[i];

		append_lines(&hunks->old_side, at, edit->old_line - at, out);
		if (chosen[i])
			append_lines(&hunks->new_side, edit->new_line, edit->new_count, out);
		else
			append_lines(&hunks->old_side, edit->old_line, edit->old_count, out);
		at = edit->old_line + edit->old_count;
	}
	append_lines(&hunks->old_side, at, hunks->old_side.count - at, out);
}

size_t hunks_run_end(const struct hunks *hunks, size_t first, unsigned int context)
{
	size_t end = first + 1;

	for (; end < hunks->count; end++) {
		const struct text_edit *last = &hunks->edits[end - 1];

		if (hunks->edits[end].old_line - (last->old_line + last->old_count) > 2 * context)
			break;
	}
	return end;
}

struct show {
	text_diff_line_fn *each;
	void *arg;
};

static int show_lines(const struct show *show, const struct side *side, char origin, size_t first,
		      size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		size_t len = 0;
		const char *line = lines_of(side, i, 1, &len);
		bool has_newline = len > 0 && line[len - 1] == '\n';
		int r = show->each(origin, line, len - has_newline, show->arg);

		if (r == 0 && !has_newline)
			r = show->each('\\', "", 0, show->arg);
		if (r != 0)
			return r;
	}
	return 0;
}

static int show_edits(const struct hunks *hunks, const struct show *show, size_t first, size_t end,
		      size_t from, size_t to)
{
	size_t at = from;
	int r = 0;

	for (size_t i = first; r == 0 && i < end; i++) {
		const struct text_edit *edit = &hunks->edits[i];

		r = show_lines(show, &hunks->old_side, ' ', at, edit->old_line - at);
		if (r == 0)
			r = show_lines(show, &hunks->old_side, '-', edit->old_line,
				       edit->old_count);
		if (r == 0)
			r = show_lines(show, &hunks->new_side, '+', edit->new_line,
				       edit->new_count);
		at = edit->old_line + edit->old_count;
	}
	return r == 0 ? show_lines(show, &hunks->old_side, ' ', at, to - at) : r;
}

/* An empty range is named by the line before it, as diff does. */
static size_t line_number(size_t first, size_t count)
{
	return count > 0 ? first + 1 : first;
}

int hunks_show(const struct hunks *hunks, size_t first, size_t end, unsigned int context,
	       text_diff_line_fn *each, void *arg)
{
	const struct show show = { each, arg };
	const struct text_edit *edit = &hunks->edits[first];
	const struct text_edit *last = &hunks->edits[end - 1];
	/* Not into the neighbours: what they change is not shown as common. */
	size_t low = first > 0 ? edit[-1].old_line + edit[-1].old_count : 0;
	size_t high = end < hunks->count ? last[1].old_line : hunks->old_side.count;
	size_t from = edit->old_line - low > context ? edit->old_line - context : low;
	size_t behind = last->old_line + last->old_count;
	size_t to = high - behind > context ? behind + context : high;
	size_t new_from = edit->new_line - (edit->old_line - from);
	size_t new_to = last->new_line + last->new_count + (to - behind);
	char header[128];
	int len;
	int r;

	len = snprintf(header, sizeof(header), "@@ -%zu,%zu +%zu,%zu @@",
		       line_number(from, to - from), to - from,
		       line_number(new_from, new_to - new_from), new_to - new_from);
	r = each('H', header, (size_t)len, arg);
	return r == 0 ? show_edits(hunks, &show, first, end, from, to) : r;
}
