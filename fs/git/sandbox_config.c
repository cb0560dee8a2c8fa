/* SPDX-License-Identifier: MIT */
#include "fs/git/sandbox_config.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/text.h"
#include "fs/git/git_config.h"
#include "fs/git/git_keys.h"
#include "fs/git/person_file.h"

struct reading {
	const struct sandbox_config_places *places;
	struct git_keys *keys;
	struct text text;
	char *section; /* whose header was written last, up to its last dot; NULL: none */
	char *ignore;  /* path of core.excludesFile; NULL: not set */
	char *unread;  /* as the result has it */
	unsigned int files;
};

/* In front of the person's: where git would find something to run, there is nothing. */
static const char head[] = "# Of your own git configuration what rules/git.json lets pass.\n";

static int read_file(struct reading *reading, const char *path, unsigned int depth);

/* Returns 0 or -errno; -EINVAL: no regular file, -ELOOP: by a link of the project's. */
static int read_whole(const struct reading *reading, const char *path, size_t max, char **ret,
		      size_t *ret_len)
{
	cleanup_fd int fd = person_file_open(path, reading->places->project);

	return fd < 0 ? fd : fd_read_file(fd, max, ret, ret_len);
}

/* A path as git has it in a configuration: "~/x", "/x", or relative to the file that names it
 * (from; NULL: there is none). ret_; NULL: another kind, or no memory. */
static char *expand(const struct reading *reading, const char *path, const char *from)
{
	char *expanded = NULL;
	int r = -1;

	if (path[0] == '/')
		return strdup(path);
	if (strncmp(path, "~/", 2) == 0)
		r = asprintf(&expanded, "%s%s", reading->places->home, path + 1);
	else if (from && path[0] != '~' && path[0] != '%' && path[0] != '\0')
		r = asprintf(&expanded, "%.*s/%s", (int)(strrchr(from, '/') - from), from, path);
	return r < 0 ? NULL : expanded;
}

/* Whether [includeIf "gitdir:PATTERN"] is about the project, much as git has it; a star may here
 * stand for slashes too. It is only asked which of the person's own keys count. */
static bool is_about_project(const struct reading *reading, const char *condition, const char *from)
{
	cleanup_free char *expanded = NULL;
	cleanup_free char *pattern = NULL;
	cleanup_free char *git_dir = NULL;
	int flags = FNM_NOESCAPE;

	if (strncasecmp(condition, "gitdir/i:", 9) == 0) {
		condition += 9;
		flags |= FNM_CASEFOLD;
	} else if (strncasecmp(condition, "gitdir:", 7) == 0) {
		condition += 7;
	} else {
		return false; /* of the branch, of remotes: not known here */
	}
	if (strncmp(condition, "./", 2) == 0)
		expanded = expand(reading, condition + 2, from);
	else if (condition[0] == '/' || condition[0] == '~')
		expanded = expand(reading, condition, NULL);
	else if (asprintf(&expanded, "**/%s", condition) < 0)
		expanded = NULL;
	if (!expanded || expanded[0] == '\0' ||
	    asprintf(&pattern, "%s%s", expanded,
		     expanded[strlen(expanded) - 1] == '/' ? "**" : "") < 0 ||
	    asprintf(&git_dir, "%s/.git", reading->places->project) < 0)
		return false;
	return fnmatch(pattern, git_dir, flags) == 0;
}

static bool is_include(const struct reading *reading, const struct git_config_key *key,
		       const char *from)
{
	static const char prefix[] = "includeif.";
	size_t len = strlen(key->name);
	cleanup_free char *condition = NULL;

	if (strcmp(key->name, "include.path") == 0)
		return true;
	if (len < strlen(prefix) + 6 || strncmp(key->name, prefix, strlen(prefix)) != 0 ||
	    strcmp(key->name + len - 5, ".path") != 0)
		return false;
	condition = strndup(key->name + strlen(prefix), len - strlen(prefix) - 5);
	return condition && is_about_project(reading, condition, from);
}

/* Without control characters; a name may be written in any letters. */
static bool is_plain_value(const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return false;
	}
	return len <= SANDBOX_CONFIG_VALUE_MAX;
}

static void append_quoted(struct text *text, const char *s, size_t len)
{
	text_append(text, "\"");
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"' || s[i] == '\\')
			text_append(text, "\\");
		text_append_bytes(text, s[i] == '\n' ? "\\n" : s + i, s[i] == '\n' ? 2 : 1);
	}
	text_append(text, "\"");
}

/* "[section "sub section"]" of a key's name. */
static void append_header(struct text *text, const char *name, const char *last_dot)
{
	size_t section = strcspn(name, ".");

	text_append(text, "[");
	text_append_bytes(text, name, section);
	if (last_dot > name + section) {
		text_append(text, " ");
		append_quoted(text, name + section + 1, (size_t)(last_dot - name) - section - 1);
	}
	text_append(text, "]\n");
}

