/* SPDX-License-Identifier: MIT */
#include "fs/cli/options.h"

#include <string.h>

#include "fs/base/message.h"

/* The words of argv and how far they were read. */
struct words {
	char **argv;
	int count;
	int at;
};

static const struct option_spec *find_in(const struct option_spec *table, char letter,
					 const char *name, size_t len)
{
	for (; table && table->name; table++) {
		if (letter && table->letter == letter)
			return table;
		if (name && strlen(table->name) == len && strncmp(table->name, name, len) == 0)
			return table;
	}
	return NULL;
}

/* A command's own options come first: "-n" of one may mean something else than "-n" of another. */
static const struct option_spec *find_option(const struct command *command, char letter,
					     const char *name, size_t len)
{
	const struct option_spec *spec = command ? find_in(command->options, letter, name, len)
						 : NULL;

	return spec ? spec : find_in(global_options, letter, name, len);
}

static const char *help_hint(const struct command *command)
{
	return command ? command->name : "";
}

static int store(struct cli *cli, const struct option_spec *spec, const char *value)
{
	char *field = (char *)cli + spec->offset;

	switch (spec->kind) {
	case OPTION_FLAG: *(bool *)field = true; return EXIT_OK;
	case OPTION_VALUE: *(const char **)field = value; return EXIT_OK;
	case OPTION_LIST: {
		struct argument_list *list = (struct argument_list *)field;

		if (list->count == ARGUMENT_LIST_MAX) {
			message_error("--%s: at most %u of them; name a common parent instead",
				      spec->name, ARGUMENT_LIST_MAX);
			return EXIT_USAGE;
		}
		list->items[list->count++] = value;
		return EXIT_OK;
	}
	}
	return EXIT_USAGE;
}

static int take_value(struct cli *cli, const struct command *command,
		      const struct option_spec *spec, const char *attached, struct words *words)
{
	if (spec->kind == OPTION_FLAG) {
		if (!attached)
			return store(cli, spec, NULL);
		message_error("--%s takes no value", spec->name);
		return EXIT_USAGE;
	}
	if (!attached && words->at < words->count)
		attached = words->argv[words->at++];
	if (!attached || !*attached) {
		message_error("--%s needs %s; see 'claudefs help %s'", spec->name, spec->argument,
			      help_hint(command));
		return EXIT_USAGE;
	}
	return store(cli, spec, attached);
}

static int take_long(struct cli *cli, const struct command *command, const char *word,
		     struct words *words)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct option_spec *spec = find_option(command, 0, word, len);

	if (!spec) {
		message_error("--%.*s: no such option; see 'claudefs help%s%s'", (int)len, word,
			      command ? " " : "", help_hint(command));
		return EXIT_USAGE;
	}
	return take_value(cli, command, spec, equals ? equals + 1 : NULL, words);
}

static int take_letters(struct cli *cli, const struct command *command, const char *letters,
			struct words *words)
{
	for (; *letters; letters++) {
		const struct option_spec *spec = find_option(command, *letters, NULL, 0);
		int r;

		if (!spec) {
			message_error("-%c: no such option; see 'claudefs help%s%s'", *letters,
				      command ? " " : "", help_hint(command));
			return EXIT_USAGE;
		}
		if (spec->kind != OPTION_FLAG)
			return take_value(cli, command, spec, letters[1] ? letters + 1 : NULL,
					  words);
		r = store(cli, spec, NULL);
		if (r != EXIT_OK)
			return r;
	}
	return EXIT_OK;
}

static int take_command(const char *word, const struct command **ret)
{
	const struct command *nearest;

	*ret = command_find(word);
	if (*ret)
		return EXIT_OK;
	nearest = command_nearest(word);
	if (nearest)
		message_error("%s: no such command; did you mean '%s'?", word, nearest->name);
	else
		message_error("%s: no such command; 'claudefs help' lists them", word);
	return EXIT_USAGE;
}

int options_parse(int argc, char **argv, struct cli *cli, const struct command **ret_command)
{
	struct words words = { argv, argc, 1 };
	const struct command *command = NULL;
	bool are_options_over = false;
	size_t kept = 0;

	while (words.at < words.count) {
		char *word = argv[words.at++];
		int r = EXIT_OK;

		if (!are_options_over && strcmp(word, "--") == 0)
			are_options_over = true;
		else if (!are_options_over && strncmp(word, "--", 2) == 0)
			r = take_long(cli, command, word + 2, &words);
		else if (!are_options_over && word[0] == '-' && word[1])
			r = take_letters(cli, command, word + 1, &words);
		else if (!command)
			r = take_command(word, &command);
		else
			argv[kept++] = word; /* behind the words already read, so none is lost */
		if (r != EXIT_OK)
			return r;
	}
	cli->arguments = argv;
	cli->argument_count = kept;
	*ret_command = command;
	if (!command || cli->is_help || kept <= command->arguments_max)
		return EXIT_OK;
	message_error("%s: %s: one argument too many; usage: claudefs %s %s", command->name,
		      argv[command->arguments_max], command->name, command->usage);
	return EXIT_USAGE;
}
