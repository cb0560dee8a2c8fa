/* SPDX-License-Identifier: MIT */
#include "fs/session/manifest_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/text.h"

#define U64_TEXT_SIZE 24u /* 2^64 has 20 digits */

static const char digits[] = "0123456789abcdef";

json_t *value_from_bytes(const char *bytes)
{
	cleanup_text struct text hex = { 0 };
	json_t *json = json_string(bytes);

	if (json)
		return json;
	for (const char *p = bytes; *p; p++) {
		unsigned char c = (unsigned char)*p;
		char pair[2] = { digits[c >> 4], digits[c & 15] };

		text_append_bytes(&hex, pair, sizeof(pair));
	}
	return hex.is_failed ? NULL : json_pack("{s:s}", "hex", hex.data);
}

/* -1: not a digit. */
static int digit_value(char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int from_hex(const char *hex, size_t max, char **ret)
{
	cleanup_free char *bytes = NULL;
	size_t len = strlen(hex) / 2;

	if (strlen(hex) % 2 || len > max)
		return -EBADMSG;
	bytes = calloc(len + 1, 1);
	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++) {
		int high = digit_value(hex[2 * i]);
		int low = digit_value(hex[2 * i + 1]);

		if (high < 0 || low < 0 || high + low == 0)
			return -EBADMSG;
		bytes[i] = (char)(high << 4 | low);
	}
	*ret = steal_ptr(&bytes);
	return 0;
}

int value_to_bytes(const json_t *json, size_t max, char **ret)
{
	const char *hex = json_get_string(json, "hex", NULL);

	if (hex && json_object_size(json) == 1)
		return from_hex(hex, max, ret);
	if (!json_is_string(json) || json_string_length(json) > max)
		return -EBADMSG;
	*ret = strdup(json_string_value(json));
	return *ret ? 0 : -ENOMEM;
}

json_t *value_from_text(const char *text, size_t max)
{
	cleanup_json json_t *whole = json_string_lossy(text);
	size_t total = whole ? json_string_length(whole) : 0;
	size_t len = 0;

	if (!whole)
		return NULL;
	text = json_string_value(whole);
	while (len < total) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(text + len, total - len, &code);

		if (n == 0 || len + n > max)
			break;
		len += n;
	}
	return json_stringn(text, len);
}

json_t *value_from_u64(uint64_t number)
{
	char text[U64_TEXT_SIZE];

	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	return json_string(text);
}

int value_to_u64(const json_t *json, uint64_t *ret)
{
	const char *text = json_string_value(json);
	char again[U64_TEXT_SIZE];
	uint64_t number;

	if (!text || strlen(text) >= sizeof(again))
		return -EBADMSG;
	number = strtoull(text, NULL, 10);
	/* One spelling only: no sign, no space, no leading zero, no overflow. */
	(void)snprintf(again, sizeof(again), "%" PRIu64, number);
	if (strcmp(text, again) != 0)
		return -EBADMSG;
	*ret = number;
	return 0;
}
