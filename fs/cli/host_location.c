/* SPDX-License-Identifier: MIT */
#include "fs/cli/host_location.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"

void host_location_done(struct host_location *location)
{
	free(location->root);
	free(location->config);
	*location = (struct host_location){ 0 };
}

int host_location_find(struct host_location *ret)
{
	const char *config_dir = getenv("CLAUDE_CONFIG_DIR");
	const char *home = getenv("HOME");
	struct host_location location = { 0 };
	int r;

	if (config_dir && config_dir[0] == '/') {
		location.root = strdup(config_dir);
		r = asprintf(&location.config, "%s/.claude.json", config_dir);
	} else if (home && home[0] == '/') {
		if (asprintf(&location.root, "%s/.claude", home) < 0)
			location.root = NULL;
		r = asprintf(&location.config, "%s/.claude.json", home);
	} else {
		return -ENOENT;
	}
	if (r < 0)
		location.config = NULL;
	if (!location.root || !location.config) {
		host_location_done(&location);
		return -ENOMEM;
	}
	*ret = location;
	return 0;
}

/* What of path follows directory, or NULL if it does not lie there. */
static const char *rest_beneath(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	while (len > 1 && directory[len - 1] == '/')
		len--;
	if (strncmp(path, directory, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return NULL;
	return path + len;
}

/* Removes what a shell's completion leaves behind: "./", "//" and a '/' at the end. ".." is left,
 * and refused. */
static char *tidy(const char *path)
{
	cleanup_text struct text text = { 0 };

	while (*path) {
		size_t len = strcspn(path, "/");

		if (len > 0 && !(len == 1 && *path == '.')) {
			if (text.len > 0)
				text_append(&text, "/");
			text_append_bytes(&text, path, len);
		}
		path += len + (path[len] == '/');
	}
	return text_steal(&text);
}

int host_location_state_path(const struct host_location *location, const char *argument, char **ret)
{
	cleanup_free char *path = NULL;

	if (strcmp(argument, location->config) == 0 || strcmp(argument, "~/.claude.json") == 0) {
		argument = ".claude.json";
	} else if (argument[0] == '/') {
		argument = rest_beneath(argument, location->root);
	} else if (argument[0] == '~' && argument[1] == '/') {
		argument = rest_beneath(argument, "~/.claude");
	}
	if (!argument)
		return -EINVAL;
	path = tidy(argument);
	if (!path)
		return -ENOMEM;
	if (!path_is_valid(path))
		return -EINVAL;
	*ret = steal_ptr(&path);
	return 0;
}
