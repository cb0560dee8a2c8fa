/* SPDX-License-Identifier: MIT */
#include "launcher/host_places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/message.h"
#include "fs/session/session_dir.h"

void host_places_done(struct host_places *places)
{
	free(places->home);
	free(places->claude_dir);
	free(places->claude_config);
	free(places->login_dir);
	free(places->state_dir);
	free(places->config_dir);
	free(places->data_dir);
	*places = (struct host_places){ 0 };
}

/* An absolute path from the environment, without trailing slashes (ret_), or NULL. */
static char *absolute_variable(const char *name)
{
	const char *value = getenv(name);
	char *copy;

	if (!value || value[0] != '/')
		return NULL;
	copy = strdup(value);
	for (size_t len = copy ? strlen(copy) : 0; len > 1 && copy[len - 1] == '/'; len--)
		copy[len - 1] = '\0';
	return copy;
}

/* dir + suffix (ret_). */
static char *beside(const char *dir, const char *suffix)
{
	char *path = NULL;

	return asprintf(&path, "%s%s", dir, suffix) < 0 ? NULL : path;
}

/* $variable/claudefs, else ~fallback/claudefs (ret_). */
static char *xdg_place(const char *variable, const char *home, const char *fallback)
{
	char *base = absolute_variable(variable);
	char *path;

	if (!base)
		base = beside(home, fallback);
	path = base ? beside(base, "/claudefs") : NULL;
	free(base);
	return path;
}

int host_places_find(struct host_places *ret)
{
	ret->home = absolute_variable("HOME");
	if (!ret->home || strcmp(ret->home, "/") == 0) {
		message_error("HOME: must be the absolute path of your home directory");
		return EXIT_RUN_FAILED;
	}
	ret->claude_dir = absolute_variable("CLAUDE_CONFIG_DIR");
	if (ret->claude_dir) {
		ret->claude_config = beside(ret->claude_dir, "/.claude.json");
	} else {
		ret->claude_dir = beside(ret->home, "/.claude");
		ret->claude_config = beside(ret->home, "/.claude.json");
	}
	ret->login_dir = ret->claude_dir ? strdup(ret->claude_dir) : NULL;
	ret->state_dir = session_state_path();
	ret->config_dir = xdg_place("XDG_CONFIG_HOME", ret->home, "/.config");
	ret->data_dir = xdg_place("XDG_DATA_HOME", ret->home, "/.local/share");
	if (!ret->claude_dir || !ret->claude_config || !ret->login_dir || !ret->state_dir ||
	    !ret->config_dir || !ret->data_dir) {
		message_error("%s", strerror(ENOMEM));
		return EXIT_RUN_FAILED;
	}
	return 0;
}
