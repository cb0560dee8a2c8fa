/* SPDX-License-Identifier: MIT */
/* A NULL-terminated list of owned strings: argv, envp. */
#ifndef CLAUDEFS_LAUNCHER_STRING_LIST_H
#define CLAUDEFS_LAUNCHER_STRING_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Starts as { 0 }. Once an allocation fails is_failed stays set; callers check once, at the end. */
struct string_list {
	char **items; /* NULL while empty; else NULL-terminated */
	size_t count;
	bool is_failed;
};

void string_list_done(struct string_list *list);
#define cleanup_string_list __attribute__((cleanup(string_list_done)))

void string_list_add(struct string_list *list, const char *s);
void string_list_addf(struct string_list *list, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
