/* SPDX-License-Identifier: MIT */
/* What `commit` and `undo` share: opening the host for writing, and telling why that failed. */
#ifndef CLAUDEFS_CLI_OPEN_COMMIT_H
#define CLAUDEFS_CLI_OPEN_COMMIT_H

#include "fs/cli/commit_report.h"

/* No signal of a pipe or of a file size limit ends the program half-way. */
void open_commit_calm(void);

/* commit_open(), waiting some seconds for another commit; what that finishes goes to the report.
 * Returns 0 or -errno. */
int open_commit(const struct chosen_session *session, struct commit_report *report,
		struct commit **ret);

/* Says on stderr why a commit or undo (command) failed or stopped. Returns the exit code. */
int open_commit_say(const char *command, const struct chosen_session *session, int error);

#endif
