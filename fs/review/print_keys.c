/* SPDX-License-Identifier: MIT */
#include "fs/review/print_keys.h"

#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/terminal.h"

/* In the order of the screen. */
static const struct {
	enum key_fate fate;
	const char *title;
	enum terminal_style style;
} groups[] = {
	{ KEY_FATE_GOES, "will commit", STYLE_GREEN },
	{ KEY_FATE_ASKS, "needs approval", STYLE_YELLOW },
	{ KEY_FATE_CONFLICT, "conflict", STYLE_RED },
	{ KEY_FATE_STAYS, "never leaves", STYLE_DIM },
};

static int append_value(struct text *text, const json_t *value, bool is_cut)
{
	cleanup_free char *dump = json_dump_whole(value, JSON_ENCODE_ANY | JSON_COMPACT);
	size_t len = dump ? strlen(dump) : 0;
	bool is_long = is_cut && len > PRINT_KEYS_VALUE_MAX;

	if (!dump)
		return -ENOMEM;
	text_append_bytes(text, dump, is_long ? PRINT_KEYS_VALUE_MAX : len);
	if (is_long)
		text_appendf(text, " ... (%zu more bytes)", len - PRINT_KEYS_VALUE_MAX);
	return text->is_failed ? -ENOMEM : 0;
}

static int print_value(const struct print_style *style, enum terminal_style color, const char *sign,
		       const json_t *value, FILE *stream)
{
	cleanup_text struct text line = { 0 };
	cleanup_text struct text out = { 0 };
	int r;

	if (!value)
		return 0;
	text_append(&line, sign);
	r = append_value(&line, value, style->columns > 0);
	if (r < 0)
		return r;
	text_append(&out, "    ");
	terminal_append(&out, style->is_colored, color, line.data);
	text_append(&out, "\n");
	if (out.is_failed)
		return -ENOMEM;
	return fwrite(out.data, 1, out.len, stream) == out.len ? 0 : -EPIPE;
}

int print_key(const struct key_change *key, const char *remark, const struct print_style *style,
	      FILE *stream)
{
	cleanup_text struct text name = { 0 };
	cleanup_text struct text line = { 0 };
	int r;

	key_change_append_name(&name, key->merge);
	text_append(&line, "  ");
	terminal_append(&line, style->is_colored, STYLE_BOLD, name.data ? name.data : "");
	text_append(&line, "  ");
	terminal_append(&line, style->is_colored, STYLE_DIM, key->why ? key->why : "");
	if (*remark) {
		text_append(&line, "  ");
		terminal_append(&line, style->is_colored, STYLE_YELLOW, remark);
	}
	text_append(&line, "\n");
	if (name.is_failed || line.is_failed)
		return -ENOMEM;
	if (fwrite(line.data, 1, line.len, stream) != line.len)
		return -EPIPE;
	r = print_value(style, STYLE_RED, "- ", key->merge->old_value, stream);
	if (r == 0)
		r = print_value(style, STYLE_GREEN, "+ ", key->merge->new_value, stream);
	if (r == 0 && key->fate == KEY_FATE_CONFLICT)
		r = print_value(style, STYLE_CYAN, "host: ", key->merge->host_value, stream);
	return r;
}

static int print_title(const struct print_style *style, size_t group, FILE *stream)
{
	cleanup_text struct text title = { 0 };

	terminal_append(&title, style->is_colored, groups[group].style, groups[group].title);
	return fprintf(stream, "%s\n", title.data ? title.data : "") < 0 ? -EPIPE : 0;
}

int print_keys(const struct key_changes *keys, print_keys_remark_fn *remark, const void *arg,
	       const struct print_style *style, FILE *stream)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		bool has_title = false;

		for (size_t i = 0; i < key_changes_count(keys); i++) {
			const struct key_change *key = key_changes_get(keys, i);
			enum key_fate fate = key->fate;
			const char *told = remark ? remark(i, &fate, arg) : "";
			int r = 0;

			if (fate != groups[g].fate)
				continue;
			if (!has_title)
				r = print_title(style, g, stream);
			has_title = true;
			if (r == 0)
				r = print_key(key, told, style, stream);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static void set_value(json_t *json, const char *name, const char *has_name, const json_t *value)
{
	(void)json_object_set_new(json, has_name, json_boolean(value != NULL));
	(void)json_object_set_new(json, name, value ? json_deep_copy(value) : json_null());
}

json_t *keys_to_json(const struct key_changes *keys)
{
	json_t *list = json_array();

	for (size_t i = 0; i < key_changes_count(keys); i++) {
		const struct key_change *key = key_changes_get(keys, i);
		cleanup_text struct text name = { 0 };
		json_t *json = json_object();
		json_t *path = json_array();

		key_change_append_name(&name, key->merge);
		(void)json_object_set_new(json, "key", json_string(name.data ? name.data : ""));
		for (size_t k = 0; k < key->merge->depth; k++)
			(void)json_array_append_new(path, json_string(key->merge->keys[k]));
		(void)json_object_set_new(json, "path", path);
		(void)json_object_set_new(json, "group", json_string(key_fate_name(key->fate)));
		set_value(json, "old", "has_old", key->merge->old_value);
		set_value(json, "new", "has_new", key->merge->new_value);
		set_value(json, "host", "has_host", key->merge->host_value);
		(void)json_object_set_new(json, "superseded",
					  json_boolean(key->merge->is_superseded));
		(void)json_object_set_new(json, "rule",
					  key->rule ? json_string(key->rule) : json_null());
		(void)json_object_set_new(json, "why", json_string(key->why ? key->why : ""));
		(void)json_array_append_new(list, json);
	}
	return list;
}
