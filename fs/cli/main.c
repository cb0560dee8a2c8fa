/* SPDX-License-Identifier: MIT */
/* `claudefs`: reads sessions, and writes host state only in `commit` (fs/commit). Needs neither
 * FUSE nor any privilege. Everything that it shows from a session or a file name is untrusted. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/command.h"
#include "fs/cli/options.h"

static int look_at_output(struct cli *cli)
{
	if (!cli->color || strcmp(cli->color, "auto") == 0)
		cli->is_colored = terminal_takes_color(stdout);
	else if (strcmp(cli->color, "always") == 0)
		cli->is_colored = true;
	else if (strcmp(cli->color, "never") != 0) {
		message_error("--color=%s: not auto, always or never", cli->color);
		return EXIT_USAGE;
	}
	cli->columns = terminal_columns(STDOUT_FILENO, 0);
	return EXIT_OK;
}

/* A full disk or a closed pipe must not look like success. A reader that went away (`| head`) is
 * none of our failures: SIGPIPE ends us as it ends others. */
static int finish(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	message_error("standard output: %s", strerror(errno));
	return code == EXIT_OK ? EXIT_FAULT : code;
}

int main(int argc, char **argv)
{
	const struct command *command = NULL;
	struct cli cli = { 0 };
	int code;

	message_set_program("claudefs");
	if (argc < 1)
		return EXIT_USAGE;
	code = options_parse(argc, argv, &cli, &command);
	if (code == EXIT_OK)
		code = look_at_output(&cli);
	if (code != EXIT_OK)
		return code;
	if (cli.is_version) {
		printf("claudefs %s\n", CLAUDEFS_VERSION);
		return finish(EXIT_OK);
	}
	if (!command && !cli.is_help) {
		message_error("no command; 'claudefs help' lists them, 'claudefs status' is a good "
			      "start");
		return EXIT_USAGE;
	}
	if (cli.is_help) {
		command_print_help(command);
		return finish(EXIT_OK);
	}
	return finish(command->run(&cli));
}
