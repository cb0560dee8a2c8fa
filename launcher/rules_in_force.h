/* SPDX-License-Identifier: MIT */
/* The rules of a session, as its daemon and its commit will read them: built in, the person's, and
 * those of --rules. */
#ifndef CLAUDEFS_LAUNCHER_RULES_IN_FORCE_H
#define CLAUDEFS_LAUNCHER_RULES_IN_FORCE_H

#include "fs/policy/rules.h"
#include "launcher/options.h"

/* *ret (ret_). Returns 0, or an exit code after a line on stderr that names file and line. */
int rules_in_force(const struct options *options, struct rules **ret);

#endif
