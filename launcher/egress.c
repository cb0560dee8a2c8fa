/* SPDX-License-Identifier: MIT */
#include "launcher/egress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/base/message.h"
#include "fs/policy/egress_list.h"
#include "fs/session/network_files.h"
#include "launcher/egress_cache.h"
#include "launcher/egress_registry.h"
#include "launcher/own_file.h"
#include "rules/builtin.h"

#define LOG_MAX (64u << 20) /* as the gate's */

struct expansion {
	const struct host_places *places;
	enum egress_effort effort;
	bool is_partial;
};

static int registry(struct expansion *expansion, const char *word, int (*ask)(struct text *lines),
		    struct text *lines)
{
	cleanup_text struct text said = { 0 };
	int r;

	if (expansion->effort == EGRESS_QUICK) {
		r = egress_cache_read(expansion->places, word, lines);
		if (r != -ENOENT)
			return r;
		expansion->is_partial = true;
		return 0;
	}
	r = ask(&said);
	if (r < 0)
		return r;
	egress_cache_write(expansion->places, word, said.data ? said.data : "");
	text_append_bytes(lines, said.data ? said.data : "", said.len);
	return lines->is_failed ? -ENOMEM : 0;
}

static int keyword(const char *word, struct text *lines, void *arg)
{
	if (strcmp(word, "github") == 0) {
		text_append_bytes(lines, rules_builtin_egress_github,
				  rules_builtin_egress_github_len);
		return lines->is_failed ? -ENOMEM : 0;
	}
	if (strcmp(word, "npm") == 0)
		return registry(arg, word, egress_ask_npm, lines);
	if (strcmp(word, "pip") == 0)
		return registry(arg, word, egress_ask_pip, lines);
	return -ENOENT;
}

static int say(const char *path, int error)
{
	own_file_say(path, error);
	return EXIT_RULES;
}

/* The text of the list in force (ret_), and what it is called (ret_). Returns 0 or -errno;
 * *ret_path is set then too. */
static int read_in_force(const struct host_places *places, const char *given, char **ret_path,
			 char **ret, size_t *ret_len)
{
	int r;

	*ret_path = NULL;
	if (given)
		*ret_path = strdup(given);
	else if (asprintf(ret_path, "%s/egress.allow", places->config_dir) < 0)
		*ret_path = NULL;
	if (!*ret_path)
		return -ENOMEM;
	r = own_file_read(*ret_path, EGRESS_LIST_MAX, ret, ret_len);
	if (r != -ENOENT || given)
		return r;
	free(*ret_path);
	*ret_path = strdup("built-in egress.allow");
	*ret_len = rules_builtin_egress_len;
	*ret = strndup(rules_builtin_egress, *ret_len);
	return *ret_path && *ret ? 0 : -ENOMEM;
}

int egress_print(const struct host_places *places, const char *given)
{
	cleanup_free char *path = NULL;
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = read_in_force(places, given, &path, &text, &len);

	if (r < 0 || !text)
		return say(path ? path : "egress.allow", r < 0 ? r : -ENOMEM);
	return fwrite(text, 1, len, stdout) == len && fflush(stdout) == 0 ? EXIT_OK : EXIT_FAULT;
}

char *egress_list_name(const struct host_places *places, const char *given)
{
	cleanup_free char *text = NULL;
	char *path = NULL;
	size_t len = 0;

	(void)read_in_force(places, given, &path, &text, &len);
	return path;
}

static int expand_and_parse(const char *text, size_t len, struct expansion *expansion,
			    struct text *expanded, struct egress_list **ret,
			    struct egress_problem *problem)
{
	/* Before anybody is asked, and by the lines as they were written. */
	int r = egress_list_check(text, len, problem);

	if (r == 0)
		r = egress_list_expand(text, len, keyword, expansion, expanded, problem);
	if (r == 0)
		r = egress_list_parse(expanded->data ? expanded->data : "", expanded->len, ret,
				      problem);
	return r;
}

/* What the project left of the list. Returns 0, EGRESS_PARTIAL (missing may be what is not noted)
 * or an exit code after a line. */
static int narrow(const struct egress_list *in_force, const struct egress_wish *wish,
		  struct expansion *expansion, const char *path, struct text *ret)
{
	cleanup_text struct text expanded = { 0 };
	cleanup_egress_list struct egress_list *wanted = NULL;
	struct egress_problem problem = { 0 };
	const char *missing = NULL;
	int r = expand_and_parse(wish->narrowing, strlen(wish->narrowing), expansion, &expanded,
				 &wanted, &problem);

