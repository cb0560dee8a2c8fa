/* SPDX-License-Identifier: MIT */
/* `claudefs why PATH`: which rule decides for a name, and why. Asks the same policy_decide() as the
 * mount and the review do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/path_name.h"
#include "fs/base/terminal.h"
#include "fs/cli/command.h"
#include "fs/cli/host_location.h"
#include "fs/cli/json_output.h"
#include "fs/cli/rules_choice.h"
#include "fs/cli/session_choice.h"
#include "fs/policy/decide.h"

static const char *tell_read(enum rule_read read)
{
	switch (read) {
	case RULE_READ_SHOW: return "the sandbox sees what the host has";
	case RULE_READ_HIDE:
		return "for the sandbox the host's does not exist; what it makes itself it sees";
	case RULE_READ_FILTER: return "the sandbox sees what a filter lets through";
	case RULE_READ_SYNTHETIC: return "the sandbox sees what claudefs makes up";
	}
	return "";
}

static const char *tell_write(enum rule_write write)
{
	switch (write) {
	case RULE_WRITE_AUTO: return "committed to the host without asking";
	case RULE_WRITE_REVIEW: return "committed to the host once you approve it";
	case RULE_WRITE_NEVER: return "works in the sandbox, never reaches the host";
	case RULE_WRITE_REFUSE: return "the write itself fails in the sandbox";
	}
	return "";
}

static const char *tell_merge(enum rule_merge merge)
{
	switch (merge) {
	case RULE_MERGE_REPLACE: return "if the host changed it too, that is a conflict";
	case RULE_MERGE_APPEND_LINES: return "lines of both sides are kept";
	case RULE_MERGE_UNION_RECORDS: return "records of both sides are united";
	case RULE_MERGE_JSON_KEYS: return "both sides are merged key by key";
	}
	return "";
}

/* The names that stand for <session> in the rules are those of the host's transcripts of this
 * project. */
static int add_own_session(const char *name, void *arg)
{
	struct project_scope *scope = arg;
	size_t len = strlen(name);

	if (len == SESSION_UUID_LEN + strlen(".jsonl") &&
	    strcmp(name + SESSION_UUID_LEN, ".jsonl") == 0)
		return project_scope_add_session(scope, name, SESSION_UUID_LEN);
	return 0;
}

static int make_scope(const struct manifest *manifest, const char *host_root,
		      const char *host_config, struct project_scope **ret)
{
	cleanup_project_scope struct project_scope *scope = NULL;
	cleanup_host_tree struct host_tree *host = NULL;
	cleanup_free char *directory = NULL;
	int r = session_scope_new(manifest, &scope);

	if (r < 0)
		return r;
	/* Without a readable host there are no own sessions, and the answer is the stricter one. */
	if (host_tree_open(host_root, host_config, &host) == 0 &&
	    path_join("projects", project_scope_encoded(scope), &directory) == 0)
		(void)host_tree_list(host, directory, add_own_session, scope);
	*ret = steal_ptr(&scope);
	return 0;
}

static int print_json(const char *path, const struct chosen_session *session,
		      const struct project_scope *scope, const struct verdict *verdict)
{
	cleanup_json json_t *json = json_object();
	const struct rule *rule = verdict->rule;
	json_t *rule_json = json_object();

	json_output_set_name(json, "path", path);
	json_output_set_name(json, "project", project_scope_path(scope));
	(void)json_object_set_new(json, "session",
				  session->id ? json_string(session->id) : json_null());
	(void)json_object_set_new(json, "read", json_string(rule_read_name(verdict->read)));
	(void)json_object_set_new(json, "write", json_string(rule_write_name(verdict->write)));
	(void)json_object_set_new(json, "merge", json_string(rule_merge_name(verdict->merge)));
	(void)json_object_set_new(json, "exact", json_boolean(verdict->is_exact));
	(void)json_object_set_new(json, "note",
				  verdict->note ? json_string_lossy(verdict->note) : json_null());
	if (!rule) {
		(void)json_object_set_new(json, "rule", json_null());
		json_decref(rule_json);
		return json_output_print(json);
	}
	json_output_set_name(rule_json, "pattern", rule->pattern);
	(void)json_object_set_new(rule_json, "read", json_string(rule_read_name(rule->read)));
	(void)json_object_set_new(rule_json, "write", json_string(rule_write_name(rule->write)));
	(void)json_object_set_new(rule_json, "filter",
				  rule->filter ? json_string(rule->filter) : json_null());
	(void)json_object_set_new(rule_json, "why", json_string_lossy(rule->why ? rule->why : ""));
	json_output_set_name(rule_json, "origin", rule->origin ? rule->origin : "built-in");
	(void)json_object_set_new(rule_json, "line", json_integer(rule->line));
	(void)json_object_set_new(json, "rule", rule_json);
	return json_output_print(json);
}

