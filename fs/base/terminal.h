/* SPDX-License-Identifier: MIT */
/* How programs lay out text for a person: styles, sizes, spans of time, aligned columns. Every
 * string given here may come from a journal or a file name: it is made terminal-safe on its way in.
 */
#ifndef CLAUDEFS_BASE_TERMINAL_H
#define CLAUDEFS_BASE_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fs/base/text.h"

enum terminal_style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_RED,
	STYLE_GREEN,
	STYLE_YELLOW,
	STYLE_CYAN,
	STYLE_MAGENTA,
};

/* True if stream is a terminal that takes colours, and the environment does not object (NO_COLOR,
 * TERM=dumb). */
bool terminal_takes_color(FILE *stream);

/* Columns of the terminal at fd, or fallback if it is none. */
unsigned int terminal_columns(int fd, unsigned int fallback);

/* Appends untrusted bytes, safe and on one line, between the escapes of style (none if not
 * is_colored). */
void terminal_append(struct text *text, bool is_colored, enum terminal_style style, const char *s);
void terminal_appendf(struct text *text, bool is_colored, enum terminal_style style,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same for text that is safe already (tabs included). */
void terminal_append_styled(struct text *text, bool is_colored, enum terminal_style style,
			    const char *safe);

/* "812 B", "1.2 KiB", "3.4 GiB". */
void terminal_append_size(struct text *text, uint64_t bytes);

/* How many columns a terminal needs for a string that is already safe and without escapes. */
size_t terminal_width(const char *safe, size_t len);

/* Rows of cells; every column is as wide as its widest cell, but never padded beyond TABLE_PAD_MAX.
 */
#define TABLE_COLUMNS_MAX 8u
#define TABLE_PAD_MAX     56u /* columns */

struct table;

/* NULL: out of memory. The calls below then do nothing and table_print() says -ENOMEM. */
struct table *table_new(bool is_colored, const char *indent);
void table_free(struct table *table);
void cleanup_table_free(struct table **table);
#define cleanup_table __attribute__((cleanup(cleanup_table_free)))

/* Adds a cell to the row under way; cells beyond TABLE_COLUMNS_MAX are dropped. */
void table_cell(struct table *table, enum terminal_style style, const char *s);
void table_cellf(struct table *table, enum terminal_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* For text that is one safe line already (a reason that another module made): not escaped again. */
void table_safe(struct table *table, enum terminal_style style, const char *safe);
/* As table_cell, aligned to the right. */
void table_number(struct table *table, enum terminal_style style, const char *s);
void table_end_row(struct table *table);

/* Cuts the last cell of a row that would not fit into so many columns; where hardly anything of it
 * would be left, the row goes on in a second line. 0: never. */
void table_limit(struct table *table, unsigned int columns);

/* Writes all rows and empties the table. Returns 0 or -ENOMEM. */
int table_print(struct table *table, FILE *stream);

#endif
