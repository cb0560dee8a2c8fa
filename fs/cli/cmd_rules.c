/* SPDX-License-Identifier: MIT */
/* `claudefs rules check|list|suggest`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/command.h"
#include "fs/cli/json_output.h"
#include "fs/cli/rules_choice.h"
#include "fs/cli/rules_suggest.h"
#include "fs/policy/rules_load.h"

static json_t *rule_to_json(const struct rule *rule)
{
	json_t *json = json_object();

	json_output_set_name(json, "pattern", rule->pattern);
	(void)json_object_set_new(json, "read", json_string(rule_read_name(rule->read)));
	(void)json_object_set_new(json, "write", json_string(rule_write_name(rule->write)));
	(void)json_object_set_new(json, "merge", json_string(rule_merge_name(rule->merge)));
	(void)json_object_set_new(json, "filter",
				  rule->filter ? json_string(rule->filter) : json_null());
	(void)json_object_set_new(json, "why", json_string_lossy(rule->why ? rule->why : ""));
	json_output_set_name(json, "origin", rule->origin ? rule->origin : "built-in");
	(void)json_object_set_new(json, "line", json_integer(rule->line));
	return json;
}

static int list_json(const struct rules *rules)
{
	cleanup_json json_t *json = json_object();
	json_t *list = json_array();
	struct hash hash = rules_hash(rules);
	char hex[HASH_HEX_SIZE];

	for (size_t i = 0; i < rules_count(rules); i++)
		(void)json_array_append_new(list, rule_to_json(rules_get(rules, i)));
	hash_to_hex(&hash, hex);
	(void)json_object_set_new(json, "hash", json_string(hex));
	(void)json_object_set_new(json, "rules", list);
	return json_output_print(json);
}

static enum terminal_style write_style(enum rule_write write)
{
	switch (write) {
	case RULE_WRITE_AUTO: return STYLE_GREEN;
	case RULE_WRITE_REVIEW: return STYLE_YELLOW;
	case RULE_WRITE_NEVER:
	case RULE_WRITE_REFUSE: return STYLE_PLAIN;
	}
	return STYLE_PLAIN;
}

static int list_rules(const struct cli *cli)
{
	cleanup_table struct table *table = table_new(cli->is_colored, "");
	cleanup_rules struct rules *rules = NULL;
	int r = rules_choose(cli, &rules);

	if (r != EXIT_OK)
		return r;
	if (cli->is_json)
		return list_json(rules);
	table_cell(table, STYLE_DIM, "path");
	table_cell(table, STYLE_DIM, "read");
	table_cell(table, STYLE_DIM, "write");
	table_cell(table, STYLE_DIM, "merge");
	table_cell(table, STYLE_DIM, "from");
	table_cell(table, STYLE_DIM, "why");
	table_end_row(table);
	for (size_t i = 0; i < rules_count(rules); i++) {
		const struct rule *rule = rules_get(rules, i);

		table_cell(table, STYLE_BOLD, rule->pattern);
		table_cell(table, STYLE_PLAIN, rule_read_name(rule->read));
		table_cell(table, write_style(rule->write), rule_write_name(rule->write));
		table_cell(table, STYLE_PLAIN, rule_merge_name(rule->merge));
		table_cellf(table, STYLE_PLAIN, "%s:%u", rule->origin ? rule->origin : "built-in",
			    rule->line);
		table_cell(table, STYLE_DIM, rule->why ? rule->why : "");
		table_end_row(table);
	}
	table_limit(table, cli->columns);
	if (table_print(table, stdout) < 0) {
		message_error("out of memory");
		return EXIT_FAULT;
	}
	return EXIT_OK;
}

/* One file on top of the built-in rules, so that it is judged as it would be used. */
static int check_file(const char *path, size_t *ret_count)
{
	cleanup_rules struct rules *rules = NULL;
	struct rules_problem problem = { 0 };
	size_t before;
	int r = rules_new_builtin(&rules);

	before = r < 0 ? 0 : rules_count(rules);
	if (r >= 0)
		r = rules_load_file(rules, path, &problem);
	if (r < 0) {
		if (r != -EBADMSG)
			(void)snprintf(problem.file, sizeof(problem.file), "%s", path);
		return rules_say_problem(r, &problem);
	}
	*ret_count = rules_count(rules) - before;
	return EXIT_OK;
}

static int check_user_rules(size_t *ret_count, char **ret_directory)
{
	cleanup_free char *directory = rules_user_dir();
	cleanup_rules struct rules *rules = NULL;
	struct rules_problem problem = { 0 };
	size_t before;
	int r;

	if (!directory) {
		message_error("rules: no home; set HOME (or XDG_CONFIG_HOME) to an absolute path");
		return EXIT_FAULT;
	}
	r = rules_new_builtin(&rules);
	before = r < 0 ? 0 : rules_count(rules);
	if (r >= 0)
		r = rules_load_dir(rules, directory, &problem);
	if (r < 0) {
		if (!problem.file[0])
			(void)snprintf(problem.file, sizeof(problem.file), "%s", directory);
		return rules_say_problem(r, &problem);
	}
	*ret_count = rules_count(rules) - before;
	*ret_directory = steal_ptr(&directory);
	return EXIT_OK;
}

static void report_checked(const struct cli *cli, json_t *files, const char *path, size_t count)
{
	json_t *json;

	if (cli->is_json) {
		json = json_object();
		json_output_set_name(json, "path", path);
		(void)json_object_set_new(json, "rules", json_integer((json_int_t)count));
		(void)json_array_append_new(files, json);
		return;
	}
	text_print_safe(stdout, path);
	printf(": ok, %zu %s\n", count, count == 1 ? "rule" : "rules");
}

static int check_rules(const struct cli *cli)
{
	cleanup_json json_t *json = json_object();
	json_t *files = json_array();
	int worst = EXIT_OK;
	size_t count = 0;

	(void)json_object_set_new(json, "files", files);
	for (size_t i = 1; i < cli->argument_count; i++) {
		int r = check_file(cli->arguments[i], &count);

		if (r == EXIT_OK)
			report_checked(cli, files, cli->arguments[i], count);
		else
			worst = r;
	}
	if (cli->argument_count == 1) {
		cleanup_free char *directory = NULL;

		worst = check_user_rules(&count, &directory);
		if (worst == EXIT_OK)
			report_checked(cli, files, directory, count);
	}
	if (cli->is_json && worst == EXIT_OK)
		return json_output_print(json);
	return worst;
}

int cmd_rules(const struct cli *cli)
{
	const char *action = cli->argument_count > 0 ? cli->arguments[0] : "";

	if (strcmp(action, "check") == 0)
		return check_rules(cli);
	if (strcmp(action, "list") == 0 && cli->argument_count == 1)
		return list_rules(cli);
	if (strcmp(action, "suggest") == 0 && cli->argument_count == 1)
		return rules_suggest(cli);
	message_error("rules: %s; usage: claudefs rules check [FILE]... | list | suggest",
		      *action ? "check, list or suggest?" : "which action?");
	return EXIT_USAGE;
}
