/* SPDX-License-Identifier: MIT */
#include "tests/lib/folding_names.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "fs/base/cleanup.h"

char *folding_key(const char *name)
{
	const utf8proc_option_t options = UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
					  UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
	utf8proc_uint8_t *once = NULL;
	utf8proc_uint8_t *twice = NULL;

	/* Twice: some case foldings decompose further. */
	if (utf8proc_map((const utf8proc_uint8_t *)name, 0, &once, options) < 0)
		return NULL;
	if (utf8proc_map(once, 0, &twice, options) < 0)
		twice = NULL;
	free(once);
	return (char *)twice;
}

bool folding_is_same(const char *a, const char *b)
{
	cleanup_free char *x = folding_key(a);
	cleanup_free char *y = folding_key(b);

	return x && y && strcmp(x, y) == 0;
}
