/* SPDX-License-Identifier: MIT */
#include "fs/cli/audit_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fs/base/cleanup.h"
#include "fs/base/terminal.h"
#include "fs/cli/json_output.h"

#define BRIEF_LINES 12u  /* of --brief */
#define FOLD_FROM   4u   /* so many changes below one node_modules are one line */
#define VALUE_MAX   120u /* bytes of a key's value that are shown */

const char *audit_change_word(enum workspace_change_type type)
{
	switch (type) {
	case WORKSPACE_CREATED: return "created";
	case WORKSPACE_MODIFIED: return "modified";
	case WORKSPACE_DELETED: return "deleted";
	case WORKSPACE_REWRITTEN: return "rewritten";
	}
	return "changed";
}

static enum terminal_style style_of(enum workspace_change_type type)
{
	switch (type) {
	case WORKSPACE_CREATED: return STYLE_RED;
	case WORKSPACE_MODIFIED: return STYLE_YELLOW;
	case WORKSPACE_DELETED: return STYLE_MAGENTA;
	case WORKSPACE_REWRITTEN: return STYLE_DIM;
	}
	return STYLE_PLAIN;
}

static bool is_secret_key(const char *name)
{
	static const char *const words[] = { "extraheader", "cookie", "password", "token",
					     "sslkey" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasestr(name, words[i]))
			return true;
	}
	return false;
}

/* The value without what it may hold of passwords: `scheme://user:password@host` loses its user. */
static void append_value(struct text *text, const struct git_config_key *key)
{
	const char *value = key->value;
	const char *scheme = strstr(value, "://");
	const char *at = scheme ? strchr(scheme + 3, '@') : NULL;
	size_t left = VALUE_MAX;

	if (is_secret_key(key->name)) {
		text_append(text, "(hidden)");
		return;
	}
	if (at && at < scheme + 3 + strcspn(scheme + 3, "/")) {
		text_append_bytes(text, value, (size_t)(scheme - value) + 3);
		text_append(text, "...");
		value = at;
	}
	if (strlen(value) < left)
		left = strlen(value);
	text_append_bytes(text, value, left);
	if (value[left] != '\0')
		text_append(text, "...");
}

struct key_lines {
	const struct cli *cli;
	json_t *list; /* NULL: printed */
};

static const char *sign_of(enum git_config_change_type type)
{
	switch (type) {
	case GIT_KEY_ADDED: return "+";
	case GIT_KEY_CHANGED: return "~";
	case GIT_KEY_REMOVED: return "-";
	}
	return "?";
}

static int print_key(enum git_config_change_type type, const struct git_config_key *key,
		     const char *why, void *arg)
{
	const struct key_lines *lines = arg;
	cleanup_text struct text value = { 0 };
	cleanup_text struct text line = { 0 };

	append_value(&value, key);
	terminal_appendf(&line, lines->cli->is_colored, why ? STYLE_RED : STYLE_DIM, "%s %s = %s",
			 sign_of(type), key->name, value.data ? value.data : "");
	if (why) {
		text_append(&line, "  ");
		terminal_append(&line, lines->cli->is_colored, STYLE_PLAIN, why);
	}
	printf("      %s\n", line.data ? line.data : "");
	return 0;
}

static int add_key(enum git_config_change_type type, const struct git_config_key *key,
		   const char *why, void *arg)
{
	const struct key_lines *lines = arg;
	cleanup_text struct text value = { 0 };
	json_t *object = json_object();

	append_value(&value, key);
	(void)json_object_set_new(object, "change", json_string(sign_of(type)));
	(void)json_object_set_new(object, "key", json_string_lossy(key->name));
	(void)json_object_set_new(object, "value", json_string_lossy(value.data ? value.data : ""));
	(void)json_object_set_new(object, "dangerous", why ? json_string(why) : json_null());
	return json_array_append_new(lines->list, object) == 0 ? 0 : -ENOMEM;
}

