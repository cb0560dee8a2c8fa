/* SPDX-License-Identifier: MIT */
#include "fs/base/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"

/* In the order of enum terminal_style. */
static const char *const style_escapes[] = {
	"", "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m", "\033[36m", "\033[35m",
};
#define STYLE_RESET  "\033[0m"
#define CELL_CUT_MIN 16u /* columns: less of a reason tells nothing */
#define STACK_INDENT 4u

struct cell {
	char *text; /* safe, without escapes */
	size_t width;
	enum terminal_style style;
	bool is_right;
};

struct row {
	struct cell cells[TABLE_COLUMNS_MAX];
	size_t count;
};

struct table {
	struct row *rows;
	size_t count;
	size_t size;
	struct row open;
	char *indent;
	unsigned int columns; /* 0: no limit */
	bool is_colored;
	bool is_failed;
};

bool terminal_takes_color(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_color && *no_color)
		return false;
	if (!term || !*term || strcmp(term, "dumb") == 0)
		return false;
	return isatty(fileno(stream)) == 1;
}

unsigned int terminal_columns(int fd, unsigned int fallback)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return fallback;
	return size.ws_col;
}

void terminal_append_styled(struct text *text, bool is_colored, enum terminal_style style,
			    const char *safe)
{
	bool has_escape = is_colored && style != STYLE_PLAIN && *safe;

	if (has_escape)
		text_append(text, style_escapes[style]);
	text_append(text, safe);
	if (has_escape)
		text_append(text, STYLE_RESET);
}

void terminal_append(struct text *text, bool is_colored, enum terminal_style style, const char *s)
{
	cleanup_text struct text safe = { 0 };

	text_append_safe(&safe, s, strlen(s), false);
	if (safe.is_failed)
		text->is_failed = true;
	terminal_append_styled(text, is_colored, style, safe.data ? safe.data : "");
}

void terminal_appendf(struct text *text, bool is_colored, enum terminal_style style,
		      const char *format, ...)
{
	cleanup_text struct text raw = { 0 };
	va_list args;

	va_start(args, format);
	text_vappendf(&raw, format, args);
	va_end(args);
	if (raw.is_failed)
		text->is_failed = true;
	else
		terminal_append(text, is_colored, style, raw.data ? raw.data : "");
}

void terminal_append_size(struct text *text, uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	double value = (double)bytes;
	size_t unit = 0;

	if (bytes < 1024) {
		text_appendf(text, "%u B", (unsigned int)bytes);
		return;
	}
	/* 1023.95 KiB would come out as "1024.0 KiB". */
	for (value /= 1024; value >= 1023.95 && units[unit + 1]; unit++)
		value /= 1024;
	text_appendf(text, "%.1f %ciB", value, units[unit]);
}

size_t terminal_width(const char *safe, size_t len)
{
	size_t width = 0;

	while (len > 0) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(safe, len, &code);

		if (n == 0)
			return width + len;
		width += fold_width(code);
		safe += n;
		len -= n;
	}
	return width;
}

struct table *table_new(bool is_colored, const char *indent)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->is_colored = is_colored;
	table->indent = strdup(indent);
	table->is_failed = !table->indent;
	return table;
}

static void row_done(struct row *row)
{
	for (size_t i = 0; i < row->count; i++)
		free(row->cells[i].text);
	*row = (struct row){ 0 };
}

static void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		row_done(&table->rows[i]);
	free(table->rows);
	table->rows = NULL;
	table->count = 0;
	table->size = 0;
	row_done(&table->open);
}

void table_free(struct table *table)
{
	if (!table)
		return;
	table_clear(table);
	free(table->indent);
	free(table);
}

void cleanup_table_free(struct table **table)
{
	table_free(*table);
}

ANALYZER_LOSES_OWNERS
static void add_safe_cell(struct table *table, enum terminal_style style, const char *safe,
			  bool is_right)
{
	struct cell *cell;

	if (!table || table->is_failed || table->open.count == TABLE_COLUMNS_MAX)
		return;
	cell = &table->open.cells[table->open.count];
	cell->width = terminal_width(safe, strlen(safe));
	cell->text = strdup(safe);
	cell->style = style;
	cell->is_right = is_right;
	if (cell->text)
		table->open.count++;
	else
		table->is_failed = true;
}
ANALYZER_KNOWS_OWNERS

static void add_cell(struct table *table, enum terminal_style style, const char *s, bool is_right)
{
	cleanup_text struct text safe = { 0 };

	text_append_safe(&safe, s, strlen(s), false);
	if (safe.is_failed && table)
		table->is_failed = true;
	add_safe_cell(table, style, safe.data ? safe.data : "", is_right);
}

void table_safe(struct table *table, enum terminal_style style, const char *safe)
{
	add_safe_cell(table, style, safe, false);
}

void table_cell(struct table *table, enum terminal_style style, const char *s)
{
	add_cell(table, style, s, false);
}

void table_number(struct table *table, enum terminal_style style, const char *s)
{
	add_cell(table, style, s, true);
}

void table_cellf(struct table *table, enum terminal_style style, const char *format, ...)
{
	cleanup_text struct text raw = { 0 };
	va_list args;

	va_start(args, format);
	text_vappendf(&raw, format, args);
	va_end(args);
	if (table && raw.is_failed)
		table->is_failed = true;
	add_cell(table, style, raw.data ? raw.data : "", false);
}

