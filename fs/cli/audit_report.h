/* SPDX-License-Identifier: MIT */
/* What an audit of the project found, for a person and as JSON. Passwords that a git configuration
 * holds are not shown. */
#ifndef CLAUDEFS_CLI_AUDIT_REPORT_H
#define CLAUDEFS_CLI_AUDIT_REPORT_H

#include "fs/base/json.h"
#include "fs/cli/command.h"
#include "fs/git/workspace_changes.h"

struct audit {
	int session_fd; /* borrowed */
	const char *session_id;
	const char *project;
	const struct workspace_snapshot *before;
	const struct workspace_snapshot *after;
	const struct workspace_changes *changes;
	const struct git_keys *keys;
	bool is_end_known; /* after was seen when the session ended; else it is now */
};

/* Lines of one change: the keys of a git configuration. */
void audit_print_keys(const struct cli *cli, const struct audit *audit,
		      const struct workspace_change *change);

void audit_print(const struct cli *cli, const struct audit *audit);
/* NULL: out of memory. */
json_t *audit_to_json(const struct audit *audit);

/* True if something changed, or could not be looked at. */
bool audit_has_findings(const struct audit *audit);

const char *audit_change_word(enum workspace_change_type type);

#endif
