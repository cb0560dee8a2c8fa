/* SPDX-License-Identifier: MIT */
/* `claudefs rules suggest`. */
#ifndef CLAUDEFS_CLI_RULES_SUGGEST_H
#define CLAUDEFS_CLI_RULES_SUGGEST_H

#include "fs/cli/command.h"

/* Prints a rule file as JSON on stdout, and on stderr what was left out and why. Returns an exit
 * code. */
int rules_suggest(const struct cli *cli);

#endif
