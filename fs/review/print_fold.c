/* SPDX-License-Identifier: MIT */
#include "fs/review/print_fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void fold_list_done(struct fold_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->directories[i].path);
	*list = (struct fold_list){ 0 };
}

bool fold_keeps(const struct change *change)
{
	switch (change->kind) {
	case CHANGE_CREATE:
	case CHANGE_MODIFY:
	case CHANGE_MKDIR: return false;
	case CHANGE_DELETE:
	case CHANGE_RMDIR:
	case CHANGE_TYPE_CHANGE: return true;
	}
	return true;
}

static struct folded_directory *find(struct fold_list *list, const char *path, size_t len)
{
	struct folded_directory *directory;

	for (size_t i = list->count; i > 0; i--) {
		directory = &list->directories[i - 1];
		if (strncmp(directory->path, path, len) == 0 && directory->path[len] == '\0')
			return directory;
	}
	/* A session can make any number of directories: neither our time nor the screen is to
	 * follow it there. */
	if (list->count == FOLD_DIRECTORIES_MAX)
		return &list->elsewhere;
	directory = &list->directories[list->count];
	directory->path = strndup(path, len);
	if (!directory->path)
		return NULL;
	list->count++;
	return directory;
}

int fold_add(struct fold_list *list, const struct change *change)
{
	struct folded_directory *directory = find(list, change->path, strcspn(change->path, "/"));

	if (!directory)
		return -ENOMEM;
	if (change->kind == CHANGE_MKDIR) {
		directory->directories++;
		return 0;
	}
	directory->only = directory->files == 0 ? change : NULL;
	directory->files++;
	if (__builtin_add_overflow(directory->bytes, change->size, &directory->bytes))
		directory->bytes = UINT64_MAX;
	return 0;
}
