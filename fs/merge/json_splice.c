/* SPDX-License-Identifier: MIT */
#include "fs/merge/json_splice.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"

/* A piece of the text. */
struct span {
	size_t start;
	size_t end;
};

struct splice {
	const char *text;
	size_t len;
	size_t at; /* how far the text has been walked */
	struct text out;
	/* How the text is laid out, as its first member shows. */
	bool has_lines;    /* members stand on lines of their own */
	struct span eol;   /* in text; empty: "\n" */
	struct span unit;  /* of indentation; empty: two spaces */
	struct span colon; /* between key and value; empty: ": " */
};

/* One member of an object of the text, from behind the bracket or comma before it. */
struct member {
	struct span lead; /* white space */
	struct span name; /* the key, the colon, and the white space around that */
	struct span value;
	struct span trail; /* white space up to the next comma or bracket */
};

static void put_span(struct splice *splice, struct span span)
{
	text_append_bytes(&splice->out, splice->text + span.start, span.end - span.start);
}

static struct span take_space(struct splice *splice)
{
	struct span span = { .start = splice->at };

	while (splice->at < splice->len && strchr(" \t\r\n", splice->text[splice->at]) &&
	       splice->text[splice->at] != '\0')
		splice->at++;
	span.end = splice->at;
	return span;
}

static bool take_byte(struct splice *splice, char c)
{
	if (splice->at >= splice->len || splice->text[splice->at] != c)
		return false;
	splice->at++;
	return true;
}

static char next_byte(const struct splice *splice)
{
	return splice->at < splice->len ? splice->text[splice->at] : '\0';
}

static bool take_string(struct splice *splice)
{
	if (!take_byte(splice, '"'))
		return false;
	while (splice->at < splice->len) {
		char c = splice->text[splice->at++];

		if (c == '"')
			return true;
		if (c == '\\')
			splice->at++;
	}
	return false;
}

/* Any value: brackets are counted, strings are stepped over, scalars end where punctuation or white
 * space does. */
static bool take_value(struct splice *splice)
{
	size_t depth = 0;

	do {
		char c = next_byte(splice);

		if (splice->at >= splice->len)
			return false;
		if (c == '"') {
			if (!take_string(splice))
				return false;
		} else if (c == '{' || c == '[') {
			depth++;
			splice->at++;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return false;
			depth--;
			splice->at++;
		} else if (depth > 0) {
			splice->at++;
		} else {
			size_t n = strcspn(splice->text + splice->at, ",]} \t\r\n");

			if (n == 0)
				return false;
			splice->at += n;
		}
	} while (depth > 0);
	return splice->at <= splice->len;
}

/* Up to the value. */
static bool take_name(struct splice *splice, struct member *ret)
{
	ret->lead = take_space(splice);
	ret->name.start = splice->at;
	if (!take_string(splice))
		return false;
	(void)take_space(splice);
	if (!take_byte(splice, ':'))
		return false;
	(void)take_space(splice);
	ret->name.end = splice->at;
	return true;
}

/* Learns from the first member of the object at hand. */
static void learn_layout(struct splice *splice)
{
	size_t before = splice->at;
	struct member first;
	size_t line;

	splice->has_lines = true;
	if (take_byte(splice, '{') && take_name(splice, &first)) {
		const char *lead = splice->text + first.lead.start;

		line = first.lead.end;
		while (line > first.lead.start && splice->text[line - 1] != '\n')
			line--;
		splice->has_lines = line > first.lead.start;
		splice->unit = (struct span){ line, first.lead.end };
		if (splice->has_lines)
			splice->eol =
				(struct span){ *lead == '\r' ? first.lead.start : line - 1, line };
		/* A blank line before the first key is not one before all. */
		if (splice->eol.end - splice->eol.start > 2)
			splice->eol.start = line - 1;
		splice->at = first.name.start;
		(void)take_string(splice);
		splice->colon = (struct span){ splice->at, first.name.end };
	}
	splice->at = before;
}

