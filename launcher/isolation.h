/* SPDX-License-Identifier: MIT */
/* --isolate-claude-data: instead of the person's ~/.claude, the host's state is a directory that
 * claudefs keeps for this project, in its data directory. Sessions begin from it, and commits go to
 * it; the same in every runtime, reviewed and undone as ever. The person's own state is not
 * mounted, read or written; only the login still comes from where it is kept.
 *
 *	<data>/isolated/<name>-<16 hex digits of the path's hash>/
 *		project			the project's path, for people
 *		claude/			the state, its .claude.json inside
 */
#ifndef CLAUDEFS_LAUNCHER_ISOLATION_H
#define CLAUDEFS_LAUNCHER_ISOLATION_H

#include "launcher/host_places.h"

#define ISOLATION_NAME_MAX 40u /* bytes of the project's own name that stand in the directory's */

/* Points claude_dir and claude_config there. Makes nothing. project: canonical. Returns 0, or an
 * exit code after a line on stderr. */
int isolation_enter(const char *project, struct host_places *places);

/* Makes that directory where it is not there yet, with a configuration that says that the person
 * knows Claude Code already. Returns 0, or an exit code after a line on stderr. */
int isolation_make(const char *project, const struct host_places *places);

#endif
