/* SPDX-License-Identifier: MIT */
/* A growable string, and the one place where untrusted bytes are made safe for a terminal. */
#ifndef CLAUDEFS_BASE_TEXT_H
#define CLAUDEFS_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Starts as { 0 }. Once an allocation fails, is_failed stays set and further appends do nothing, so
 * that callers check once, at text_steal(). */
struct text {
	char *data; /* NUL-terminated, or NULL while empty */
	size_t len;
	size_t size;
	bool is_failed;
};

void text_done(struct text *text);
#define cleanup_text __attribute__((cleanup(text_done)))

void text_append(struct text *text, const char *s);
void text_append_bytes(struct text *text, const void *data, size_t len);
void text_appendf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vappendf(struct text *text, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Appends untrusted bytes so that no terminal acts on them: C0, DEL, C1, invalid UTF-8, and code
 * points that change direction, have no width or are unassigned come out as \xNN or \u{NNNN}; a
 * backslash is doubled, so that the result is unambiguous. '\n' and '\t' are escaped too, unless
 * keep_lines. */
void text_append_safe(struct text *text, const char *s, size_t len, bool keep_lines);

/* vsnprintf into out, with the result made safe as above on one line (and cut to size - 1 bytes).
 * "" when memory runs out. */
void text_vformat_safe(char *out, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
void text_format_safe(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* How many code points (or invalid bytes) of s text_append_safe() would escape (backslashes not
 * counted). */
size_t text_count_unsafe(const char *s, size_t len);

/* Gives the string away (ret_; "" if nothing was appended) and empties text. NULL: out of memory.
 */
char *text_steal(struct text *text);

/* Writes an untrusted string to a stream, made safe as above on one line. */
void text_print_safe(FILE *stream, const char *s);

#endif
