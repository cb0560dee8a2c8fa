/* SPDX-License-Identifier: MIT */
#include "fs/base/fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "fs/base/cleanup.h"

static int map_name(const char *name, utf8proc_option_t options, char **ret)
{
	utf8proc_uint8_t *mapped = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)name,
					  (utf8proc_ssize_t)strlen(name), &mapped, options);

	if (n < 0)
		return n == UTF8PROC_ERROR_NOMEM ? -ENOMEM : -EILSEQ;
	/* Never, says utf8proc; gcc's analyzer cannot know. */
	if (!mapped) /* GCOVR_EXCL_BR_LINE: a promise of the library */
		return -ENOMEM;
	*ret = (char *)mapped;
	return 0;
}

static size_t count_slashes(const char *s)
{
	size_t count = 0;

	for (; *s; s++)
		count += *s == '/';
	return count;
}

int fold_name(const char *name, char **ret)
{
	const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
					  UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
	cleanup_free char *once = NULL;
	cleanup_free char *twice = NULL;
	int r;

	/* Twice: removing an ignorable may bring a base and its mark together, which then compose.
	 */
	r = map_name(name, options, &once);
	if (r < 0)
		return r;
	r = map_name(once, options, &twice);
	if (r < 0)
		return r;
	if (count_slashes(twice) != count_slashes(name))
		return -EILSEQ;
	*ret = steal_ptr(&twice);
	return 0;
}

int fold_compose(const char *name, char **ret)
{
	return map_name(name, UTF8PROC_STABLE | UTF8PROC_COMPOSE, ret);
}

bool fold_is_plain_name(const char *name)
{
	cleanup_free char *composed = NULL;
	const char *p = name;
	size_t left = strlen(name);

	while (left > 0) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(p, left, &code);

		if (n == 0 || code < 0x20 || code == 0x7f || !fold_is_visible(code))
			return false;
		p += n;
		left -= n;
	}
	if (fold_compose(name, &composed) < 0)
		return false;
	return strcmp(composed, name) == 0;
}

size_t fold_next_code_point(const char *s, size_t len, uint32_t *ret_code)
{
	utf8proc_int32_t code = -1;
	utf8proc_ssize_t n =
		utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len, &code);

	if (n <= 0 || code < 0)
		return 0;
	*ret_code = (uint32_t)code;
	return (size_t)n;
}

bool fold_is_visible(uint32_t code)
{
	const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)code);
	utf8proc_category_t category;

	if (property->ignorable)
		return false;
	category = utf8proc_category((utf8proc_int32_t)code);
	return category != UTF8PROC_CATEGORY_CC && category != UTF8PROC_CATEGORY_CF &&
	       category != UTF8PROC_CATEGORY_CS && category != UTF8PROC_CATEGORY_CO &&
	       category != UTF8PROC_CATEGORY_CN && category != UTF8PROC_CATEGORY_ZL &&
	       category != UTF8PROC_CATEGORY_ZP;
}

bool fold_is_hidden(uint32_t code)
{
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)code);

	return utf8proc_get_property((utf8proc_int32_t)code)->ignorable ||
	       category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP;
}

unsigned int fold_width(uint32_t code)
{
	int width = utf8proc_charwidth((utf8proc_int32_t)code);

	return width > 0 ? (unsigned int)width : 0;
}
