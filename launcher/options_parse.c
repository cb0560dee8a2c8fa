/* SPDX-License-Identifier: MIT */
/* The command line: which words are ours, which one is the project, and what goes to claude. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "launcher/option_table.h"

/* The option of arg ("--name" or "--name=value"), or -1; *ret_value points behind the '='. */
static int find_option(const char *arg, const char **ret_value)
{
	size_t len = strcspn(arg, "=");
	const char *name;

	if (strncmp(arg, "--", 2) != 0)
		return -1;
	for (size_t i = 0; (name = option_name(i)); i++) {
		if (strlen(name) == len - 2 && strncmp(name, arg + 2, len - 2) == 0) {
			*ret_value = arg[len] == '=' ? arg + len + 1 : NULL;
			return (int)i;
		}
	}
	return -1;
}

static bool is_directory(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Everything from argv[i] on belongs to claude or the command. */
static void take_rest(int argc, char **argv, int i, struct options *options)
{
	for (; i < argc; i++)
		string_list_add(&options->arguments, argv[i]);
}

/* Where a project stands, and written as a path of several names: no prompt and no command of
 * claude's ("/review") looks like that. */
static bool means_directory(const char *word, const struct options *options)
{
	bool is_path = strncmp(word, "./", 2) == 0 || strncmp(word, "../", 3) == 0 ||
		       (word[0] == '/' && strchr(word + 1, '/'));
	struct stat info;

	return is_path && !options->project && options->arguments.count == 0 &&
	       !strpbrk(word, " \t\n") && stat(word, &info) < 0 && errno == ENOENT;
}

/* The project, or a word for claude. */
static int take_word(const char *word, struct options *options)
{
	if (means_directory(word, options)) {
		message_error("%s: no such directory; make it, or put -- in front of it if it is "
			      "for claude",
			      word);
		return EXIT_USAGE;
	}
	if (options->project || !is_directory(word)) {
		string_list_add(&options->arguments, word);
		return 0;
	}
	options->project = strdup(word);
	return options->project ? 0 : EXIT_RUN_FAILED;
}

/* Handles argv[*i], which is "--exec", and all that follows. */
static int take_command(int argc, char **argv, int *i, size_t option, const char *value,
			struct options *options)
{
	if (*i + 1 < argc && strcmp(argv[*i + 1], "--") == 0)
		(*i)++;
	if (*i + 1 >= argc || value) {
		message_error("--exec: a command must follow");
		return EXIT_USAGE;
	}
	/* It would be the command: a mistyped option, or a project that is not there. */
	if (options->arguments.count > 0) {
		message_error("--exec: \"%s\" in front of it is neither an option of "
			      "claudefs-run (see --help) nor a directory",
			      options->arguments.items[0]);
		return EXIT_USAGE;
	}
	take_rest(argc, argv, *i + 1, options);
	*i = argc;
	return option_set(options, option, NULL, SETTING_LINE);
}

/* Handles argv[*i]. Returns 0 or an exit code; *i is then at the last argument used. */
static int parse_one(int argc, char **argv, int *i, struct options *options)
{
	const char *arg = strcmp(argv[*i], "-h") == 0 ? "--help" : argv[*i];
	const char *value = NULL;
	int found = find_option(arg, &value);
	size_t option = (size_t)found;

	if (found < 0)
		return take_word(arg, options);
	if (strcmp(option_name(option), "exec") == 0)
		return take_command(argc, argv, i, option, value, options);
	if (!option_argument(option) && value) {
		message_error("--%s: takes no value", option_name(option));
		return EXIT_USAGE;
	}
	if (option_argument(option) && !value) {
		if (*i + 1 >= argc) {
			message_error("--%s: %s must follow", option_name(option),
				      option_argument(option));
			return EXIT_USAGE;
		}
		value = argv[++*i];
	}
	/* The same decision under its other name. */
	if (strcmp(option_name(option), "no-sync-back") == 0)
		option_mark(options, "commit", SETTING_LINE);
	return option_set(options, option, value, SETTING_LINE);
}

int options_parse(int argc, char **argv, struct options *ret)
{
	int r;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			take_rest(argc, argv, i + 1, ret);
			break;
		}
		r = parse_one(argc, argv, &i, ret);
		if (r != 0)
			return r;
	}
	if (ret->arguments.is_failed || ret->env.is_failed) {
		message_error("%s", strerror(ENOMEM));
		return EXIT_RUN_FAILED;
	}
	if (ret->command == COMMAND_SHELL && ret->arguments.count > 0) {
		message_error("--shell: takes no arguments (\"%s\"); use --exec",
			      ret->arguments.items[0]);
		return EXIT_USAGE;
	}
	if (ret->is_json && !ret->is_print_plan) {
		message_error("--json: only with --print-plan; put -- in front of it if it is for "
			      "claude");
		return EXIT_USAGE;
	}
	return ret->config ? options_read_config(ret, ret->config, SETTING_FILE) : 0;
}
