/* SPDX-License-Identifier: MIT */
#include "launcher/string_list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void string_list_done(struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free((void *)list->items);
	*list = (struct string_list){ 0 };
}

/* takes s */
static void add_owned(struct string_list *list, char *s)
{
	char **items = (char **)realloc((void *)list->items, (list->count + 2) * sizeof(*items));

	if (items)
		list->items = items;
	if (!items || !s) {
		free(s);
		list->is_failed = true;
		if (items)
			items[list->count] = NULL;
		return;
	}
	items[list->count++] = s;
	items[list->count] = NULL;
}

void string_list_add(struct string_list *list, const char *s)
{
	add_owned(list, strdup(s));
}

void string_list_addf(struct string_list *list, const char *format, ...)
{
	char *s = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&s, format, args) < 0)
		s = NULL;
	va_end(args);
	add_owned(list, s);
}
