/* SPDX-License-Identifier: MIT */
/* Parses a command line by the tables of command.h. */
#ifndef CLAUDEFS_CLI_OPTIONS_H
#define CLAUDEFS_CLI_OPTIONS_H

#include "fs/cli/command.h"

/* Fills cli (zeroed by the caller) and finds the command; *ret_command is NULL if none was named.
 * argv is reordered and borrowed by cli. Long options may be written --name=VALUE or --name VALUE,
 * short flags joined; "--" ends the options. Returns EXIT_OK or EXIT_USAGE (said on stderr). */
int options_parse(int argc, char **argv, struct cli *cli, const struct command **ret_command);

#endif
