/* SPDX-License-Identifier: MIT */
#include "launcher/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/hash.h"
#include "fs/base/message.h"
#include "fs/base/text.h"
#include "fs/session/session_dir.h"

#define STATE_NAME   "claude"
#define CONFIG_NAME  ".claude.json"
#define PROJECT_NAME "project"
#define DIGITS       16

/* Claude Code would greet a newcomer, and ask for a theme, in every session until one is committed.
 */
static const char first_config[] = "{\n  \"hasCompletedOnboarding\": true\n}\n";

/* The last component, as far as it is plain, so that a person recognises it. */
static void append_name(struct text *text, const char *project)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-_";
	const char *name = strrchr(project, '/');

	name = name ? name + 1 : project;
	for (size_t i = 0; name[i] && i < ISOLATION_NAME_MAX; i++)
		text_append_bytes(text, strchr(plain, name[i]) ? name + i : "_", 1);
}

int isolation_enter(const char *project, struct host_places *places)
{
	const struct hash hash = hash_bytes(project, strlen(project));
	cleanup_text struct text path = { 0 };
	char hex[HASH_HEX_SIZE];
	char *dir, *config = NULL;

	hash_to_hex(&hash, hex);
	text_appendf(&path, "%s/isolated/", places->data_dir);
	append_name(&path, project);
	text_appendf(&path, "-%.*s/" STATE_NAME, DIGITS, hex);
	dir = text_steal(&path);
	if (!dir || asprintf(&config, "%s/" CONFIG_NAME, dir) < 0) {
		free(dir);
		message_error("%s", strerror(ENOMEM));
		return EXIT_RUN_FAILED;
	}
	free(places->claude_dir);
	free(places->claude_config);
	places->claude_dir = dir;
	places->claude_config = config;
	return 0;
}

/* The marker last: what has it is whole. */
static int make(const char *project, const char *parent)
{
	cleanup_fd int dir = session_place_open(parent, true);
	cleanup_fd int state = -1;
	int r;

	if (dir < 0)
		return dir;
	if (faccessat(dir, PROJECT_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (mkdirat(dir, STATE_NAME, 0700) < 0 && errno != EEXIST)
		return -errno;
	state = openat(dir, STATE_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (state < 0)
		return -errno;
	if (faccessat(state, CONFIG_NAME, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		r = fd_replace_file_at(state, CONFIG_NAME, first_config, strlen(first_config),
				       0600);
		if (r < 0)
			return r;
	}
	return fd_replace_file_at(dir, PROJECT_NAME, project, strlen(project), 0600);
}

int isolation_make(const char *project, const struct host_places *places)
{
	size_t len = strlen(places->claude_dir) - strlen("/" STATE_NAME);
	cleanup_free char *parent = strndup(places->claude_dir, len);
	int r = parent ? make(project, parent) : -ENOMEM;

	if (r == 0)
		return 0;
	message_error("--isolate-claude-data: %s: %s", places->claude_dir, strerror(-r));
	return EXIT_RUN_FAILED;
}