static void put_line(struct splice *splice, size_t depth)
{
	if (!splice->has_lines)
		return;
	if (splice->eol.end > splice->eol.start)
		put_span(splice, splice->eol);
	else
		text_append(&splice->out, "\n");
	for (size_t i = 0; i < depth; i++) {
		if (splice->eol.end > splice->eol.start)
			put_span(splice, splice->unit);
		else
			text_append(&splice->out, "  ");
	}
}

static int put_dump(struct splice *splice, const json_t *value, size_t flags)
{
	cleanup_free char *dump = json_dump_whole(value, JSON_ENCODE_ANY | flags);

	if (!dump)
		return -ENOMEM;
	text_append(&splice->out, dump);
	return 0;
}

/* The shortest spelling that gives the same number, as JavaScript writes it. */
static int put_real(struct splice *splice, const json_t *value)
{
	for (size_t precision = 15; precision < 17; precision++) {
		cleanup_free char *dump =
			json_dump_whole(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(precision));
		cleanup_json json_t *again = NULL;
		int r;

		if (!dump)
			return -ENOMEM;
		r = json_load_strict(dump, strlen(dump), &again, NULL);
		if (r < 0)
			return r;
		if (json_equal(again, value)) {
			text_append(&splice->out, dump);
			return 0;
		}
	}
	return put_dump(splice, value, JSON_REAL_PRECISION(17));
}

static int put_key(struct splice *splice, const char *key)
{
	cleanup_json json_t *name = json_string(key);
	int r = name ? put_dump(splice, name, 0) : -ENOMEM;

	if (r < 0)
		return r;
	if (splice->colon.end > splice->colon.start)
		put_span(splice, splice->colon);
	else
		text_append(&splice->out, ": ");
	return 0;
}

static int put_value(struct splice *splice, json_t *value, size_t depth);

static int put_array(struct splice *splice, json_t *array, size_t depth)
{
	text_append(&splice->out, "[");
	for (size_t i = 0; i < json_array_size(array); i++) {
		int r;

		if (i > 0)
			text_append(&splice->out, ",");
		put_line(splice, depth + 1);
		r = put_value(splice, json_array_get(array, i), depth + 1);
		if (r < 0)
			return r;
	}
	if (json_array_size(array) > 0)
		put_line(splice, depth);
	text_append(&splice->out, "]");
	return 0;
}

static int put_object(struct splice *splice, json_t *object, size_t depth)
{
	const char *separator = "";
	const char *key;
	json_t *value;

	text_append(&splice->out, "{");
	json_object_foreach (object, key, value) {
		int r;

		text_append(&splice->out, separator);
		separator = ",";
		put_line(splice, depth + 1);
		r = put_key(splice, key);
		if (r == 0)
			r = put_value(splice, value, depth + 1);
		if (r < 0)
			return r;
	}
	if (json_object_size(object) > 0)
		put_line(splice, depth);
	text_append(&splice->out, "}");
	return 0;
}

/* A value that the text has nothing of. Its members stand at depth + 1. */
static int put_value(struct splice *splice, json_t *value, size_t depth)
{
	if (json_is_object(value))
		return put_object(splice, value, depth);
	if (json_is_array(value))
		return put_array(splice, value, depth);
	return json_is_real(value) ? put_real(splice, value) : put_dump(splice, value, 0);
}

static int splice_object(struct splice *splice, json_t *old_tree, json_t *new_tree, size_t depth);

/* The value of a member that stays, at hand in the text. */
static int splice_value(struct splice *splice, json_t *old_value, json_t *new_value, size_t depth)
{
	struct span span = { .start = splice->at };

	if (old_value != new_value && json_is_object(old_value) && json_is_object(new_value))
		return splice_object(splice, old_value, new_value, depth);
	if (!take_value(splice))
		return -EBADMSG;
	span.end = splice->at;
	if (old_value != new_value)
		return put_value(splice, new_value, depth);
	put_span(splice, span);
	return 0;
}