static void say_unreadable(const struct cli *cli, int error)
{
	cleanup_text struct text line = { 0 };

	terminal_append(&line, cli->is_colored, STYLE_YELLOW,
			error == -EBADMSG ? "not a configuration that git would read"
					  : "its keys cannot be compared: look at the file");
	printf("      %s\n", line.data ? line.data : "");
}

void audit_print_keys(const struct cli *cli, const struct audit *audit,
		      const struct workspace_change *change)
{
	struct key_lines lines = { .cli = cli };
	int r = workspace_change_each_key(audit->session_fd, change, audit->keys, print_key,
					  &lines);

	if (r < 0)
		say_unreadable(cli, r);
}

/* The length of the path up to its first node_modules, or 0. */
static size_t packages_len(const char *path)
{
	static const char word[] = "node_modules/";
	const char *at = path;

	while ((at = strstr(at, word))) {
		if (at == path || at[-1] == '/')
			return (size_t)(at - path) + sizeof(word) - 1;
		at++;
	}
	return 0;
}

/* How many changes from i on lie below the same node_modules. */
static size_t count_packages(const struct workspace_changes *changes, size_t i)
{
	const char *path = changes->changes[i].entry->path;
	size_t len = packages_len(path);
	size_t k = i;

	while (len > 0 && k < changes->count &&
	       strncmp(changes->changes[k].entry->path, path, len) == 0)
		k++;
	return k - i;
}

static void print_change(const struct cli *cli, const struct audit *audit,
			 const struct workspace_change *change)
{
	cleanup_text struct text line = { 0 };

	text_append(&line, "  ");
	terminal_appendf(&line, cli->is_colored, style_of(change->type), "%-9s",
			 audit_change_word(change->type));
	text_append(&line, " ");
	terminal_append(&line, cli->is_colored, STYLE_BOLD, change->entry->path);
	if (change->after && change->after->target) {
		text_append(&line, " -> ");
		terminal_append(&line, false, STYLE_PLAIN, change->after->target);
	}
	text_append(&line, "  ");
	terminal_append(&line, cli->is_colored, STYLE_DIM, change->entry->why);
	printf("%s\n", line.data ? line.data : "");
	if (!cli->is_brief || change->entry->is_git)
		audit_print_keys(cli, audit, change);
}

static void print_packages(const struct workspace_change *first, size_t count)
{
	cleanup_text struct text line = { 0 };
	size_t len = packages_len(first->entry->path);

	text_append_safe(&line, first->entry->path, len, false);
	printf("  packages  %s  %zu files that package managers and tools run\n",
	       line.data ? line.data : "", count);
}

static size_t count_of(const struct workspace_changes *changes, bool is_rewritten)
{
	size_t count = 0;

	for (size_t i = 0; i < changes->count; i++)
		count += (changes->changes[i].type == WORKSPACE_REWRITTEN) == is_rewritten;
	return count;
}

/* Returns how many changes were left out. */
static size_t print_changes(const struct cli *cli, const struct audit *audit)
{
	const struct workspace_changes *changes = audit->changes;
	size_t limit = cli->is_brief ? BRIEF_LINES : SIZE_MAX;
	size_t lines = 0;
	size_t left = 0;

	for (size_t i = 0; i < changes->count;) {
		const struct workspace_change *change = &changes->changes[i];
		size_t packages = count_packages(changes, i);

		if (packages < FOLD_FROM)
			packages = 1;
		if (change->type == WORKSPACE_REWRITTEN && packages == 1) {
			i++;
			continue;
		}
		if (lines++ >= limit)
			left += packages;
		else if (packages > 1)
			print_packages(change, packages);
		else
			print_change(cli, audit, change);
		i += packages;
	}
	return left;
}

static void print_rewritten(const struct cli *cli, const struct audit *audit)
{
	size_t count = count_of(audit->changes, true);
	cleanup_text struct text line = { 0 };
	size_t shown = 0;

	if (count == 0)
		return;
	for (size_t i = 0; i < audit->changes->count && shown < (cli->is_brief ? 3 : 1000); i++) {
		const struct workspace_change *change = &audit->changes->changes[i];

		if (change->type != WORKSPACE_REWRITTEN)
			continue;
		text_append(&line, shown++ ? ", " : "");
		text_append_safe(&line, change->entry->path, strlen(change->entry->path), false);
	}
	printf("  written to, and the same as before (%zu): %s%s\n", count,
	       line.data ? line.data : "", shown < count ? ", ..." : "");
}

