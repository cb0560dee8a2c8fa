/* SPDX-License-Identifier: MIT */
#include "fs/policy/egress_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"

#define LABEL_MAX 63u /* RFC 1035 */

struct entry {
	char *host; /* normalised; of a wildcard what follows the star and its dot */
	bool is_wildcard;
	bool may_be_private;
};

struct egress_list {
	struct entry *entries; /* by host */
	size_t count;
};

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* A name whose last label is a number is an address to somebody (inet_aton takes "1.2", "0x7f.1").
 */
static bool ends_in_number(const char *host)
{
	const char *last = strrchr(host, '.');
	const char *label = last ? last + 1 : host;

	if (label[0] == '0' && label[1] == 'x')
		return true;
	return label[strspn(label, "0123456789")] == '\0';
}

int egress_host_normalize(const char *host, size_t len, char ret[EGRESS_HOST_SIZE])
{
	size_t label = 0;
	size_t labels = 1;

	if (len > 0 && host[len - 1] == '.')
		len--;
	if (len == 0 || len >= EGRESS_HOST_SIZE)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		char c = host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] - 'A' + 'a') : host[i];

		if (c == '.') {
			if (label == 0)
				return -EINVAL;
			label = 0;
			labels++;
		} else if (!is_name_character(c) || ++label > LABEL_MAX) {
			return -EINVAL;
		}
		ret[i] = c;
	}
	ret[len] = '\0';
	return label == 0 || labels < 2 || ends_in_number(ret) ? -EINVAL : 0;
}

