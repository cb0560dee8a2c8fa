/* SPDX-License-Identifier: MIT */
#include "fs/review/front_matter.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "fs/base/cleanup.h"

#define NESTING_MAX 64u

/* A line that is three dashes, and white space behind them. */
static bool is_dashes(const char *line, size_t len)
{
	if (len < 3 || memcmp(line, "---", 3) != 0)
		return false;
	for (size_t i = 3; i < len; i++) {
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
			return false;
	}
	return true;
}

/* Finds [*start, *end) between the two lines of dashes. False: there is no front matter. */
static bool find_block(const char *data, size_t len, size_t *start, size_t *end, size_t *behind)
{
	static const char bom[] = "\xef\xbb\xbf";
	size_t at = len >= 3 && memcmp(data, bom, 3) == 0 ? 3 : 0;
	bool is_inside = false;

	while (at < len) {
		const char *newline = memchr(data + at, '\n', len - at);
		size_t line_len = newline ? (size_t)(newline - data) - at : len - at;
		size_t next = at + line_len + (newline != NULL);

		if (is_dashes(data + at, line_len)) {
			if (is_inside) {
				*end = at;
				*behind = next;
				return true;
			}
			is_inside = true;
			*start = next;
		} else if (!is_inside) {
			return false;
		}
		at = next;
	}
	return false;
}

struct reader {
	front_matter_fn *each;
	void *arg;
	unsigned int depth;
	bool is_key;  /* at depth 1: the next scalar is one */
	char *key;    /* the top-level key */
	bool has_key; /* a value of it is awaited or read */
};

static int take_scalar(struct reader *reader, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;

	if (event->data.scalar.anchor || event->data.scalar.tag || reader->depth == 0)
		return -EBADMSG;
	if (reader->depth == 1 && reader->is_key) {
		free(reader->key);
		reader->key = strdup(value);
		reader->is_key = false;
		return reader->key ? 0 : -ENOMEM;
	}
	reader->each(reader->key ? reader->key : "", value, reader->arg);
	if (reader->depth == 1)
		reader->is_key = true;
	return 0;
}

static int take_begin(struct reader *reader, bool is_mapping)
{
	if (reader->depth == NESTING_MAX || (reader->depth == 0 && !is_mapping))
		return -EBADMSG;
	/* A key that is itself a collection is nothing that Claude could mean. */
	if (reader->depth == 1 && reader->is_key)
		return -EBADMSG;
	if (reader->depth++ == 0)
		reader->is_key = true;
	return 0;
}

static int take_end(struct reader *reader)
{
	if (--reader->depth == 1)
		reader->is_key = true;
	return 0;
}

/* Returns 1 at the end, 0 to go on, or -errno. */
static int take_event(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT: return take_scalar(reader, event);
	case YAML_MAPPING_START_EVENT: return take_begin(reader, true);
	case YAML_SEQUENCE_START_EVENT: return take_begin(reader, false);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT: return take_end(reader);
	case YAML_ALIAS_EVENT: return -EBADMSG;
	case YAML_STREAM_END_EVENT: return 1;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT: return 0;
	}
	return -EBADMSG;
}

static int read_events(yaml_parser_t *parser, struct reader *reader)
{
	int r = 0;

	while (r == 0) {
		yaml_event_t event;

		if (!yaml_parser_parse(parser, &event))
			return parser->error == YAML_MEMORY_ERROR ? -ENOMEM : -EBADMSG;
		r = take_event(reader, &event);
		yaml_event_delete(&event);
	}
	return r < 0 ? r : 0;
}

int front_matter_read(const char *data, size_t len, front_matter_fn *each, void *arg,
		      size_t *ret_end)
{
	struct reader reader = { .each = each, .arg = arg };
	yaml_parser_t parser;
	size_t start = 0;
	size_t end = 0;
	size_t behind = 0;
	int r;

	*ret_end = 0;
	if (!find_block(data, len, &start, &end, &behind))
		return 0;
	*ret_end = behind;
	if (end - start > FRONT_MATTER_MAX)
		return -EFBIG;
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)data + start, end - start);
	r = read_events(&parser, &reader);
	yaml_parser_delete(&parser);
	free(reader.key);
	return r;
}