static void print_gaps(const struct workspace_gaps *gaps)
{
	if (gaps->too_deep)
		printf("  not looked at: %" PRIu64 " directories more than %u deep\n",
		       gaps->too_deep, WORKSPACE_DEPTH_MAX);
	if (gaps->unreadable)
		printf("  not looked at: %" PRIu64 " entries that you may not read\n",
		       gaps->unreadable);
	if (gaps->is_cut)
		printf("  not looked at: what came after the first %u watched entries\n",
		       WORKSPACE_WATCHED_MAX);
}

bool audit_has_findings(const struct audit *audit)
{
	const struct workspace_gaps *gaps = &audit->after->scan.gaps;

	return gaps->too_deep || gaps->unreadable || gaps->is_cut ||
	       count_of(audit->changes, false) > 0;
}

static bool has_restorable_git(const struct workspace_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		if (changes->changes[i].entry->is_git &&
		    changes->changes[i].type != WORKSPACE_REWRITTEN)
			return true;
	}
	return false;
}

void audit_print(const struct cli *cli, const struct audit *audit)
{
	size_t found = count_of(audit->changes, false);
	cleanup_text struct text line = { 0 };
	size_t left;

	if (cli->is_brief && !audit_has_findings(audit))
		return;
	terminal_appendf(&line, cli->is_colored, STYLE_BOLD, "in the project");
	text_appendf(&line, " (%zu)  %s", found,
		     found ? "runs on the host next, or steers it"
			   : "nothing that runs on the host by itself was changed");
	if (!audit->is_end_known)
		text_append(&line, "; the session's end was not seen: compared with now");
	printf("%s\n", line.data ? line.data : "");
	left = print_changes(cli, audit);
	print_rewritten(cli, audit);
	print_gaps(&audit->after->scan.gaps);
	if (left)
		printf("  and %zu more: claudefs --session %s audit\n", left, audit->session_id);
	if (!cli->restores && has_restorable_git(audit->changes))
		printf("next: claudefs%s%s audit --restore  (asks about each)\n",
		       cli->is_brief ? " --session " : "", cli->is_brief ? audit->session_id : "");
}

static json_t *change_to_json(const struct audit *audit, const struct workspace_change *change)
{
	json_t *object = json_object();
	json_t *list = json_array();
	struct key_lines lines = { .list = list };
	int r;

	json_output_set_name(object, "path", change->entry->path);
	(void)json_object_set_new(object, "change", json_string(audit_change_word(change->type)));
	(void)json_object_set_new(object, "kind", json_string(change->entry->kind));
	(void)json_object_set_new(object, "why", json_string(change->entry->why));
	if (change->after && change->after->target)
		json_output_set_name(object, "target", change->after->target);
	r = workspace_change_each_key(audit->session_fd, change, audit->keys, add_key, &lines);
	(void)json_object_set_new(object, "keys", r < 0 ? json_null() : json_incref(list));
	json_decref(list);
	return object;
}

json_t *audit_to_json(const struct audit *audit)
{
	const struct workspace_gaps *gaps = &audit->after->scan.gaps;
	json_t *list = json_array();

	for (size_t i = 0; i < audit->changes->count; i++)
		(void)json_array_append_new(list,
					    change_to_json(audit, &audit->changes->changes[i]));
	return json_pack("{s:s, s:o, s:b, s:I, s:{s:I, s:I, s:b}, s:o}", "session",
			 audit->session_id, "project", json_string_lossy(audit->project),
			 "end_known", audit->is_end_known, "visited",
			 (json_int_t)audit->after->scan.visited, "not_seen", "too_deep",
			 (json_int_t)gaps->too_deep, "unreadable", (json_int_t)gaps->unreadable,
			 "cut", gaps->is_cut, "changes", list);
}
