/* SPDX-License-Identifier: MIT */
#include "fs/base/path_name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool path_name_is_valid(const char *name, size_t len)
{
	if (len == 0 || len > PATH_NAME_MAX)
		return false;
	if (memchr(name, '/', len) || memchr(name, '\0', len))
		return false;
	return !(len == 1 && name[0] == '.') && !(len == 2 && name[0] == '.' && name[1] == '.');
}

const char *path_next(const char **cursor, size_t *ret_len)
{
	const char *start = *cursor;
	const char *slash;

	if (*start == '\0')
		return NULL;
	slash = strchr(start, '/');
	*ret_len = slash ? (size_t)(slash - start) : strlen(start);
	*cursor = slash ? slash + 1 : start + *ret_len;
	return start;
}

bool path_is_valid(const char *path)
{
	size_t total = strlen(path);
	const char *cursor = path;
	const char *name;
	size_t len = 0;

	if (total > PATH_BYTES_MAX || (total > 0 && path[total - 1] == '/'))
		return false;
	while ((name = path_next(&cursor, &len)) != NULL) {
		if (!path_name_is_valid(name, len))
			return false;
	}
	return true;
}

int path_join(const char *parent, const char *name, char **ret)
{
	size_t parent_len = strlen(parent);
	size_t name_len = strlen(name);
	char *joined;

	if (name_len > PATH_NAME_MAX)
		return -ENAMETOOLONG;
	if (!path_name_is_valid(name, name_len))
		return -EINVAL;
	if (parent_len + 1 + name_len > PATH_BYTES_MAX)
		return -ENAMETOOLONG;
	joined = malloc(parent_len + name_len + 2);
	if (!joined)
		return -ENOMEM;
	memcpy(joined, parent, parent_len);
	if (parent_len > 0)
		joined[parent_len++] = '/';
	memcpy(joined + parent_len, name, name_len + 1);
	*ret = joined;
	return 0;
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strndup(path, slash ? (size_t)(slash - path) : 0);
}

bool path_is_beneath(const char *path, const char *ancestor)
{
	size_t len = strlen(ancestor);

	if (len == 0)
		return true;
	return strncmp(path, ancestor, len) == 0 && (path[len] == '\0' || path[len] == '/');
}
