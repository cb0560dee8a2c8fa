/* SPDX-License-Identifier: MIT */
#include "fs/git/push_refs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

int push_problem_set(struct push_problem *problem, int error, const char *format, ...)
{
	va_list args;

	if (!problem)
		return error;
	va_start(args, format);
	text_vformat_safe(problem->text, sizeof(problem->text), format, args);
	va_end(args);
	problem->word[0] = '\0';
	return error;
}

int push_problem_name(struct push_problem *problem, int error, const char *word)
{
	if (problem)
		text_format_safe(problem->word, sizeof(problem->word), "%s", word);
	return error;
}

void push_problem_settle(struct push_problem *problem)
{
	struct push_problem safe = { 0 };

	problem->text[PUSH_PROBLEM_SIZE - 1] = '\0';
	problem->word[PUSH_WORD_SIZE - 1] = '\0';
	(void)push_problem_set(&safe, 0, "%s", problem->text);
	(void)push_problem_name(&safe, 0, problem->word);
	*problem = safe;
}

void push_refs_done(struct push_refs *refs)
{
	for (size_t i = 0; i < refs->count; i++)
		free(refs->items[i].name);
	free(refs->items);
	*refs = (struct push_refs){ 0 };
}

ANALYZER_LOSES_OWNERS
int push_refs_add(struct push_refs *refs, const char *name, const char *id)
{
	struct push_ref *ref;

	if (refs->count == PUSH_REFS_MAX)
		return -EFBIG;
	if (strchr(name, '\n'))
		return -EBADMSG;
	if (refs->count == refs->room) {
		size_t room = refs->room ? 2 * refs->room : 64;
		struct push_ref *items = reallocarray(refs->items, room, sizeof(*items));

		if (!items)
			return -ENOMEM;
		refs->items = items;
		refs->room = room;
	}
	ref = &refs->items[refs->count];
	ref->name = strdup(name);
	if (!ref->name)
		return -ENOMEM;
	memcpy(ref->id, id, OBJECT_ID_HEX_SIZE - 1);
	ref->id[OBJECT_ID_HEX_SIZE - 1] = '\0';
	refs->count++;
	return 0;
}
ANALYZER_KNOWS_OWNERS

const char *push_refs_find(const struct push_refs *refs, const char *name)
{
	for (size_t i = 0; i < refs->count; i++) {
		if (strcmp(refs->items[i].name, name) == 0)
			return refs->items[i].id;
	}
	return NULL;
}

/* Neither has a newline in it: push_refs_add() sees to that. */
int push_refs_format(const struct push_refs *refs, struct text *text)
{
	for (size_t i = 0; i < refs->count; i++)
		text_appendf(text, "%s %s\n", refs->items[i].id, refs->items[i].name);
	if (text->is_failed)
		return -ENOMEM;
	return text->len > PUSH_REFS_TEXT_MAX ? -EFBIG : 0;
}

int push_refs_parse(char *text, struct push_refs *ret)
{
	char *line = text;
	int r = 0;

	while (r == 0 && *line) {
		char *end = strchr(line, '\n');
		uint8_t id[OBJECT_ID_SIZE];

		if (!end || end - line < (ptrdiff_t)OBJECT_ID_HEX_SIZE + 1 ||
		    line[OBJECT_ID_HEX_SIZE - 1] != ' ')
			return -EBADMSG;
		*end = '\0';
		line[OBJECT_ID_HEX_SIZE - 1] = '\0';
		if (object_id_from_hex(line, id) < 0)
			return -EBADMSG;
		r = push_refs_add(ret, line + OBJECT_ID_HEX_SIZE, line);
		line = end + 1;
	}
	return r;
}

int push_refs_write(int dir_fd, const char *file, const struct push_refs *refs)
{
	cleanup_text struct text text = { 0 };
	int r = push_refs_format(refs, &text);

	return r < 0 ? r
		     : fd_replace_file_at(dir_fd, file, text.data ? text.data : "", text.len, 0600);
}

int push_refs_load(int dir_fd, const char *file, struct push_refs *ret)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = fd_read_file_at(dir_fd, file, PUSH_REFS_TEXT_MAX, &text, &len);

	return r < 0 ? r : push_refs_parse(text, ret);
}
