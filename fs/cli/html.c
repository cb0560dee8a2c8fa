/* SPDX-License-Identifier: MIT */
#include "fs/cli/html.h"

#include <inttypes.h>
#include <string.h>

#include "fs/base/fold.h"
#include "fs/review/writer_name.h"

/* NULL: no character of markup. */
static const char *entity_of(uint32_t code)
{
	switch (code) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	case '`': return "&#96;"; /* a quote of attributes for old browsers */
	default: return NULL;
	}
}

void html_print(FILE *stream, const char *s, size_t len)
{
	while (len > 0) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(s, len, &code);
		const char *entity = n > 0 ? entity_of(code) : NULL;

		if (n == 0) {
			(void)fprintf(stream, "<span class=x>\\x%02x</span>", (unsigned char)*s);
			n = 1;
		} else if (entity) {
			(void)fputs(entity, stream);
		} else if (code == '\n' || code == '\t' || (code >= 0x20 && code < 0x7f)) {
			(void)fputc((int)code, stream);
		} else if (code < 0x80) {
			(void)fprintf(stream, "<span class=x>\\x%02" PRIx32 "</span>", code);
		} else if (!fold_is_visible(code)) {
			(void)fprintf(stream, "<span class=x>\\u{%04" PRIx32 "}</span>", code);
		} else {
			(void)fwrite(s, 1, n, stream);
		}
		s += n;
		len -= n;
	}
}

void html_print_string(FILE *stream, const char *s)
{
	html_print(stream, s, strlen(s));
}

void html_print_safe(FILE *stream, const char *safe)
{
	html_print(stream, safe, strlen(safe));
}

void html_print_writer(FILE *stream, const char *exe, const char *command, uint32_t pid)
{
	cleanup_text struct text name = { 0 };

	writer_name_append(&name, exe, command, pid);
	html_print_string(stream, name.data ? name.data : "");
}
