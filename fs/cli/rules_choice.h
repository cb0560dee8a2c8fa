/* SPDX-License-Identifier: MIT */
/* The rules in force for a command: built in, the user's, and those of --rules. */
#ifndef CLAUDEFS_CLI_RULES_CHOICE_H
#define CLAUDEFS_CLI_RULES_CHOICE_H

#include "fs/cli/command.h"
#include "fs/host/host_tree.h"
#include "fs/policy/project_scope.h"
#include "fs/policy/rules.h"

/* *ret (ret_). Returns EXIT_OK, EXIT_RULES (a file is broken: said with file and line) or another
 * exit code. */
int rules_choose(const struct cli *cli, struct rules **ret);

/* Says a broken rule file. Returns the exit code. */
int rules_say_problem(int error, const struct rules_problem *problem);

#endif