static int complain(struct egress_problem *problem, unsigned int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int complain(struct egress_problem *problem, unsigned int line, const char *format, ...)
{
	va_list args;

	problem->line = line;
	va_start(args, format);
	text_vformat_safe(problem->reason, sizeof(problem->reason), format, args);
	va_end(args);
	return -EBADMSG;
}

struct line {
	const char *start;
	size_t len; /* without comment and surrounding blanks */
	unsigned int number;
};

/* Steps through the lines that hold something. */
static bool next_line(const char *text, size_t len, size_t *offset, struct line *line)
{
	while (*offset < len) {
		const char *start = text + *offset;
		const char *newline = memchr(start, '\n', len - *offset);
		size_t n = newline ? (size_t)(newline - start) : len - *offset;
		const char *comment = memchr(start, '#', n);

		*offset += n + 1;
		line->number++;
		if (comment)
			n = (size_t)(comment - start);
		while (n > 0 && isspace((unsigned char)start[n - 1]))
			n--;
		while (n > 0 && isspace((unsigned char)start[0])) {
			start++;
			n--;
		}
		line->start = start;
		line->len = n;
		if (n > 0)
			return true;
	}
	return false;
}

int egress_list_expand(const char *text, size_t len,
		       int (*keyword)(const char *word, struct text *lines, void *arg), void *arg,
		       struct text *ret, struct egress_problem *problem)
{
	struct line line = { 0 };
	size_t offset = 0;

	if (len > EGRESS_LIST_MAX)
		return complain(problem, 0, "larger than %u bytes", EGRESS_LIST_MAX);
	while (next_line(text, len, &offset, &line)) {
		cleanup_free char *word = NULL;
		int r;

		if (line.start[0] != '@') {
			text_append_bytes(ret, line.start, line.len);
			text_append(ret, "\n");
			continue;
		}
		word = strndup(line.start + 1, line.len - 1);
		if (!word)
			return -ENOMEM;
		r = keyword(word, ret, arg);
		if (r == -ENOENT)
			return complain(problem, line.number,
					"@%s: no such keyword; there are @github, @npm and @pip",
					word);
		if (r < 0)
			return r;
	}
	return ret->is_failed ? -ENOMEM : 0;
}

static int parse_line(const struct line *line, struct entry *ret, struct egress_problem *problem)
{
	const char *host = line->start;
	size_t len = 0;
	const char *rest;
	char name[EGRESS_HOST_SIZE];

	while (len < line->len && !isspace((unsigned char)host[len]))
		len++;
	rest = host + len;
	while (rest < line->start + line->len && isspace((unsigned char)*rest))
		rest++;
	if (rest < line->start + line->len) {
		size_t n = (size_t)(line->start + line->len - rest);

		if (n != 7 || memcmp(rest, "private", 7) != 0)
			return complain(problem, line->number,
					"%.*s: only 'private' may follow a name",
					(int)(n > 60 ? 60 : n), rest);
		ret->may_be_private = true;
	}
	if (len > 2 && host[0] == '*' && host[1] == '.') {
		ret->is_wildcard = true;
		host += 2;
		len -= 2;
	}
	if (host[0] == '@')
		return complain(problem, line->number,
				"keywords are for lists, not for what they "
				"stand for");
	if (egress_host_normalize(host, len, name) < 0)
		return complain(problem, line->number,
				"%.*s: no host name (like api.example.com or *.example.com; no "
				"addresses, ports or other stars)",
				(int)(len > 60 ? 60 : len), host);
	ret->host = strdup(name);
	return ret->host ? 0 : -ENOMEM;
}

int egress_list_check(const char *text, size_t len, struct egress_problem *problem)
{
	struct line line = { 0 };
	size_t offset = 0;

	while (next_line(text, len, &offset, &line)) {
		struct entry entry = { 0 };
		int r = line.start[0] == '@' ? 0 : parse_line(&line, &entry, problem);

		free(entry.host);
		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int order = strcmp(x->host, y->host);

	return order ? order : (int)x->is_wildcard - (int)y->is_wildcard;
}

int egress_list_parse(const char *text, size_t len, struct egress_list **ret,
		      struct egress_problem *problem)
{
	cleanup_egress_list struct egress_list *list = calloc(1, sizeof(*list));
	struct line line = { 0 };
	size_t offset = 0;
	size_t capacity = 0;

	*problem = (struct egress_problem){ 0 };
	if (!list)
		return -ENOMEM;
	if (len > EGRESS_LIST_MAX)
		return complain(problem, 0, "larger than %u bytes", EGRESS_LIST_MAX);
	while (next_line(text, len, &offset, &line)) {
		struct entry entry = { 0 };
		int r;

		if (list->count == EGRESS_ENTRIES_MAX)
			return complain(problem, line.number, "more than %u names",
					EGRESS_ENTRIES_MAX);
		if (list->count == capacity) {
			struct entry *entries;

			capacity = capacity ? capacity * 2 : 16;
			entries = reallocarray(list->entries, capacity, sizeof(*entries));
			if (!entries)
				return -ENOMEM;
			list->entries = entries;
		}
		r = parse_line(&line, &entry, problem);
		if (r < 0)
			return r;
		list->entries[list->count++] = entry;
	}
	if (list->count > 0)
		qsort(list->entries, list->count, sizeof(*list->entries), compare_entries);
	*ret = steal_ptr(&list);
	return 0;
}

void egress_list_free(struct egress_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		free(list->entries[i].host);
	free(list->entries);
	free(list);
}

void cleanup_egress_list_free(struct egress_list **list)
{
	egress_list_free(*list);
}

size_t egress_list_count(const struct egress_list *list)
{
	return list->count;
}

/* Every entry with that host, exact or wildcard: a name may be there twice. */
static bool find(const struct egress_list *list, const char *host, bool is_wildcard,
		 bool *ret_may_be_private)
{
	size_t low = 0;
	size_t high = list->count;
	bool is_found = false;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(list->entries[middle].host, host) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < list->count && strcmp(list->entries[low].host, host) == 0; low++) {
		if (list->entries[low].is_wildcard != is_wildcard)
			continue;
		is_found = true;
		*ret_may_be_private = *ret_may_be_private || list->entries[low].may_be_private;
	}
	return is_found;
}

bool egress_list_allows(const struct egress_list *list, const char *host, bool *ret_may_be_private)
{
	bool is_allowed;

	*ret_may_be_private = false;
	is_allowed = find(list, host, false, ret_may_be_private);
	for (const char *dot = strchr(host, '.'); dot; dot = strchr(dot + 1, '.'))
		is_allowed = find(list, dot + 1, true, ret_may_be_private) || is_allowed;
	return is_allowed;
}

/* A wildcard is covered by itself, or by one above it. */
static bool covers(const struct egress_list *list, const struct entry *entry,
		   bool *ret_may_be_private)
{
	bool is_covered;

	if (!entry->is_wildcard)
		return egress_list_allows(list, entry->host, ret_may_be_private);
	*ret_may_be_private = false;
	is_covered = find(list, entry->host, true, ret_may_be_private);
	for (const char *dot = strchr(entry->host, '.'); dot; dot = strchr(dot + 1, '.'))
		is_covered = find(list, dot + 1, true, ret_may_be_private) || is_covered;
	return is_covered;
}

int egress_list_narrow(const struct egress_list *in_force, const struct egress_list *wanted,
		       struct text *ret, const char **ret_missing)
{
	*ret_missing = NULL;
	for (size_t i = 0; i < wanted->count; i++) {
		const struct entry *entry = &wanted->entries[i];
		bool may_be_private;

		if (covers(in_force, entry, &may_be_private))
			text_appendf(ret, "%s%s%s\n", entry->is_wildcard ? "*." : "", entry->host,
				     may_be_private ? " private" : "");
		else if (!*ret_missing)
			*ret_missing = entry->host;
	}
	return ret->is_failed ? -ENOMEM : 0;
}
