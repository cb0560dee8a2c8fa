/* SPDX-License-Identifier: MIT */
/* Characters that deceive a reader or act on a terminal, told apart from those that emoji and
 * scripts need. */
#include <string.h>

#include "fs/base/fold.h"
#include "fs/review/hazard_facts.h"

#define BINARY_PROBE 8000u /* bytes; a NUL among the first ones is no text, as for git */

static bool is_selector(uint32_t code)
{
	return (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef);
}

static bool is_tag(uint32_t code)
{
	return code >= 0xe0000 && code <= 0xe007f;
}

/* What joiners and selectors may stand beside: letters and symbols beyond ASCII. */
static bool is_joined(uint32_t code)
{
	return code >= 0x80 && fold_is_visible(code);
}

struct reading {
	const char *at;
	size_t left;
	uint32_t previous; /* 0: none, or no UTF-8 */
	bool is_flag;      /* within an emoji flag that is spelt with tags */
};

static uint32_t peek(const struct reading *reading, size_t behind)
{
	uint32_t code = 0;

	if (reading->left <= behind ||
	    fold_next_code_point(reading->at + behind, reading->left - behind, &code) == 0)
		return 0;
	return code;
}

static bool is_hidden(const struct reading *reading, uint32_t code, size_t len, bool is_first)
{
	if (code < 0x80 || (code >= 0x80 && code <= 0x9f) || !fold_is_hidden(code))
		return false;
	if (code == 0xfeff)
		return !is_first;
	/* Zero width joiner and non-joiner: family emoji, Persian, Indic scripts. */
	if (code == 0x200c || code == 0x200d)
		return !((is_joined(reading->previous) || is_selector(reading->previous)) &&
			 is_joined(peek(reading, len)));
	/* One selector behind a symbol; "1" U+FE0F U+20E3 is a keycap. */
	if (is_selector(code))
		return !(is_joined(reading->previous) ||
			 (code == 0xfe0f && peek(reading, len) == 0x20e3));
	if (is_tag(code))
		return !reading->is_flag;
	return true;
}

static bool is_escape(const struct reading *reading, uint32_t code)
{
	if (code == '\n' || code == '\t')
		return false;
	/* A carriage return at the end of a line hides nothing. */
	if (code == '\r')
		return reading->left > 1 && reading->at[1] != '\n';
	return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

struct hazard_characters hazard_count_characters(const char *data, size_t len)
{
	struct reading reading = { .at = data, .left = len };
	struct hazard_characters found = { 0 };

	found.is_binary = memchr(data, 0, len < BINARY_PROBE ? len : BINARY_PROBE) != NULL;
	while (!found.is_binary && reading.left > 0) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(reading.at, reading.left, &code);

		if (n > 0 && is_hidden(&reading, code, n, reading.at == data)) {
			if (found.hidden++ == 0)
				found.first_hidden = code;
		} else if (n > 0 && is_escape(&reading, code)) {
			if (found.escapes++ == 0)
				found.first_escape = code;
		}
		reading.is_flag = n > 0 && (code == 0x1f3f4 ||
					    (reading.is_flag && is_tag(code) && code != 0xe007f));
		reading.previous = n > 0 ? code : 0;
		n = n > 0 ? n : 1;
		reading.at += n;
		reading.left -= n;
	}
	return found;
}