static void add_row(struct table *table, const char *label, const char *word, const char *meaning)
{
	table_cell(table, STYLE_DIM, label);
	table_cell(table, STYLE_PLAIN, word);
	table_cell(table, STYLE_DIM, meaning);
	table_end_row(table);
}

static enum terminal_style write_style(enum rule_write write)
{
	switch (write) {
	case RULE_WRITE_AUTO: return STYLE_GREEN;
	case RULE_WRITE_REVIEW: return STYLE_YELLOW;
	case RULE_WRITE_NEVER:
	case RULE_WRITE_REFUSE: return STYLE_RED;
	}
	return STYLE_RED;
}

static void print_line(const struct cli *cli, const char *label, const char *text)
{
	cleanup_text struct text line = { 0 };

	text_append(&line, "  ");
	terminal_append(&line, cli->is_colored, STYLE_DIM, label);
	text_append(&line, "  ");
	terminal_append(&line, cli->is_colored, STYLE_PLAIN, text);
	text_append(&line, "\n");
	if (line.data)
		(void)fputs(line.data, stdout);
}

static void print_verdict(const struct cli *cli, const char *path, const struct verdict *verdict)
{
	cleanup_table struct table *table = table_new(cli->is_colored, "  ");
	cleanup_text struct text heading = { 0 };
	cleanup_text struct text origin = { 0 };

	terminal_append(&heading, cli->is_colored, STYLE_BOLD, *path ? path : "(the root)");
	printf("%s\n", heading.data ? heading.data : "");
	add_row(table, "read ", rule_read_name(verdict->read), tell_read(verdict->read));
	table_cell(table, STYLE_DIM, "write");
	table_cell(table, write_style(verdict->write), rule_write_name(verdict->write));
	table_cell(table, STYLE_DIM, tell_write(verdict->write));
	table_end_row(table);
	if (verdict->write == RULE_WRITE_AUTO || verdict->write == RULE_WRITE_REVIEW)
		add_row(table, "merge", rule_merge_name(verdict->merge),
			tell_merge(verdict->merge));
	(void)table_print(table, stdout);
	if (verdict->rule) {
		text_appendf(&origin, "%s  (%s:%u)", verdict->rule->pattern,
			     verdict->rule->origin ? verdict->rule->origin : "built-in",
			     verdict->rule->line);
		print_line(cli, "rule ", origin.data ? origin.data : "");
		print_line(cli, "why  ", verdict->rule->why ? verdict->rule->why : "");
	}
	if (verdict->note)
		print_line(cli, "note ", verdict->note);
	else if (!verdict->is_exact)
		print_line(cli, "note ",
			   "the name matches the rule only after folding, so the answer is "
			   "stricter than the rule");
}

/* The host state of the session, else this user's. */
static int find_location(const struct chosen_session *session, struct host_location *ret)
{
	int r;

	if (!session->id) {
		r = host_location_find(ret);
	} else {
		ret->root = strdup(session->manifest.host_root);
		ret->config = strdup(session->manifest.host_config);
		r = ret->root && ret->config ? 0 : -ENOMEM;
	}
	if (r == 0)
		return EXIT_OK;
	message_error("%s",
		      r == -ENOMEM ? "out of memory" : "no home: set HOME to an absolute path");
	return r == -ENOMEM ? EXIT_FAULT : EXIT_HOST_STATE;
}

int cmd_why(const struct cli *cli)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_host_location struct host_location location = { 0 };
	cleanup_project_scope struct project_scope *scope = NULL;
	cleanup_rules struct rules *rules = NULL;
	cleanup_free char *path = NULL;
	struct verdict verdict;
	int r;

	if (cli->argument_count != 1) {
		message_error("why: which path? usage: claudefs why PATH");
		return EXIT_USAGE;
	}
	r = session_choose_if_any(cli, &session);
	if (r == EXIT_OK)
		r = find_location(&session, &location);
	if (r == EXIT_OK)
		r = rules_choose(cli, &rules);
	if (r != EXIT_OK)
		return r;
	if (host_location_state_path(&location, cli->arguments[0], &path) < 0) {
		message_error("why: %s: not a path in %s; give one relative to it, without '..'",
			      cli->arguments[0], location.root);
		return EXIT_USAGE;
	}
	if (!session.id)
		session.manifest.project = getcwd(NULL, 0);
	r = session.manifest.project
		    ? make_scope(&session.manifest, location.root, location.config, &scope)
		    : -errno;
	if (r < 0) {
		message_error("why: current directory: %s", strerror(-r));
		return EXIT_FAULT;
	}
	policy_decide(rules, scope, path, &verdict);
	if (cli->is_json)
		return print_json(path, &session, scope, &verdict);
	print_verdict(cli, path, &verdict);
	return EXIT_OK;
}
