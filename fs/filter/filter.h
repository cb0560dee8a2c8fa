/* SPDX-License-Identifier: MIT */
/* Named filters: what of a host file the sandbox may see (rule "read": "filter"). They only ever
 * leave out; what they cannot understand they leave out. Input is the host's, but other projects'
 * programs wrote it. */
#ifndef CLAUDEFS_FILTER_FILTER_H
#define CLAUDEFS_FILTER_FILTER_H

#include <stdbool.h>

#include "fs/policy/project_scope.h"

#define FILTER_LINE_MAX \
	(16u << 20) /* bytes of one line that a line filter keeps; longer ones are left out */
#define FILTER_JSON_MAX \
	(64u << 20) /* bytes of a JSON file that a key filter takes; larger is -EFBIG */

/* True for a filter that exists: "claude-json", "history", "settings". */
bool filter_exists(const char *name);

/* Writes to out_fd (empty, at offset 0; borrowed) what filter name lets through of in_fd (from
 * offset 0; borrowed). Memory is bounded by the limits above, not by the file. Returns 0, -EINVAL
 * (no such filter), -EBADMSG or -EFBIG (nothing may be shown), or another -errno. */
int filter_apply(const char *name, const struct project_scope *scope, int in_fd, int out_fd);

#endif
