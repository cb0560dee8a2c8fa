/* SPDX-License-Identifier: MIT */
/* A PATH argument of a command that works on a session. */
#ifndef CLAUDEFS_CLI_PATH_ARGUMENT_H
#define CLAUDEFS_CLI_PATH_ARGUMENT_H

#include "fs/cli/session_choice.h"

/* The state path (ret_) that argument means: relative to the session's ~/.claude, or absolute
 * beneath it. "" is the root. Returns EXIT_OK or EXIT_USAGE (said on stderr) or EXIT_FAULT. */
int path_argument(const struct chosen_session *session, const char *argument, char **ret);

#endif
