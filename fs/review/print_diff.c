/* SPDX-License-Identifier: MIT */
#include "fs/review/print_diff.h"

#include <errno.h>
#include <string.h>

#include "fs/base/digest.h"
#include "fs/base/terminal.h"
#include "fs/review/change_digest.h"
#include "fs/review/print_hazards.h"
#include "fs/review/print_keys.h"
#include "fs/review/print_parts.h"
#include "fs/review/text_diff.h"

#define BAR_COLUMNS 40u

struct diff_output {
	const struct print_style *style;
	FILE *stream;
	const struct change *change;
	bool has_heading;
};

/* Safe, with tabs, and with single backslashes: JSON lines are full of them, and nobody could read
 * them doubled. What looks like an escape here may be the content's own; `show` tells which. */
static void append_content(struct text *text, const char *line, size_t len)
{
	while (len > 0) {
		const char *backslash = memchr(line, '\\', len);
		size_t piece = backslash ? (size_t)(backslash - line) : len;

		text_append_safe(text, line, piece, true);
		if (!backslash)
			return;
		text_append(text, "\\");
		line += piece + 1;
		len -= piece + 1;
	}
}

static enum terminal_style line_style(char origin)
{
	switch (origin) {
	case '+': return STYLE_GREEN;
	case '-': return STYLE_RED;
	case 'H': return STYLE_CYAN;
	default: return STYLE_PLAIN;
	}
}

static void print_heading(struct diff_output *output)
{
	const struct change *change = output->change;
	bool is_gone = change->kind == CHANGE_DELETE || change->kind == CHANGE_RMDIR;
	cleanup_text struct text text = { 0 };

	if (output->has_heading)
		return;
	output->has_heading = true;
	terminal_appendf(&text, output->style->is_colored, STYLE_BOLD, "%s %s",
			 print_kind_word(change), change->path);
	text_append(&text, "\n");
	terminal_appendf(&text, output->style->is_colored, STYLE_BOLD, "--- %s%s",
			 change->base.exists ? "host/" : "/dev/null",
			 change->base.exists ? change->path : "");
	text_append(&text, "\n");
	terminal_appendf(&text, output->style->is_colored, STYLE_BOLD, "+++ %s%s",
			 is_gone ? "/dev/null" : "session/", is_gone ? "" : change->path);
	text_append(&text, "\n");
	if (text.data)
		(void)fputs(text.data, output->stream);
	(void)print_hazards(change, output->style, output->stream);
}

static int print_line(char origin, const char *line, size_t len, void *arg)
{
	struct diff_output *output = arg;
	bool is_cut = output->style->columns > 0 && len > PRINT_DIFF_LINE_MAX;
	enum terminal_style style = line_style(origin);
	cleanup_text struct text raw = { 0 };
	cleanup_text struct text out = { 0 };

	print_heading(output);
	if (origin == '\\')
		text_append(&raw, "\\ no newline at the end");
	else if (origin != 'H')
		text_append_bytes(&raw, &origin, 1);
	append_content(&raw, line, is_cut ? PRINT_DIFF_LINE_MAX : len);
	if (is_cut)
		text_appendf(&raw, " ... (%zu more bytes)", len - PRINT_DIFF_LINE_MAX);
	terminal_append_styled(&out, output->style->is_colored, style, raw.data ? raw.data : "");
	text_append(&out, "\n");
	if (raw.is_failed || out.is_failed)
		return -ENOMEM;
	/* A reader that went away ends the work. */
	return fwrite(out.data, 1, out.len, output->stream) == out.len ? 0 : -EPIPE;
}

int print_hunk(const struct change *change, const struct hunks *hunks, size_t first, size_t end,
	       bool has_heading, const struct print_style *style, FILE *stream)
{
	struct diff_output output = { style, stream, change, !has_heading };

	return hunks_show(hunks, first, end, PRINT_DIFF_CONTEXT, print_line, &output);
}

void print_diff_heading(const struct change *change, const struct print_style *style, FILE *stream)
{
	struct diff_output output = { style, stream, change, false };

	print_heading(&output);
}

static void print_remark(struct diff_output *output, const char *remark)
{
	print_heading(output);
	(void)fprintf(output->stream, "%s\n", remark);
}

/* What cannot be shown is told by its sizes, and by what the person can compare it with. */
static void print_sizes(struct diff_output *output, const struct review *review, const char *remark,
			const struct text_diff_stat *stat)
{
	cleanup_text struct text text = { 0 };
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];

	text_append(&text, remark);
	text_append(&text, ": ");
	terminal_append_size(&text, stat->old_size);
	text_append(&text, " -> ");
	terminal_append_size(&text, stat->new_size);
	if (change_digest_content(review, output->change, &digest) == 0) {
		digest_to_hex(&digest, hex);
		text_appendf(&text, ", SHA-256 %s%s",
			     change_digest_offset(output->change) > 0 ? "of what was added " : "",
			     hex);
	}
	print_remark(output, text.data ? text.data : remark);
}

static const char *tell_error(int error)
{
	switch (error) {
	case -EBADMSG: return "the stored content is damaged: see 'claudefs verify'";
	case -ESTALE: return "the host's file is no longer the one that the session saw";
	default: return strerror(-error);
	}
}

