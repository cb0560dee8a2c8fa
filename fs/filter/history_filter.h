/* SPDX-License-Identifier: MIT */
/* "history": keeps the lines of a JSON-lines file that belong to this project. */
#ifndef CLAUDEFS_FILTER_HISTORY_FILTER_H
#define CLAUDEFS_FILTER_HISTORY_FILTER_H

#include <sys/types.h>

#include "fs/policy/project_scope.h"

/* True for a line (without its newline) that may be shown: a JSON object with exactly one key
 * "project", a string equal to the project's path. False also when memory runs out. */
bool history_filter_keeps(const struct project_scope *scope, const char *line, size_t len);

/* Copies the lines that may be shown. What follows the last newline is left out: it may be half a
 * line. Returns 0 or -errno. */
int history_filter_apply(const struct project_scope *scope, int in_fd, int out_fd);

#endif
