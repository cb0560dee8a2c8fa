/* SPDX-License-Identifier: MIT */
#include "fs/base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/fold.h"

void text_done(struct text *text)
{
	free(text->data);
	*text = (struct text){ 0 };
}

static bool text_reserve(struct text *text, size_t more)
{
	size_t need;
	size_t size;
	char *grown;

	if (text->is_failed)
		return false;
	if (__builtin_add_overflow(text->len, more, &need) || need >= SIZE_MAX / 2) {
		text->is_failed = true;
		return false;
	}
	if (need < text->size)
		return true;
	size = text->size ? text->size : 64;
	while (size <= need)
		size *= 2;
	grown = realloc(text->data, size);
	if (!grown) {
		text->is_failed = true;
		return false;
	}
	text->data = grown;
	text->size = size;
	return true;
}

void text_append_bytes(struct text *text, const void *data, size_t len)
{
	if (!text_reserve(text, len))
		return;
	if (len > 0)
		memcpy(text->data + text->len, data, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void text_append(struct text *text, const char *s)
{
	text_append_bytes(text, s, strlen(s));
}

void text_vappendf(struct text *text, const char *format, va_list args)
{
	char *formatted = NULL;
	int len = vasprintf(&formatted, format, args);

	if (len < 0) {
		text->is_failed = true;
		return;
	}
	text_append_bytes(text, formatted, (size_t)len);
	free(formatted);
}

void text_appendf(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vappendf(text, format, args);
	va_end(args);
}

void text_append_safe(struct text *text, const char *s, size_t len, bool keep_lines)
{
	while (len > 0) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(s, len, &code);

		if (n == 0) {
			text_appendf(text, "\\x%02x", (unsigned char)*s);
			n = 1;
		} else if (code == '\\') {
			text_append(text, "\\\\");
		} else if (keep_lines && (code == '\n' || code == '\t')) {
			text_append_bytes(text, s, n);
		} else if (code == '\n') {
			text_append(text, "\\n");
		} else if (code == '\t') {
			text_append(text, "\\t");
		} else if (code == '\r') {
			text_append(text, "\\r");
		} else if (code < 0x20 || code == 0x7f) {
			text_appendf(text, "\\x%02x", (unsigned int)code);
		} else if (!fold_is_visible(code)) {
			text_appendf(text, "\\u{%04x}", (unsigned int)code);
		} else {
			text_append_bytes(text, s, n);
		}
		s += n;
		len -= n;
	}
}

void text_vformat_safe(char *out, size_t size, const char *format, va_list args)
{
	cleanup_text struct text raw = { 0 };
	cleanup_text struct text safe = { 0 };

	text_vappendf(&raw, format, args);
	if (raw.data)
		text_append_safe(&safe, raw.data, raw.len, false);
	(void)snprintf(out, size, "%s", safe.data ? safe.data : "");
}

void text_format_safe(char *out, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vformat_safe(out, size, format, args);
	va_end(args);
}

size_t text_count_unsafe(const char *s, size_t len)
{
	size_t count = 0;

	while (len > 0) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(s, len, &code);

		if (n == 0) {
			count++;
			n = 1;
		} else if ((code < 0x20 && code != '\n' && code != '\t') || code == 0x7f ||
			   (code >= 0x80 && !fold_is_visible(code))) {
			count++;
		}
		s += n;
		len -= n;
	}
	return count;
}

char *text_steal(struct text *text)
{
	char *data;

	if (!text->is_failed && !text->data)
		text_append_bytes(text, "", 0);
	if (text->is_failed) {
		text_done(text);
		return NULL;
	}
	data = text->data;
	*text = (struct text){ 0 };
	return data;
}

void text_print_safe(FILE *stream, const char *s)
{
	cleanup_text struct text safe = { 0 };

	text_append_safe(&safe, s, strlen(s), false);
	if (safe.data)
		(void)fwrite(safe.data, 1, safe.len, stream);
}
