/* SPDX-License-Identifier: MIT */
/* The project's own .claudefs.json. It lies in the project, so whoever wrote that, or an agent in
 * an earlier session, wrote it: it is hostile, and can only tighten what the person has said. What
 * would loosen anything is refused with one line and ends the start; nothing is silently left out.
 * Which key tightens in which direction is one table in project_file.c. */
#ifndef CLAUDEFS_LAUNCHER_PROJECT_FILE_H
#define CLAUDEFS_LAUNCHER_PROJECT_FILE_H

#include "launcher/options.h"
#include "launcher/project.h"

#define PROJECT_FILE_NAME ".claudefs.json"
#define PROJECT_FILE_MAX  (64u << 10) /* bytes */

/* Applies the file to options that are complete otherwise; says on stderr what it changed. Returns
 * 0 (also where there is none), or an exit code after a line on stderr: then options are not to be
 * used. */
int project_file_apply(const struct project *project, struct options *options);

/* The same from a text; path is for messages. For tests too. */
int project_file_apply_text(const char *path, const char *text, size_t len,
			    struct options *options);

/* The keys of the table, and how each tightens (static); NULL beyond the last. */
const char *project_file_key(size_t index, const char **ret_how);

#endif
