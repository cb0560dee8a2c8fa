/* SPDX-License-Identifier: MIT */
/* Looks at a program's output on stdin.
 *	output_check safe		no byte that a terminal would act on, or that hides
 *something output_check json		exactly one strict JSON value, in printable ASCII
 *	output_check json-lines		the same for every line
 *	output_check get PATH		prints the value at a.b.0.c (strings raw; "#" as last step:
 *the count) Exit codes: 0, 1 (it is not so; stderr says where). */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/json.h"
#include "fs/base/text.h"

static bool is_own_escape(const char *s, size_t len, size_t *ret_len)
{
	/* The only escapes that the programs may print: colours, if asked for. */
	size_t i = 2;

	if (len < 3 || s[0] != '\033' || s[1] != '[')
		return false;
	while (i < len && (s[i] == ';' || (s[i] >= '0' && s[i] <= '9')))
		i++;
	*ret_len = i + 1;
	return i < len && s[i] == 'm';
}

static int check_safe(const char *data, size_t len, bool may_color)
{
	size_t at = 0;

	while (at < len) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(data + at, len - at, &code);
		size_t escape_len = 0;

		if (may_color && is_own_escape(data + at, len - at, &escape_len)) {
			at += escape_len;
			continue;
		}
		if (n == 0 || (code != '\n' && code != '\t' &&
			       (code < 0x20 || code == 0x7f || !fold_is_visible(code)))) {
			(void)fprintf(stderr, "unsafe at byte %zu: 0x%02x (U+%04x)\n", at,
				      (unsigned char)data[at], (unsigned int)code);
			return 1;
		}
		at += n;
	}
	return 0;
}

static int load(const char *data, size_t len, json_t **ret)
{
	struct json_problem problem = { 0 };

	for (size_t i = 0; i < len; i++) {
		if ((data[i] < 0x20 && data[i] != '\n') || data[i] > 0x7e) {
			(void)fprintf(stderr, "not printable ASCII at byte %zu\n", i);
			return 1;
		}
	}
	if (json_load_strict(data, len, ret, &problem) == 0)
		return 0;
	(void)fprintf(stderr, "line %u: %s\n", problem.line, problem.reason);
	return 1;
}

static int check_lines(const char *data, size_t len)
{
	const char *end = data + len;
	size_t lines = 0;

	while (data < end) {
		const char *newline = memchr(data, '\n', (size_t)(end - data));
		cleanup_json json_t *json = NULL;

		if (!newline || load(data, (size_t)(newline - data), &json) != 0)
			return 1;
		data = newline + 1;
		lines++;
	}
	return lines > 0 ? 0 : 1;
}

static int print_value(const json_t *value)
{
	cleanup_free char *dumped = NULL;

	if (json_is_string(value)) {
		puts(json_string_value(value));
		return 0;
	}
	dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	if (!dumped)
		return 1;
	puts(dumped);
	return 0;
}

static int get(const char *data, size_t len, char *path)
{
	cleanup_json json_t *json = NULL;
	const json_t *value;

	if (load(data, len, &json) != 0)
		return 1;
	value = json;
	for (char *step; (step = strsep(&path, ".")) != NULL;) {
		if (strcmp(step, "#") == 0) {
			printf("%zu\n", json_is_array(value) ? json_array_size(value)
							     : json_object_size(value));
			return 0;
		}
		if (json_is_array(value))
			value = json_array_get(value, strtoul(step, NULL, 10));
		else
			value = json_object_get(value, step);
		if (!value) {
			(void)fprintf(stderr, "no %s\n", step);
			return 1;
		}
	}
	return print_value(value);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	cleanup_text struct text input = { 0 };
	cleanup_json json_t *json = NULL;
	char buf[65536];
	size_t n;

	while ((n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		text_append_bytes(&input, buf, n);
	if (!input.data) {
		(void)fputs("no output\n", stderr);
		return 1;
	}
	if (strcmp(mode, "safe") == 0)
		return check_safe(input.data, input.len, argc > 2);
	if (strcmp(mode, "json") == 0)
		return load(input.data, input.len, &json);
	if (strcmp(mode, "json-lines") == 0)
		return check_lines(input.data, input.len);
	if (strcmp(mode, "get") == 0 && argc == 3)
		return get(input.data, input.len, argv[2]);
	return 2;
}
