/* SPDX-License-Identifier: MIT */
/* Looks at every line that a session wants to add to a JSONL file: is it JSON, and is it this
 * project's? Memory is bounded by the longest line, not by the file. */
#ifndef CLAUDEFS_REVIEW_LINE_CHECK_H
#define CLAUDEFS_REVIEW_LINE_CHECK_H

#include "fs/policy/project_scope.h"
#include "fs/review/content.h"

#define LINE_CHECK_MAX (192u << 20) /* bytes of one line; longer is held (171 MB were seen) */

enum line_form {
	LINE_ANY,        /* a JSON object */
	LINE_HISTORY,    /* history.jsonl: "project" must be the project */
	LINE_TRANSCRIPT, /* "cwd" within the project, "sessionId" one of its sessions, if present */
};

struct line_report {
	uint64_t lines;
	uint64_t foreign;       /* valid, but not this project's */
	uint64_t bad_line;      /* number, counted from the first one looked at; 0: none */
	const char *bad;        /* static: what is wrong with it */
	const char *foreign_by; /* static: which field of the first foreign line */
};

/* What the lines of a change's file must be. */
enum line_form line_form_of(const struct change *change);

/* The verdict on one line (without its newline): 1 own, 0 foreign (*ret_field, static), -EBADMSG
 * (no JSON object) or -ENOMEM. Blank lines are own. */
int line_check(enum line_form form, const struct project_scope *scope, const char *line, size_t len,
	       const char **ret_field);

/* All lines from offset on; stops at the first bad one. Returns 0 or -errno. */
int line_check_content(enum line_form form, const struct project_scope *scope,
		       const struct content *content, uint64_t offset, struct line_report *ret);

#endif