static int print_by_key(const struct review *review, struct diff_output *output)
{
	cleanup_key_changes struct key_changes *keys = NULL;
	char reason[200] = "";
	int r = print_parts_by_key(review, output->change, output->style, output->stream);

	if (r == 0 || r == -EPIPE || r == -ENOMEM)
		return r;
	/* Why there are none. */
	print_heading(output);
	r = key_changes_load(review, output->change, &keys, reason, sizeof(reason));
	if (r == 0)
		return -EAGAIN;
	if (r != -ENOMEM)
		(void)fprintf(output->stream, "%s\n", reason);
	return r;
}

int print_diff(const struct review *review, const struct change *change,
	       const struct print_style *style, FILE *stream)
{
	struct diff_output output = { style, stream, change, false };
	struct text_diff_stat stat = { 0 };
	int r;

	if (change->merge == RULE_MERGE_JSON_KEYS && change->group != REVIEW_HELD)
		return print_by_key(review, &output);
	r = text_diff_change(review, change, PRINT_DIFF_CONTEXT, print_line, &output, &stat);
	if (r == -EPIPE || r == -ENOMEM)
		return r;
	if (r < 0) {
		print_remark(&output, tell_error(r));
		return r;
	}
	switch (stat.form) {
	case TEXT_DIFF_LINES:
		print_heading(&output);
		return print_decided_records(review, change, style, stream);
	case TEXT_DIFF_BINARY: print_sizes(&output, review, "not text", &stat); break;
	case TEXT_DIFF_TOO_LARGE:
		print_sizes(&output, review, "too large to compare", &stat);
		break;
	case TEXT_DIFF_UNREADABLE: print_remark(&output, tell_error(stat.error)); break;
	}
	return 0;
}

static void append_bar(struct text *bar, const struct print_style *style,
		       const struct text_diff_stat *stat, size_t most)
{
	char signs[BAR_COLUMNS + 1];
	size_t scale = most > BAR_COLUMNS ? most : BAR_COLUMNS;
	size_t plus = stat->added * BAR_COLUMNS / scale +
		      (stat->added > 0 && stat->added * BAR_COLUMNS < scale);
	size_t minus = stat->removed * BAR_COLUMNS / scale +
		       (stat->removed > 0 && stat->removed * BAR_COLUMNS < scale);

	if (plus > BAR_COLUMNS)
		plus = BAR_COLUMNS;
	if (minus > BAR_COLUMNS)
		minus = BAR_COLUMNS;
	memset(signs, '+', plus);
	signs[plus] = '\0';
	terminal_append_styled(bar, style->is_colored, STYLE_GREEN, signs);
	memset(signs, '-', minus);
	signs[minus] = '\0';
	terminal_append_styled(bar, style->is_colored, STYLE_RED, signs);
}

static void add_stat_row(struct table *table, const struct print_style *style,
			 const struct change *change, const struct text_diff_stat *stat,
			 size_t most)
{
	cleanup_text struct text bar = { 0 };
	char number[24];

	table_cellf(table, STYLE_PLAIN, "%s%s", change->path,
		    change->kind == CHANGE_MKDIR || change->kind == CHANGE_RMDIR ? "/" : "");
	switch (stat->form) {
	case TEXT_DIFF_LINES:
		(void)snprintf(number, sizeof(number), "%zu", stat->added + stat->removed);
		append_bar(&bar, style, stat, most);
		break;
	case TEXT_DIFF_BINARY:
	case TEXT_DIFF_TOO_LARGE:
		(void)snprintf(number, sizeof(number), "-");
		terminal_append_size(&bar, stat->old_size);
		text_append(&bar, " -> ");
		terminal_append_size(&bar, stat->new_size);
		break;
	case TEXT_DIFF_UNREADABLE:
		(void)snprintf(number, sizeof(number), "-");
		text_append(&bar, tell_error(stat->error));
		break;
	}
	table_number(table, STYLE_PLAIN, number);
	table_safe(table, STYLE_PLAIN, bar.data ? bar.data : "");
	table_end_row(table);
}

int print_diff_stat(const struct review *review, const struct change *const *changes, size_t count,
		    const struct print_style *style, FILE *stream)
{
	cleanup_table struct table *table = table_new(style->is_colored, " ");
	cleanup_free struct text_diff_stat *stats = calloc(count + 1, sizeof(*stats));
	size_t added = 0;
	size_t removed = 0;
	size_t most = 0;

	if (!stats)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int r = text_diff_change(review, changes[i], 0, NULL, NULL, &stats[i]);

		if (r < 0) {
			stats[i].form = TEXT_DIFF_UNREADABLE;
			stats[i].error = r;
		}
		added += stats[i].added;
		removed += stats[i].removed;
		if (stats[i].added + stats[i].removed > most)
			most = stats[i].added + stats[i].removed;
	}
	for (size_t i = 0; i < count; i++)
		add_stat_row(table, style, changes[i], &stats[i], most);
	if (table_print(table, stream) < 0)
		return -ENOMEM;
	(void)fprintf(stream, " %zu %s, %zu %s added, %zu removed\n", count,
		      count == 1 ? "change" : "changes", added, added == 1 ? "line" : "lines",
		      removed);
	return 0;
}