void table_end_row(struct table *table)
{
	if (!table || table->is_failed)
		return;
	if (table->count == table->size) {
		size_t size = table->size ? table->size * 2 : 16;
		struct row *grown = realloc(table->rows, size * sizeof(*grown));

		if (!grown) {
			table->is_failed = true;
			return;
		}
		table->rows = grown;
		table->size = size;
	}
	table->rows[table->count++] = table->open;
	table->open = (struct row){ 0 };
}

void table_limit(struct table *table, unsigned int columns)
{
	if (table)
		table->columns = columns;
}

/* Bytes of s that fit into width columns. */
static size_t fitting_len(const char *s, size_t width)
{
	size_t len = strlen(s);
	size_t used = 0;
	size_t at = 0;

	while (at < len) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(s + at, len - at, &code);

		used += n == 0 ? 1 : fold_width(code);
		if (used > width)
			break;
		at += n == 0 ? 1 : n;
	}
	return at;
}

static void pad(struct text *line, size_t count)
{
	while (count-- > 0)
		text_append(line, " ");
}

static void append_styled(struct text *line, const struct table *table, const struct cell *cell,
			  size_t width)
{
	bool is_styled = table->is_colored && cell->style != STYLE_PLAIN && *cell->text;

	if (is_styled)
		text_append(line, style_escapes[cell->style]);
	if (cell->width > width) {
		text_append_bytes(line, cell->text, fitting_len(cell->text, width - 1));
		text_append(line, "\xe2\x80\xa6");
	} else {
		text_append(line, cell->text);
	}
	if (is_styled)
		text_append(line, STYLE_RESET);
}

/* Where a cell begins if the others in front of it are padded. */
static size_t start_of(const struct table *table, const struct row *row, const size_t *widths,
		       size_t index)
{
	size_t used = strlen(table->indent);

	for (size_t i = 0; i < index; i++)
		used += (widths[i] > row->cells[i].width ? widths[i] : row->cells[i].width) + 2;
	return used;
}

/* A row that a narrow terminal has no room for: cell after cell, and a new line, further in, in
 * front of one that does not fit. Only the last is cut, and only where it has a line of its own. */
static void append_stacked(struct text *line, const struct table *table, const struct row *row)
{
	const size_t begin = strlen(table->indent) + STACK_INDENT;
	size_t used = strlen(table->indent);
	bool is_first = true;

	text_append(line, table->indent);
	for (size_t i = 0; i < row->count; i++) {
		const struct cell *cell = &row->cells[i];
		bool may_cut = i + 1 == row->count && table->columns > begin + CELL_CUT_MIN;

		if (cell->width == 0)
			continue;
		if (!is_first && used + 2 + cell->width > table->columns) {
			text_append(line, "\n");
			pad(line, begin);
			used = begin;
		} else if (!is_first) {
			pad(line, 2);
			used += 2;
		}
		append_styled(line, table, cell,
			      may_cut && used == begin ? table->columns - used : SIZE_MAX);
		used += cell->width;
		is_first = false;
	}
	text_append(line, "\n");
}

static void append_row(struct text *line, const struct table *table, const struct row *row,
		       const size_t *widths)
{
	size_t used = strlen(table->indent);

	if (table->columns > 0 && row->count > 1 &&
	    start_of(table, row, widths, row->count - 1) + CELL_CUT_MIN > table->columns &&
	    start_of(table, row, widths, row->count - 1) + row->cells[row->count - 1].width >
		    table->columns) {
		append_stacked(line, table, row);
		return;
	}
	text_append(line, table->indent);
	for (size_t i = 0; i < row->count; i++) {
		const struct cell *cell = &row->cells[i];
		size_t missing = widths[i] > cell->width ? widths[i] - cell->width : 0;
		bool is_last = i + 1 == row->count;
		bool is_cut = is_last && table->columns > used;

		if (cell->is_right)
			pad(line, missing);
		append_styled(line, table, cell, is_cut ? table->columns - used : SIZE_MAX);
		if (is_last)
			break;
		used += cell->width + missing + 2;
		pad(line, (cell->is_right ? 0 : missing) + 2);
	}
	while (line->len > 0 && line->data[line->len - 1] == ' ')
		line->data[--line->len] = '\0';
	text_append(line, "\n");
}

int table_print(struct table *table, FILE *stream)
{
	size_t widths[TABLE_COLUMNS_MAX] = { 0 };
	cleanup_text struct text out = { 0 };

	if (!table || table->is_failed)
		return -ENOMEM;
	for (size_t i = 0; i < table->count; i++) {
		for (size_t c = 0; c < table->rows[i].count; c++) {
			size_t width = table->rows[i].cells[c].width;

			if (width > widths[c] && width <= TABLE_PAD_MAX)
				widths[c] = width;
		}
	}
	for (size_t i = 0; i < table->count; i++)
		append_row(&out, table, &table->rows[i], widths);
	table_clear(table);
	if (out.is_failed)
		return -ENOMEM;
	if (out.data)
		(void)fwrite(out.data, 1, out.len, stream);
	return 0;
}