	if (r == 0)
		r = egress_list_narrow(in_force, wanted, ret, &missing);
	if (r < 0) {
		message_error("%s: \"egress\": %s", wish->said_in ? wish->said_in : "manifest.json",
			      r == -EBADMSG ? problem.reason : strerror(-r));
		return EXIT_RUN_FAILED;
	}
	if (!missing || !wish->said_in)
		return 0;
	if (expansion->is_partial)
		return EGRESS_PARTIAL;
	message_error("%s: \"egress\": %s is not on the list in force (%s): a project can only "
		      "narrow it; remove it there, or add it to your list",
		      wish->said_in, missing, path);
	return EXIT_RUN_FAILED;
}

int egress_load(const struct host_places *places, const struct egress_wish *wish,
		enum egress_effort effort, struct text *ret)
{
	cleanup_free char *path = NULL;
	cleanup_free char *text = NULL;
	cleanup_text struct text expanded = { 0 };
	cleanup_egress_list struct egress_list *list = NULL;
	struct expansion expansion = { places, effort, false };
	struct egress_problem problem = { 0 };
	size_t len = 0;
	int r = read_in_force(places, wish->given, &path, &text, &len);

	if (r < 0 || !text)
		return say(path ? path : "egress.allow", r < 0 ? r : -ENOMEM);
	r = expand_and_parse(text, len, &expansion, wish->narrowing ? &expanded : ret, &list,
			     &problem);
	if (r == -EBADMSG) {
		message_error("%s:%u: %s", path, problem.line, problem.reason);
		return EXIT_RULES;
	}
	if (r < 0)
		return say(path, r);
	r = wish->narrowing ? narrow(list, wish, &expansion, path, ret) : 0;
	if (r == EGRESS_PARTIAL) {
		/* Whether the project's file is to be refused is known once npm and pip have said
		 * what they stand for. */
		text_done(ret);
		return egress_load(places, wish, EGRESS_ASK, ret);
	}
	return r == 0 && expansion.is_partial ? EGRESS_PARTIAL : r;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **items;
	size_t count, capacity;
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}
#define cleanup_names __attribute__((cleanup(names_done)))

ANALYZER_LOSES_OWNERS
static int add_name(struct names *names, const char *name)
{
	char *copy;

	if (names->count == names->capacity) {
		size_t capacity = names->capacity ? names->capacity * 2 : 16;
		char **items = reallocarray(names->items, capacity, sizeof(*items));

		if (!items)
			return -ENOMEM;
		names->items = items;
		names->capacity = capacity;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	names->items[names->count++] = copy;
	return 0;
}
ANALYZER_KNOWS_OWNERS

/* The log is written by a process that speaks with the agent: each line is checked again. */
static int take_line(const char *line, size_t len, const char *verdict, struct names *names)
{
	cleanup_json json_t *json = NULL;
	char host[EGRESS_HOST_SIZE];
	const char *given;

	if (json_load_strict(line, len, &json, NULL) < 0)
		return 0;
	given = json_get_string(json, "host", "");
	if (strcmp(json_get_string(json, "verdict", ""), verdict) != 0 ||
	    egress_host_normalize(given, strlen(given), host) < 0 ||
	    /* Other reasons are not mended by a line of the list. */
	    !strstr(json_get_string(json, "reason", ""), "not on the list"))
		return 0;
	return add_name(names, host);
}

int egress_collect(int session_fd, const char *verdict, struct text *ret)
{
	cleanup_names struct names names = { 0 };
	cleanup_free char *log = NULL;
	size_t len = 0;
	int r = fd_read_file_at(session_fd, NETWORK_LOG_FILE, LOG_MAX, &log, &len);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t offset = 0; offset < len && r == 0;) {
		const char *newline = memchr(log + offset, '\n', len - offset);
		size_t n = newline ? (size_t)(newline - (log + offset)) : len - offset;

		r = take_line(log + offset, n, verdict, &names);
		offset += n + 1;
	}
	if (r < 0)
		return r;
	if (names.count > 0)
		qsort(names.items, names.count, sizeof(*names.items), compare_strings);
	for (size_t i = 0; i < names.count; i++) {
		if (i == 0 || strcmp(names.items[i - 1], names.items[i]) != 0)
			text_appendf(ret, "%s\n", names.items[i]);
	}
	return ret->is_failed ? -ENOMEM : 0;
}
