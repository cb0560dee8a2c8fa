/* SPDX-License-Identifier: MIT */
/* `claudefs help`: made from the tables, so that it cannot lag behind them. */
#include <stdio.h>
#include <string.h>

#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/command.h"
#include "fs/cli/json_output.h"

#define NEAR_ENOUGH  2u /* edits between a mistyped name and the one meant */
#define NAME_MAX_LEN 32u

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance; names longer than NAME_MAX_LEN are near to nothing. */
static unsigned int edit_distance(const char *a, const char *b)
{
	unsigned int row[NAME_MAX_LEN + 1];
	size_t len = strlen(b);

	if (len > NAME_MAX_LEN || strlen(a) > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (unsigned int j = 0; j <= len; j++)
		row[j] = j;
	for (unsigned int i = 1; a[i - 1]; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			unsigned int above = row[j];
			unsigned int changed = diagonal + (a[i - 1] != b[j - 1]);

			row[j] = least(changed, least(above, row[j - 1]) + 1);
			diagonal = above;
		}
	}
	return row[len];
}

const struct command *command_nearest(const char *name)
{
	const struct command *nearest = NULL;
	unsigned int best = NEAR_ENOUGH + 1;

	for (const struct command *command = commands; command->name; command++) {
		unsigned int distance = edit_distance(name, command->name);

		if (distance < best && distance < strlen(command->name)) {
			best = distance;
			nearest = command;
		}
	}
	return nearest;
}

static void print_options(const struct option_spec *options)
{
	cleanup_table struct table *table = table_new(false, "  ");

	for (; options->name; options++) {
		char letter[5] = "    ";

		if (options->letter)
			(void)snprintf(letter, sizeof(letter), "-%c, ", options->letter);
		table_cellf(table, STYLE_PLAIN, "%s--%s%s%s", letter, options->name,
			    options->argument ? " " : "",
			    options->argument ? options->argument : "");
		table_cell(table, STYLE_PLAIN, options->help);
		table_end_row(table);
	}
	(void)table_print(table, stdout);
}

static void print_overview(void)
{
	cleanup_table struct table *table = table_new(false, "  ");

	printf("usage: claudefs [options] COMMAND [arguments]\n\n"
	       "Shows what a sandboxed Claude Code session changed in its view of ~/.claude, and "
	       "applies\n"
	       "what the rules and you approve. It works on the newest session of the project in "
	       "the\n"
	       "current directory unless --session is given.\n\ncommands:\n");
	for (const struct command *command = commands; command->name; command++) {
		table_cell(table, STYLE_PLAIN, command->name);
		table_cell(table, STYLE_PLAIN, command->summary);
		table_end_row(table);
	}
	(void)table_print(table, stdout);
	printf("\noptions:\n");
	print_options(global_options);
}

void command_print_help(const struct command *command)
{
	if (!command) {
		print_overview();
		return;
	}
	printf("usage: claudefs %s%s%s\n\n%s\n", command->name, *command->usage ? " " : "",
	       command->usage, command->summary);
	if (command->details)
		printf("\n%s", command->details);
	if (command->options->name) {
		printf("\noptions:\n");
		print_options(command->options);
	}
	printf("\nglobal options:\n");
	print_options(global_options);
}

static json_t *options_to_json(const struct option_spec *options)
{
	json_t *list = json_array();

	for (; options->name; options++) {
		char letter[2] = { options->letter, '\0' };

		(void)json_array_append_new(
			list, json_pack("{s:s, s:s?, s:s?, s:s}", "name", options->name, "letter",
					options->letter ? letter : NULL, "argument",
					options->argument, "help", options->help));
	}
	return list;
}

static int print_json(void)
{
	cleanup_json json_t *json = json_object();
	json_t *list = json_array();

	for (const struct command *command = commands; command->name; command++) {
		json_t *options = options_to_json(command->options);

		(void)json_array_append_new(list,
					    json_pack("{s:s, s:s, s:s, s:o}", "name", command->name,
						      "usage", command->usage, "summary",
						      command->summary, "options", options));
	}
	(void)json_object_set_new(json, "commands", list);
	(void)json_object_set_new(json, "options", options_to_json(global_options));
	return json_output_print(json);
}

int cmd_help(const struct cli *cli)
{
	const struct command *command = NULL;

	if (cli->is_json)
		return print_json();
	if (cli->argument_count > 0) {
		command = command_find(cli->arguments[0]);
		if (!command) {
			message_error("help: %s: no such command; 'claudefs help' lists them",
				      cli->arguments[0]);
			return EXIT_USAGE;
		}
	}
	command_print_help(command);
	return EXIT_OK;
}
