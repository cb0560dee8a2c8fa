/* SPDX-License-Identifier: MIT */
#include "launcher/git_identity.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/fold.h"
#include "fs/base/text.h"

/* In the order in which git lets the later win. */
static const char *const config_files[] = { "/.config/git/config", "/.gitconfig" };

static const char common_part[] = "[core]\n"
				  "\thooksPath = /dev/null\n"
				  "[safe]\n"
				  "\tdirectory = *\n"
				  "[credential]\n"
				  "\thelper =\n";

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t\r");
}

/* If line is "key = value" with a plain value: the value (ret_). */
static char *plain_value(const char *line, size_t len, const char *key)
{
	size_t key_len = strlen(key);
	cleanup_free char *copy = strndup(line, len);
	char *value;

	if (!copy || strncasecmp(copy, key, key_len) != 0)
		return NULL;
	value = copy + key_len + strspn(copy + key_len, " \t");
	if (*value != '=')
		return NULL;
	value += 1 + strspn(value + 1, " \t");
	len = strlen(value);
	while (len > 0 && strchr(" \t\r", value[len - 1]))
		value[--len] = '\0';
	if (len == 0 || len > GIT_IDENTITY_MAX || strpbrk(value, "\"\\#;[]\t") ||
	    !fold_is_plain_name(value))
		return NULL;
	return strdup(value);
}

char *git_identity_read(const char *config, const char *key)
{
	bool is_in_user = false;
	char *found = NULL;

	while (*config) {
		const char *line = skip_blanks(config);
		size_t len = strcspn(line, "\n");

		if (*line == '[') {
			is_in_user = strncasecmp(line, "[user]", 6) == 0;
		} else if (is_in_user) {
			char *value = plain_value(line, len, key);

			if (value) {
				free(found);
				found = value;
			}
		}
		config = line + len + (line[len] == '\n');
	}
	return found;
}

static void read_file(const char *home, const char *name, char **user_name, char **email)
{
	cleanup_free char *path = NULL;
	cleanup_free char *config = NULL;
	cleanup_fd int fd = -1;
	size_t len = 0;
	char *value;

	if (asprintf(&path, "%s%s", home, name) < 0) {
		path = NULL;
		return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fd_read_file(fd, GIT_CONFIG_MAX, &config, &len) < 0)
		return;
	value = git_identity_read(config, "name");
	if (value) {
		free(*user_name);
		*user_name = value;
	}
	value = git_identity_read(config, "email");
	if (value) {
		free(*email);
		*email = value;
	}
}

char *git_identity_config(const char *host_home)
{
	cleanup_text struct text text = { 0 };
	cleanup_free char *name = NULL;
	cleanup_free char *email = NULL;

	for (size_t i = 0; i < sizeof(config_files) / sizeof(config_files[0]); i++)
		read_file(host_home, config_files[i], &name, &email);
	text_append(&text, common_part);
	if (name || email)
		text_append(&text, "[user]\n");
	if (name)
		text_appendf(&text, "\tname = \"%s\"\n", name);
	if (email)
		text_appendf(&text, "\temail = \"%s\"\n", email);
	return text_steal(&text);
}