static int pass_key(struct reading *reading, const struct git_config_key *key)
{
	const char *dot = strrchr(key->name, '.');
	size_t len = dot ? (size_t)(dot - key->name) : 0;

	if (!git_keys_may_pass(reading->keys, key->name) || !is_plain_value(key->value) ||
	    !is_plain_value(key->name) ||
	    reading->text.len + strlen(key->name) + 2 * strlen(key->value) >
		    SANDBOX_CONFIG_BYTES_MAX)
		return 0;
	if (!reading->section || strncmp(reading->section, key->name, len) != 0 ||
	    reading->section[len] != '\0') {
		free(reading->section);
		reading->section = strndup(key->name, len);
		append_header(&reading->text, key->name, dot);
	}
	text_appendf(&reading->text, "\t%s", dot + 1);
	if (!key->is_bare) {
		text_append(&reading->text, " = ");
		append_quoted(&reading->text, key->value, strlen(key->value));
	}
	text_append(&reading->text, "\n");
	return reading->section && !reading->text.is_failed ? 0 : -ENOMEM;
}

/* What is said later wins, an include's at the place where it is named. */
static int take_key(struct reading *reading, const struct git_config_key *key, const char *from,
		    unsigned int depth)
{
	cleanup_free char *path = NULL;

	if (is_include(reading, key, from)) {
		path = expand(reading, key->value, from);
		return path ? read_file(reading, path, depth + 1) : 0;
	}
	if (strcmp(key->name, "core.excludesfile") == 0) {
		free(reading->ignore);
		reading->ignore = expand(reading, key->value, NULL);
		return 0;
	}
	return pass_key(reading, key);
}

static int read_file(struct reading *reading, const char *path, unsigned int depth)
{
	cleanup_git_config_keys struct git_config_keys keys = { 0 };
	cleanup_free char *data = NULL;
	size_t len = 0;
	int r;

	if (depth > SANDBOX_CONFIG_DEPTH_MAX || reading->files == SANDBOX_CONFIG_FILES_MAX)
		return 0;
	reading->files++;
	r = read_whole(reading, path, GIT_CONFIG_BYTES_MAX, &data, &len);
	if (r == 0)
		r = git_config_keys_read(data, len, &keys);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		/* None of it counts, rather than the half that could be read. */
		if (!reading->unread)
			reading->unread = strdup(path);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < keys.count; i++)
		r = take_key(reading, &keys.keys[i], path, depth);
	return r;
}

/* In the order in which git lets the later win. */
static int read_files(struct reading *reading)
{
	const struct sandbox_config_places *places = reading->places;
	cleanup_free char *xdg = NULL;
	cleanup_free char *own = NULL;
	int r;

	if (places->global)
		return read_file(reading, places->global, 0);
	if (asprintf(&xdg, "%s%s/git/config", places->xdg ? places->xdg : places->home,
		     places->xdg ? "" : "/.config") < 0) {
		xdg = NULL;
		return -ENOMEM;
	}
	if (asprintf(&own, "%s/.gitconfig", places->home) < 0) {
		own = NULL;
		return -ENOMEM;
	}
	r = read_file(reading, xdg, 0);
	return r < 0 ? r : read_file(reading, own, 0);
}

/* Without the list `git add -A` would add what the person never wants added. */
static int read_ignore(struct reading *reading, struct sandbox_config *ret)
{
	const struct sandbox_config_places *places = reading->places;
	size_t len = 0;
	int r;

	if (!reading->ignore &&
	    asprintf(&reading->ignore, "%s%s/git/ignore", places->xdg ? places->xdg : places->home,
		     places->xdg ? "" : "/.config") < 0) {
		reading->ignore = NULL;
		return -ENOMEM;
	}
	r = read_whole(reading, reading->ignore, SANDBOX_CONFIG_IGNORE_MAX, &ret->ignore, &len);
	if (r < 0 && r != -ENOENT && r != -ENOTDIR && r != -ENOMEM && !reading->unread)
		reading->unread = strdup(reading->ignore);
	if (r == 0 && memchr(ret->ignore, '\0', len)) {
		free(ret->ignore);
		ret->ignore = NULL;
	}
	return r == -ENOMEM ? r : 0;
}

/* Behind the person's, so that it wins. The directory is the project alone, in which files may
 * belong to somebody else; the star is understood since git 2.46. */
static void append_own(struct reading *reading, bool has_ignore)
{
	struct text *text = &reading->text;

	text_append(text, "[core]\n\thooksPath = /dev/null\n");
	if (has_ignore)
		text_append(text, "\texcludesFile = " SANDBOX_CONFIG_IGNORE "\n");
	text_append(text, "[credential]\n\thelper =\n[safe]\n\tdirectory = ");
	append_quoted(text, reading->places->project, strlen(reading->places->project));
	text_append(text, "\n\tdirectory = ");
	append_quoted(text, reading->places->project, strlen(reading->places->project));
	/* Outside of the quotes: git joins them. */
	text_append(text, "/*\n");
}

int sandbox_config_make(const struct sandbox_config_places *places, struct sandbox_config *ret)
{
	struct reading reading = { .places = places };
	cleanup_git_keys struct git_keys *keys = NULL;
	int r = git_keys_new_builtin(&keys);

	reading.keys = keys;
	text_append(&reading.text, head);
	if (r == 0)
		r = read_files(&reading);
	if (r == 0)
		r = read_ignore(&reading, ret);
	if (r == 0) {
		append_own(&reading, ret->ignore != NULL);
		ret->text = text_steal(&reading.text);
		r = ret->text ? 0 : -ENOMEM;
	}
	ret->unread = reading.unread;
	text_done(&reading.text);
	free(reading.section);
	free(reading.ignore);
	return r;
}

void sandbox_config_done(struct sandbox_config *config)
{
	free(config->text);
	free(config->ignore);
	free(config->unread);
	*config = (struct sandbox_config){ 0 };
}