/* How the members of one object went so far. */
struct object_walk {
	bool has_members; /* the text had any */
	bool has_output;  /* one of them stays */
	struct span lead; /* of the last one in the text */
	struct span gap;  /* white space between the last one that stays and its comma */
	struct span tail; /* before the closing bracket */
};

static int splice_member(struct splice *splice, struct object_walk *walk, json_t *old_value,
			 json_t *new_value, size_t depth)
{
	struct member member;
	int r = 0;

	if (!take_name(splice, &member))
		return -EBADMSG;
	walk->has_members = true;
	walk->lead = member.lead;
	if (!new_value) {
		if (!take_value(splice))
			return -EBADMSG;
		walk->tail = take_space(splice);
		return 0;
	}
	if (walk->has_output) {
		put_span(splice, walk->gap);
		text_append(&splice->out, ",");
	}
	walk->has_output = true;
	put_span(splice, member.lead);
	put_span(splice, member.name);
	r = splice_value(splice, old_value, new_value, depth);
	if (r < 0)
		return r;
	walk->tail = take_space(splice);
	walk->gap = next_byte(splice) == ',' ? walk->tail : (struct span){ 0 };
	return 0;
}

/* What the text's object lacks, behind what it has. */
static int add_members(struct splice *splice, struct object_walk *walk, json_t *old_tree,
		       json_t *new_tree, size_t depth, bool *ret_added)
{
	const char *key;
	json_t *value;

	*ret_added = false;
	json_object_foreach (new_tree, key, value) {
		int r;

		if (json_object_get(old_tree, key))
			continue;
		if (walk->has_output || *ret_added)
			text_append(&splice->out, ",");
		if (walk->has_members)
			put_span(splice, walk->lead);
		else
			put_line(splice, depth + 1);
		r = put_key(splice, key);
		if (r == 0)
			r = put_value(splice, value, depth + 1);
		if (r < 0)
			return r;
		*ret_added = true;
	}
	return 0;
}

/* The object at hand in the text, whose members stand at depth + 1. */
static int splice_object(struct splice *splice, json_t *old_tree, json_t *new_tree, size_t depth)
{
	struct object_walk walk = { 0 };
	bool has_added = false;
	const char *key;
	json_t *value;
	int r;

	if (!take_byte(splice, '{'))
		return -EBADMSG;
	text_append(&splice->out, "{");
	json_object_foreach (old_tree, key, value) {
		if (walk.has_members && !take_byte(splice, ','))
			return -EBADMSG;
		r = splice_member(splice, &walk, value, json_object_get(new_tree, key), depth + 1);
		if (r < 0)
			return r;
	}
	if (!walk.has_members)
		(void)take_space(splice);
	if (!take_byte(splice, '}'))
		return -EBADMSG;
	r = add_members(splice, &walk, old_tree, new_tree, depth, &has_added);
	if (r < 0)
		return r;
	if (walk.has_members && (walk.has_output || has_added))
		put_span(splice, walk.tail);
	else if (has_added)
		put_line(splice, depth);
	text_append(&splice->out, "}");
	return 0;
}

static int splice_text(struct splice *splice, json_t *old_tree, json_t *new_tree)
{
	struct span end;
	int r;

	put_span(splice, take_space(splice));
	learn_layout(splice);
	r = splice_object(splice, old_tree, new_tree, 0);
	if (r < 0)
		return r;
	end = take_space(splice);
	if (splice->at != splice->len)
		return -EBADMSG;
	put_span(splice, end);
	return splice->out.is_failed ? -ENOMEM : 0;
}

int json_splice(const char *text, size_t len, json_t *old_tree, json_t *new_tree, char **ret,
		size_t *ret_len)
{
	struct splice splice = { .text = text, .len = len };
	size_t out_len;
	int r = splice_text(&splice, old_tree, new_tree);

	out_len = splice.out.len;
	if (r == 0) {
		*ret = text_steal(&splice.out);
		r = *ret ? 0 : -ENOMEM;
	}
	if (r == 0)
		*ret_len = out_len;
	text_done(&splice.out);
	return r;
}
