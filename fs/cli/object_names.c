/* SPDX-License-Identifier: MIT */
#include "fs/cli/object_names.h"

#include <stdlib.h>
#include <string.h>

#include "fs/base/path_name.h"
#include "fs/base/text.h"

void object_names_done(struct object_names *names)
{
	for (size_t i = 0; i < names->size; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct object_names){ 0 };
}

const char *object_names_get(const struct object_names *names, uint64_t object)
{
	return object < names->size ? names->names[object] : NULL;
}

static void set_name(struct object_names *names, uint64_t object, const char *name)
{
	if (object >= OBJECT_NAMES_MAX)
		return;
	if (object >= names->size) {
		size_t size = names->size ? names->size : 64;
		char **grown;

		while (size <= object)
			size *= 2;
		grown = realloc(names->names, size * sizeof(*grown));
		if (!grown)
			return;
		memset(grown + names->size, 0, (size - names->size) * sizeof(*grown));
		names->names = grown;
		names->size = size;
	}
	free(names->names[object]);
	names->names[object] = strdup(name);
}

static void rename_all(struct object_names *names, const char *from, const char *to)
{
	size_t len = strlen(from);

	for (size_t i = 0; i < names->size; i++) {
		struct text renamed = { 0 };

		if (!names->names[i] || !path_is_beneath(names->names[i], from))
			continue;
		text_append(&renamed, to);
		text_append(&renamed, names->names[i] + len);
		free(names->names[i]);
		names->names[i] = text_steal(&renamed);
	}
}

void object_names_follow(struct object_names *names, const struct journal_record *record)
{
	const uint32_t has_both = JOURNAL_HAS_PATH | JOURNAL_HAS_OBJECT;
	const char *before;

	if (record->type == JOURNAL_RENAME && (record->has & JOURNAL_HAS_TO)) {
		rename_all(names, record->path, record->to);
	} else if (record->type == JOURNAL_MATERIALISE) {
		before = object_names_get(names, record->object_before);
		if (before)
			set_name(names, record->object, before);
	} else if (record->type != JOURNAL_BASE && (record->has & has_both) == has_both) {
		set_name(names, record->object, record->path);
	}
}
