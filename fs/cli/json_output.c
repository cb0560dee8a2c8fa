/* SPDX-License-Identifier: MIT */
#include "fs/cli/json_output.h"

#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fold.h"
#include "fs/base/message.h"
#include "fs/base/text.h"

static int print_with(const json_t *json, size_t flags)
{
	cleanup_free char *dumped = json_dumps(json, flags | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	const char *from = dumped;

	if (!dumped) {
		message_error("out of memory");
		return EXIT_FAULT;
	}
	/* jansson escapes every control character but DEL, which can only stand inside a string. */
	for (const char *del; (del = strchr(from, 0x7f)) != NULL; from = del + 1) {
		(void)fwrite(from, 1, (size_t)(del - from), stdout);
		(void)fputs("\\u007f", stdout);
	}
	(void)fputs(from, stdout);
	(void)fputc('\n', stdout);
	return EXIT_OK;
}

int json_output_print(const json_t *json)
{
	return print_with(json, JSON_INDENT(2));
}

int json_output_print_line(const json_t *json)
{
	return print_with(json, JSON_COMPACT);
}

static bool is_utf8(const char *s)
{
	size_t left = strlen(s);

	while (left > 0) {
		uint32_t code;
		size_t n = fold_next_code_point(s, left, &code);

		if (n == 0)
			return false;
		s += n;
		left -= n;
	}
	return true;
}

void json_output_set_name(json_t *object, const char *key, const char *name)
{
	cleanup_text struct text hex_key = { 0 };
	cleanup_text struct text hex = { 0 };

	(void)json_object_set_new(object, key, json_string_lossy(name));
	if (is_utf8(name))
		return;
	text_appendf(&hex_key, "%s_hex", key);
	for (const char *p = name; *p; p++)
		text_appendf(&hex, "%02x", (unsigned char)*p);
	if (!hex_key.is_failed && !hex.is_failed)
		(void)json_object_set_new(object, hex_key.data, json_string(hex.data));
}

void json_output_set_time(json_t *object, const char *key, uint64_t ns)
{
	char formatted[CLOCK_TEXT_SIZE];

	if (ns == 0) {
		(void)json_object_set_new(object, key, json_null());
		return;
	}
	clock_format_rfc3339(ns, formatted);
	(void)json_object_set_new(object, key, json_string(formatted));
}
