/* SPDX-License-Identifier: MIT */
#include "fs/review/print_parts.h"

#include <errno.h>
#include <inttypes.h>

#include "fs/base/cleanup.h"
#include "fs/base/terminal.h"
#include "fs/review/print_diff.h"
#include "fs/review/print_keys.h"

static const char *remark_of(const struct part *part)
{
	if (part->has_lapsed)
		return "changed since you decided";
	switch (part->verdict) {
	case DECISION_NONE: return "";
	case DECISION_APPROVED: return "approved";
	case DECISION_REJECTED: return "rejected";
	}
	return "";
}

static enum terminal_style remark_style(const struct part *part)
{
	return part->verdict == DECISION_APPROVED ? STYLE_GREEN : STYLE_YELLOW;
}

/* line is terminal-safe. */
static int put(const struct text *line, FILE *stream)
{
	if (line->is_failed)
		return -ENOMEM;
	return fwrite(line->data, 1, line->len, stream) == line->len ? 0 : -EPIPE;
}

static int print_record_line(const struct parts *parts, const struct part *part,
			     const struct print_style *style, FILE *stream)
{
	cleanup_text struct text line = { 0 };
	cleanup_text struct text safe = { 0 };
	cleanup_free char *record = NULL;
	char hex[DIGEST_HEX_SIZE];
	size_t shown = 0;
	int r = parts_read_text(parts, part, &record, &shown);

	if (r < 0)
		return r;
	if (style->columns > 0 && shown > PRINT_DIFF_LINE_MAX)
		shown = PRINT_DIFF_LINE_MAX;
	/* Backslashes doubled: what is decided about is unambiguous. */
	text_append(&safe, "+");
	text_append_safe(&safe, record, shown, false);
	terminal_append_styled(&line, style->is_colored, STYLE_GREEN, safe.data ? safe.data : "");
	if (shown < part->size) {
		digest_to_hex(&part->content, hex);
		text_appendf(&line, " ... (%zu more bytes; SHA-256 of the record %s)",
			     part->size - shown, hex);
	}
	text_append(&line, "\n");
	if (safe.is_failed)
		return -ENOMEM;
	return put(&line, stream);
}

static int print_record(const struct parts *parts, const struct part *part,
			const struct print_style *style, FILE *stream)
{
	cleanup_text struct text line = { 0 };
	int r;

	terminal_append(&line, style->is_colored, STYLE_CYAN, "record ");
	terminal_append(&line, style->is_colored, STYLE_BOLD, part->name);
	if (part->foreign)
		terminal_appendf(&line, style->is_colored, STYLE_YELLOW,
				 "  not of this project (%s)", part->foreign);
	if (*remark_of(part))
		terminal_appendf(&line, style->is_colored, remark_style(part), "  %s",
				 remark_of(part));
	text_append(&line, "\n");
	r = put(&line, stream);
	return r == 0 && part->has_text ? print_record_line(parts, part, style, stream) : r;
}

int print_part(const struct change *change, const struct parts *parts, const struct part *part,
	       bool has_heading, const struct print_style *style, FILE *stream)
{
	if (has_heading)
		print_diff_heading(change, style, stream);
	return part->key ? print_key(part->key, remark_of(part), style, stream)
			 : print_record(parts, part, style, stream);
}

/* What would go by itself, and was rejected once or undone, asks. */
static const char *remark_by_index(size_t index, enum key_fate *fate, const void *arg)
{
	const struct part *part = parts_get(arg, index);

	if (part && part->asks_again)
		*fate = KEY_FATE_ASKS;
	return part ? remark_of(part) : "";
}

int print_parts_by_key(const struct review *review, const struct change *change,
		       const struct print_style *style, FILE *stream)
{
	cleanup_parts struct parts *parts = NULL;
	int r = parts_of_change(review, change, review_decisions(review), false, &parts);

	if (r < 0)
		return r;
	if (!parts_keys(parts))
		return -ENOTSUP;
	print_diff_heading(change, style, stream);
	return print_keys(parts_keys(parts), remark_by_index, parts, style, stream);
}

int print_decided_records(const struct review *review, const struct change *change,
			  const struct print_style *style, FILE *stream)
{
	cleanup_parts struct parts *parts = NULL;
	int r;

	if (change->parts.scope != DECISION_RECORD)
		return 0;
	r = parts_of_change(review, change, review_decisions(review), false, &parts);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; r == 0 && i < parts_count(parts); i++) {
		const struct part *part = parts_get(parts, i);

		if (*remark_of(part))
			r = print_record(parts, part, style, stream);
	}
	return r;
}

static json_t *record_to_json(const struct part *part)
{
	char hex[DIGEST_HEX_SIZE];
	json_t *json = json_object();

	digest_to_hex(&part->content, hex);
	(void)json_object_set_new(json, "record", json_string(part->name));
	(void)json_object_set_new(json, "foreign",
				  part->foreign ? json_string(part->foreign) : json_null());
	(void)json_object_set_new(json, "size", json_integer((json_int_t)part->size));
	(void)json_object_set_new(json, "sha256", json_string(hex));
	return json;
}

json_t *parts_to_json(const struct parts *parts)
{
	json_t *list = parts_keys(parts) ? keys_to_json(parts_keys(parts)) : json_array();

	for (size_t i = 0; i < parts_count(parts); i++) {
		const struct part *part = parts_get(parts, i);

		if (!part->key)
			(void)json_array_append_new(list, record_to_json(part));
		else if (part->asks_again)
			(void)json_object_set_new(json_array_get(list, i), "group",
						  json_string(key_fate_name(KEY_FATE_ASKS)));
		(void)json_object_set_new(
			json_array_get(list, i), "decision",
			json_string(part->has_lapsed ? "lapsed"
						     : decision_verdict_name(part->verdict)));
	}
	return list;
}
